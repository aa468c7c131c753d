import fc from 'fast-check'
import { afterAll, beforeAll, test } from 'vitest'
import { Wire } from './wire.ts'
import { liveOnWire, wireWorlds } from './wireWorld.ts'
import type { OpenWatcher } from './wireWorld.ts'
import { history, rewind } from '../../src/index.ts'
import type { ResponseState } from '../../src/index.ts'

/** More runs for a long night: `WIRE_RUNS=5000`. */
const numRuns = Number(process.env.WIRE_RUNS ?? 30)

let wire: Wire
beforeAll(async () => {
  wire = await Wire.start({ connectionStateTtl: 2_000 })
})
afterAll(() => wire.close())

let readers = 0

const open: OpenWatcher = async (channelName, { way, limit, binary }) => {
  const hydrate =
    way === 'history'
      ? history({ limit, maxPages: 1_000 })
      : rewind(way === 'rewind' ? '2m' : 3, { limit, maxPages: 1_000 })
  const session = wire.session(channelName, {
    hydrate,
    clientOptions: { clientId: `reader-${++readers}`, useBinaryProtocol: binary },
  })
  const states = new Map<string, ResponseState[]>()
  const note = (id: string) => {
    const now = session.getResponse(id)
    const known = states.get(id) ?? []
    states.set(id, known)
    if (now && known.at(-1) !== now) known.push(now)
  }
  for (const i of [0, 1]) session.subscribeResponse(`${channelName}/${i}`, () => note(`${channelName}/${i}`))
  await session.ready
  return {
    states: async (id) => {
      note(id)
      return states.get(id)!
    },
    close: async () => session.close(),
  }
}

test(
  'laws 1, 2, 4 and 5 on real sockets: both patterns, both encodings, every way in, while things break',
  () =>
    fc.assert(
      fc.asyncProperty(wireWorlds, async (world) => {
        await liveOnWire(wire.server, wire.channelName(), world, open)
        wire.release()
      }),
      // Every failing run waits for its time-out: a smaller world would come after an hour.
      { numRuns, endOnFailure: true },
    ),
  3_600_000,
)
