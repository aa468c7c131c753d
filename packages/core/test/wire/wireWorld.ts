import type { LocalAbly } from '@rejoin/local-ably'
import * as Ably from 'ably'
import fc from 'fast-check'
import { expect } from 'vitest'
import { createAgent } from '@rejoin/agent'
import type { ResponseState } from '../../src/types/types.ts'
import { honest } from '../model/honesty.ts'
import { until } from './wire.ts'

/** How a reader comes in: which hydrator, after which step, with which encoding. */
const reader = fc.record({
  after: fc.nat(12),
  way: fc.constantFrom('history' as const, 'rewind' as const, 'short rewind' as const),
  limit: fc.integer({ min: 2, max: 30 }),
  binary: fc.boolean(),
})

const trouble = fc.constantFrom(
  'none',
  'none',
  'none',
  'refuse',
  'refuse two',
  'drop readers',
  'forget readers',
  'discontinue',
  'drop agent',
  'duplicate',
  'reorder',
)

export const wireWorlds = fc.record({
  pattern: fc.constantFrom('message-per-response' as const, 'message-per-token' as const),
  rollup: fc.constantFrom(0, 20),
  binary: fc.boolean(),
  steps: fc.array(
    fc.record({
      response: fc.nat(1),
      tokens: fc.array(fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }), {
        minLength: 1,
        maxLength: 12,
      }),
      trouble,
    }),
    { minLength: 2, maxLength: 12 },
  ),
  readers: fc.array(reader, { minLength: 1, maxLength: 3 }),
})

export type WireWorld = typeof wireWorlds extends fc.Arbitrary<infer W> ? W : never

/** A reader wherever it runs: it keeps every state it published, in order. */
export interface Watcher {
  states(responseId: string): Promise<Pick<ResponseState, 'text' | 'gaps' | 'status' | 'verified'>[]>
  close(): Promise<void>
}

export type OpenWatcher = (channelName: string, options: WireWorld['readers'][number]) => Promise<Watcher>

/** The agent writes on a real socket while things break; every reader, whenever it came, holds to the laws. */
export async function liveOnWire(
  server: LocalAbly,
  channelName: string,
  world: WireWorld,
  open: OpenWatcher,
): Promise<void> {
  const { faults } = server
  const client = new Ably.Realtime({
    ...server.clientOptions,
    clientId: 'agent',
    echoMessages: false,
    useBinaryProtocol: world.binary,
    disconnectedRetryTimeout: 100,
    transportParams: { appendRollupWindow: world.rollup },
    logLevel: 0,
  })
  const agent = createAgent({
    client,
    channelName,
    pattern: world.pattern,
    messagesPerSecond: Infinity,
    retry: { minDelay: 5, maxDelay: 50 },
  })
  const writers = [0, 1].map((i) => agent.respond({ responseId: `${channelName}/${i}` }))
  const truths = ['', '']
  const watchers: Watcher[] = []
  const arrivals = [...world.readers]
  const arrive = async (step: number) => {
    for (const one of arrivals.filter((r) => r.after === step)) watchers.push(await open(channelName, one))
  }
  const readers = { clientId: /^reader/, channel: channelName }
  const break_: Record<string, () => void> = {
    refuse: () => void faults.refuse({ times: 1, match: { channel: channelName, clientId: 'agent' } }),
    'refuse two': () => void faults.refuse({ times: 2, match: { channel: channelName, clientId: 'agent' } }),
    'drop readers': () => void faults.drop({ match: { clientId: /^reader/ } }),
    'forget readers': () => void faults.drop({ match: { clientId: /^reader/ }, forget: true }),
    discontinue: () => faults.discontinue({ match: readers }),
    duplicate: () => void faults.duplicate({ times: 3, match: { ...readers, action: 'message' } }),
    reorder: () => void faults.reorder({ times: 1, match: { ...readers, action: 'message' } }),
    'drop agent': () => void faults.drop({ match: { clientId: 'agent' } }),
  }
  try {
    for (const [i, { response, tokens, trouble }] of world.steps.entries()) {
      await arrive(i)
      break_[trouble]?.()
      for (const token of tokens) {
        writers[response]!.append(token)
        truths[response] += token
      }
      // Text is published a turn later: let it meet the trouble, more or less of it.
      for (let turns = i % 3; turns >= 0; turns--) await new Promise((resolve) => setImmediate(resolve))
    }
    for (let i = world.steps.length; i <= 12; i++) await arrive(i)
    await Promise.all(writers.map((w) => w.end()))
    watchers.push(await open(channelName, { after: 99, way: 'history', limit: 10, binary: false }))
    for (const watcher of watchers)
      for (const [i, truth] of truths.entries()) {
        if (truth === '') continue
        const id = `${channelName}/${i}`
        let states: Awaited<ReturnType<Watcher['states']>> = []
        await until(
          `response ${i} to be whole`,
          () => {
            // What was overtaken, or is read again, may make it whole a moment after it has ended.
            const { status, text, verified } = states.at(-1) ?? {}
            return status === 'complete' && text === truth && verified
          },
          async () => {
            states = await watcher.states(id)
          },
        )
        for (const state of states)
          if (state.status === 'complete' && state.gaps.length === 0) expect(state.text).toBe(truth)
        for (const state of states)
          expect([state.text, state.gaps, honest(state, truth)]).toEqual([state.text, state.gaps, true])
        expect(states.at(-1)!.gaps).toEqual([])
      }
  } finally {
    for (const watcher of watchers) await watcher.close()
    faults.clear()
    await agent.close()
    client.close()
  }
}
