import { afterAll, afterEach, beforeAll, test } from 'vitest'
import { until, Wire } from '../../test/wire/wire.ts'
import type { Session } from '../index.ts'

let wire: Wire
beforeAll(async () => {
  wire = await Wire.start()
})
afterEach(() => wire.release())
afterAll(() => wire.close())

/** An agent in any language that follows PROTOCOL.md, and says nothing of presence. */
async function says(name: string, clientId: string, data: string, end: number): Promise<void> {
  const headers = { responseId: clientId, rejoin: '1', part: '0', end: String(end) }
  await wire.client({ clientId }).channels.get(name).publish({ name: 'token', data, extras: { headers } })
}

async function comesAndGoes(name: string, clientId: string, between?: () => Promise<void>): Promise<void> {
  const { presence } = wire.client({ clientId }).channels.get(name)
  await presence.enter()
  await between?.()
  await presence.leave()
}

const statuses = (session: Session) =>
  ['never', 'before', 'gone'].map((id) => session.getResponse(id)?.status).join()

test('an agent that left after its last word is gone; one that never was there is not: live and late', async () => {
  const name = wire.channelName()
  const live = wire.session(name)
  await live.ready
  await comesAndGoes(name, 'before')
  await says(name, 'never', 'Hello', 5)
  await says(name, 'before', 'Hello', 5)
  await comesAndGoes(name, 'gone', () => says(name, 'gone', 'Hello', 5))
  const right = 'streaming,streaming,interrupted'
  await until('the loss', () => statuses(live) === right)
  const late = wire.session(name)
  await late.ready
  await until('the same for who comes later', () => statuses(late) === right)
  // Whoever else comes or goes says nothing of them.
  await comesAndGoes(name, 'someone')
  await says(name, 'gone', ' again', 11)
  for (const session of [live, late])
    await until('it goes on', () => statuses(session) === 'streaming,streaming,streaming')
})

test('where presence history cannot be read, an absent agent counts as gone', async () => {
  const name = wire.channelName()
  const error = { code: 40160, statusCode: 401, message: 'no' }
  wire.server.faults.refuse({ on: 'rest', match: { path: /presence\/history/ }, error })
  await says(name, 'never', 'Hello', 5)
  const late = wire.session(name)
  await late.ready
  await until('the loss', () => late.getResponse('never')?.status === 'interrupted')
})
