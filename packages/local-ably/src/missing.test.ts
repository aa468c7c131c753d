import { LiveObjects } from 'ably/liveobjects'
import { expect, test } from 'vitest'
import { errorOf, uniqueName, useServer } from '../test/clients.ts'

const { server, realtime, rest } = useServer()

const status = async (method: string, path: string) => {
  const { statusCode, errorMessage } = await rest().request(method, path, 6)
  return [statusCode, errorMessage]
}

test.each<[method: string, path: string, names: RegExp]>([
  ['POST', '/push/publish', /push notifications/],
  ['GET', '/push/deviceRegistrations', /push notifications/],
  ['PUT', '/push/deviceRegistrations/x', /push notifications/],
  ['POST', '/push/channelSubscriptions', /push notifications/],
  ['GET', '/channels/c/objects', /LiveObjects/],
  ['POST', '/channels/c/objects', /LiveObjects/],
  ['GET', '/channels/c/object/counter', /LiveObjects/],
  ['GET', '/chat/v3/rooms/lobby/messages', /Chat/],
  ['POST', '/chat/v4/rooms/lobby/messages', /Chat/],
  ['GET', '/chat/v3/rooms/lobby/occupancy', /Chat/],
  ['GET', '/queues', /queues/],
  ['GET', '/accounts/x/apps', /Control API/],
])('%s %s says what is not there', async (method, path, names) => {
  const [code, message] = await status(method, path)
  expect(code).toBe(404)
  expect(message).toMatch(names)
})

test('LiveObjects: no modes, a refusal for each operation', async () => {
  const client = realtime({ plugins: { LiveObjects } })
  const only = client.channels.get(uniqueName(), { modes: ['OBJECT_SUBSCRIBE', 'OBJECT_PUBLISH'] })
  const error = await errorOf(only.attach())
  expect(error.code).toBe(40160)
  expect(error.message).toContain('LiveObjects')
  const mixed = client.channels.get(uniqueName(), { modes: ['SUBSCRIBE', 'OBJECT_SUBSCRIBE'] })
  await mixed.attach()
  expect(mixed.modes).toEqual(['subscribe'])
})

test('metachannels: attaching, publishing and reading are refused', async () => {
  const client = realtime()
  for (const name of [
    '[meta]log',
    '[meta]connection.lifecycle',
    '[meta]channel.lifecycle',
    '[?rewind=1][meta]log',
    '[queue]q',
  ]) {
    const error = await errorOf(client.channels.get(name).attach())
    expect([name, error.code]).toEqual([name, 40010])
    expect(error.message).toMatch(/metachannels|queues/)
  }
  expect((await errorOf(rest().channels.get('[meta]log').publish('n', 'x'))).message).toContain(
    'metachannels',
  )
  expect((await errorOf(rest().channels.get('[meta]log').history())).message).toContain('metachannels')
})

test('a message that asks for a push notification is refused', async () => {
  const message = { name: 'n', data: 'x', extras: { push: { notification: { title: 'x' } } } }
  const error = await errorOf(realtime().channels.get(uniqueName()).publish(message))
  expect([error.code, error.statusCode]).toEqual([40032, 400])
  expect(error.message).toContain('push')
  expect((await fetch(`${server().url}/time`)).status).toBe(200)
})
