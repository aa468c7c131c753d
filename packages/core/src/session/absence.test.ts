import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
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
  // Other members that come or go change nothing.
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

test('an edit by somebody else says nothing of the agent: it is gone, though its past cannot be read', async () => {
  const name = wire.channelName()
  const error = { code: 40160, statusCode: 401, message: 'no' }
  wire.server.faults.refuse({ on: 'rest', match: { method: 'GET', path: /\/messages$/ }, error })
  const channel = wire.client({ clientId: 'gone' }).channels.get(name)
  let serial = ''
  await comesAndGoes(name, 'gone', async () => {
    const headers = { responseId: 'gone', rejoin: '1', part: '0' }
    const { serials } = await channel.publish({ name: 'response', data: 'Hello', extras: { headers } })
    serial = serials[0]!
  })
  const late = wire.session(name)
  await expect(late.ready).rejects.toMatchObject({ code: 'not_allowed' })
  await wire.client({ clientId: 'moderator' }).channels.get(name).updateMessage({ serial, data: 'Edited' })
  await until('the loss', () => late.getResponse('gone')?.status === 'interrupted')
  expect(late.getResponse('gone')).toMatchObject({ text: 'Edited', editedBy: 'moderator' })
})

type Step = 'enters' | 'speaks' | 'leaves'

/** Everything that an agent can do in up to five steps, with a word among them; only who is there can leave. */
const orders: readonly (readonly Step[])[] = [1, 2, 3, 4, 5]
  .flatMap((length) =>
    Array.from({ length: 3 ** length }, (_, n) =>
      Array.from(
        { length },
        (__, i) => (['enters', 'speaks', 'leaves'] as const)[Math.trunc(n / 3 ** i) % 3]!,
      ),
    ),
  )
  .filter((order) => order.includes('speaks'))
  .filter((order) => {
    const moves = order.filter((step) => step !== 'speaks')
    return moves.every((step, i) => step === 'enters' || moves[i - 1] === 'enters')
  })

/** PROTOCOL.md §6.6: it is away, and left after its last word. */
function statusAfter(order: readonly Step[]): string {
  let present = false
  let leftSince = false
  for (const step of order) {
    if (step === 'speaks') leftSince = false
    if (step === 'leaves' && present) leftSince = true
    if (step !== 'speaks') present = step === 'enters'
  }
  return leftSince && !present ? 'interrupted' : 'streaming'
}

test('readers who were there, who come late and who missed something show the same, in every order', async () => {
  const agents = wire.client({ clientId: 'agent' })
  const [live, late, torn, off] = ['live', 'late', 'torn', 'off'].map((clientId) => wire.client({ clientId }))
  const open = async (name: string, client = live!) => {
    const session = wire.session(name, { client })
    await session.ready
    return session
  }
  const nextMillisecond = async (): Promise<void> => {
    const now = Date.now()
    await until('the next millisecond', () => Date.now() > now)
  }

  async function play(order: readonly Step[]): Promise<() => Record<string, string | undefined>> {
    const name = wire.channelName()
    const channel = agents.channels.get(name)
    const [there, away, left] = [await open(name), await open(name, torn), await open(name, off)]
    const firstLeave = order.indexOf('leaves')
    let end = 0
    for (const [i, step] of order.entries()) {
      // It misses everything but the first and the last step.
      if (i === 1) await torn!.channels.get(name).detach()
      if (i === order.length - 1) await torn!.channels.get(name).attach()
      // Presence and messages are compared by their milliseconds.
      await nextMillisecond()
      if (step === 'enters') await channel.presence.enter()
      else if (step === 'leaves') await channel.presence.leave()
      else {
        end += 5
        const headers = { responseId: 'r', rejoin: '1', part: '0', end: String(end) }
        await channel.publish({ name: 'token', data: 'Hello', extras: { headers } })
      }
      // Knows of the first loss, and misses all that follows.
      if (i !== firstLeave) continue
      await wire.delivered()
      await off!.channels.get(name).detach()
    }
    await off!.channels.get(name).attach()
    await wire.delivered()
    const then = await open(name, late)
    const status = (session: Session) => session.getResponse('r')?.status
    return () => ({ live: status(there), late: status(then), torn: status(away), off: status(left) })
  }

  // Some at a time: all at once, requests would time out on a slow machine.
  const played: { order: readonly Step[]; shown: () => Record<string, string | undefined> }[] = []
  for (let i = 0; i < orders.length; i += 16) {
    const some = orders.slice(i, i + 16)
    played.push(...(await Promise.all(some.map(async (order) => ({ order, shown: await play(order) })))))
  }
  await wire.delivered()
  const told = () => played.map(({ order, shown }) => [order.join(), shown()])
  const right = played.map(({ order }) => {
    const status = statusAfter(order)
    return [order.join(), { live: status, late: status, torn: status, off: status }]
  })
  await until('the statuses', () => JSON.stringify(told()) === JSON.stringify(right)).catch(() => {})
  expect(told()).toEqual(right)
})
