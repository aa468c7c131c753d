import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSession, history } from '@rejoin/core'
import type { EndResult, Pattern, ResponseRow } from '../index.ts'
import { testPatience } from '../../../core/test/patience.ts'
import { historyReader, useBench } from '../../test/agentBench.ts'
import { storableText } from '../inbound/storable.ts'

/**
 * For any pattern of refusals, delays and disconnections: what everybody ends with is what the agent wrote.
 * Over real sockets, through the real SDK.
 */
const RUNS = Number(process.env['REJOIN_RUNS'] ?? 25)

const bench = useBench()

type Step =
  | { do: 'text' | 'reasoning'; pieces: string[] }
  | { do: 'tool' | 'source' | 'data' }
  | { do: 'wait'; turns: number }
  | { do: 'refuse'; error: number; nth: number; times: number }
  | { do: 'delay'; ms: number; jitter: number }
  | { do: 'drop'; forget: boolean; pieces: string[]; silent: number }

// Code units, so that surrogate pairs are split between pieces and halves stand alone.
const units = fc
  .array(fc.constantFrom('a', 'bc ', 'é', '漢', '\ud83d', '\ude00', '😀', '\n', '"', 'word '), {
    maxLength: 6,
  })
  .map((list) => list.join(''))
const pieces = fc.array(units, { minLength: 1, maxLength: 12 })

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('text' as const), pieces }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reasoning' as const), pieces }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('tool' as const, 'source' as const, 'data' as const) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), turns: fc.nat(40) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('refuse' as const),
      error: fc.constantFrom(42911, 42913, 50000, 90000),
      nth: fc.integer({ min: 1, max: 4 }),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('delay' as const), ms: fc.nat(5), jitter: fc.nat(5) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('drop' as const),
      forget: fc.boolean(),
      pieces,
      silent: fc.nat(40),
    }),
  },
)

interface Outcome {
  responseId: string
  text: string
  reasoning: string
  result: EndResult
  row: ResponseRow
}

let runs = 0

/** Lets the sockets have so many turns. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

async function write(pattern: Pattern, steps: Step[], channelName: string): Promise<Outcome> {
  const clientId = `writer-${runs++}`
  const { faults } = bench.server
  const rows: ResponseRow[] = []
  const client = bench.client({ clientId, echoMessages: false })
  const agent = bench.agent({
    client,
    channelName,
    pattern,
    maxMessageSize: 700,
    onComplete: (row) => rows.push(row),
  })
  const response = agent.respond()
  const said = { text: '', reasoning: '' }
  let kind = ''
  let dropped = false
  for (const one of steps) {
    switch (one.do) {
      case 'text':
      case 'reasoning':
        // Halves of a pair in two parts are two lone halves.
        if (one.do !== kind) said[one.do] += '\u0000'
        kind = one.do
        for (const piece of one.pieces) {
          if (one.do === 'text') response.append(piece)
          else response.reasoning(piece)
          said[one.do] += piece
        }
        break
      case 'tool':
        kind = ''
        response.tool({ name: 'tool', args: { a: 1 } }).result('done')
        break
      case 'source':
        kind = ''
        response.source({ url: 'https://example.com' })
        break
      case 'data':
        kind = ''
        response.data('thing', { at: response.text.length })
        break
      case 'wait':
        await turns(one.turns)
        break
      case 'refuse':
        faults.refuse({ match: { clientId }, error: one.error, every: one.nth, times: one.times })
        break
      case 'delay':
        faults.delay({ match: { clientId }, on: 'ack', ms: one.ms, jitter: one.jitter, times: 20 })
        break
      case 'drop':
        // A second one soon after would have to wait for the SDK to try again.
        if (dropped) break
        dropped = true
        // What is written now arrives, and the agent does not learn of it.
        await response.flush()
        const stop = faults.lose({ match: { clientId }, on: 'ack' })
        if (kind !== 'text') said.text += '\u0000'
        kind = 'text'
        for (const piece of one.pieces) {
          response.append(piece)
          said.text += piece
        }
        await turns(one.silent)
        faults.drop({ match: { clientId }, forget: one.forget })
        stop()
    }
  }
  const result = await response.end()
  await agent.close()
  client.close()
  const clean = (text: string) => text.split('\0').map(storableText).join('')
  return {
    responseId: response.responseId,
    text: clean(said.text),
    reasoning: clean(said.reasoning),
    result,
    row: rows[0]!,
  }
}

test.each(['message-per-response', 'message-per-token'] as const)(
  'whatever fails, history, database and readers hold the exact text (%s)',
  async (pattern) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        const channelName = bench.channelName()
        const plain = await bench.reader(channelName)
        const watcher = bench.client({ clientId: 'watcher' })
        const session = createSession({
          client: watcher,
          channelName,
          hydrate: history(),
          schedule: (run) => (queueMicrotask(run), () => {}),
        })
        await session.ready
        const { responseId, text, reasoning, result, row } = await write(pattern, steps, channelName)
        await plain.until(() => plain.ended(responseId))
        const later = await historyReader(plain.channel)
        for (const reader of [plain, later]) {
          expect(reader.text(responseId)).toBe(text)
          expect(reader.text(responseId, 'reasoning')).toBe(reasoning)
          expect(reader.verified(responseId)).toBe(true)
        }
        expect(row.text).toBe(text)
        // An answer with nothing in it is none.
        const status = row.parts!.length > 0 ? 'complete' : 'error'
        expect(result).toMatchObject({ length: text.length, status, lost: [] })
        const shown = () => session.getResponse(responseId)
        await expect.poll(shown).toMatchObject({ text, status, hasGap: false, gaps: [] })
        // Without text there is nothing to verify.
        if (text !== '') expect(shown()?.verified).toBe(true)
        session.close()
        watcher.close()
        plain.channel.unsubscribe()
      }),
      { numRuns: RUNS, endOnFailure: RUNS < 100 },
    )
  },
  testPatience + RUNS * 4000,
)
