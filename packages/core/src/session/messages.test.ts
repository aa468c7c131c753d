import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { until, Wire } from '../../test/wire/wire.ts'
import { history, rewind } from '../index.ts'
import type { SessionEvents } from '../index.ts'

let wire: Wire
beforeAll(async () => {
  wire = await Wire.start()
})
afterEach(() => wire.release())
afterAll(() => wire.close())

const extras = { headers: { responseId: 'r' } }

for (const [from, hydrate] of [
  ['history', history()],
  ['rewind', rewind('2m')],
] as const)
  test(`every message is told as it came, after it was taken in: ${from}, then live`, async () => {
    const name = wire.channelName()
    const agent = wire.client({ clientId: 'agent' }).channels.get(name)
    await agent.publish({ name: 'start', extras })
    await agent.publish({ name: 'token', data: 'Hello ', extras })
    const session = wire.session(name, { hydrate })
    const told: { data: unknown; from: string; text: string | undefined }[] = []
    session.on('message', ({ message, from }: SessionEvents['message'][0]) => {
      session.flush()
      told.push({ data: message.data, from, text: session.getResponse('r')?.text })
    })
    await session.ready
    await agent.publish({ name: 'token', data: 'world', extras })
    await until('the live message', () => told.some(({ data }) => data === 'world'))
    expect(told.map(({ data, from }) => [data, from])).toEqual([
      [undefined, from],
      ['Hello ', from],
      ['world', 'live'],
    ])
    expect(told.at(-1)?.text).toBe('Hello world')
  })

test('a message that nobody may send is told after it was counted as ignored', async () => {
  const name = wire.channelName()
  const session = wire.session(name, { agents: ['agent'] })
  await session.ready
  const ignored: number[] = []
  session.on('message', () => ignored.push(session.ignored))
  const stranger = wire.client({ clientId: 'mallory' }).channels.get(name)
  await stranger.publish({ name: 'token', data: 'Lies', extras })
  await until('the message', () => ignored.length === 1)
  expect(ignored).toEqual([1])
})
