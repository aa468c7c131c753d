import { AIMessageChunk } from '@langchain/core/messages'
import { GoogleGenAI, type GenerateContentResponse } from '@google/genai'
import { createSession, history, seed, type ResponseState, type Session } from '@rejoin/core'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { testPatience } from '../../../core/test/patience.ts'
import { useBench } from '../../test/agentBench.ts'
import { chunks, judged } from '../../test/aiSDKStreams.ts'
import { apis, type Judged } from '../../test/apiJudges.ts'
import { replaying } from '../../test/fakeApi.ts'
import { streamed } from '../../test/providerRecordings.ts'
import { storable } from '../inbound/storable.ts'
import type { ModelEvent, Pattern, ResponseRow } from '../index.ts'
import { fromAISDK } from './ai-sdk.ts'
import { fromGoogle } from './google.ts'
import { fromLangGraph } from './langgraph.ts'

/**
 * From a provider's stream, cut anywhere, over the writer and a real channel that refuses publishes and drops
 * connections, to readers that are there, come later, or read the row: what they end with is what the provider's own
 * SDK assembles, or the status says that it is not.
 */
const RUNS = Number(process.env['REJOIN_RUNS'] ?? 12)

const bench = useBench()

const way = fc.record({
  pattern: fc.constantFrom<Pattern>('message-per-response', 'message-per-token'),
  refusals: fc.array(
    fc.record({
      error: fc.constantFrom(42911, 50000, 90000),
      every: fc.integer({ min: 1, max: 4 }),
      times: fc.integer({ min: 1, max: 5 }),
    }),
    { maxLength: 3 },
  ),
  /** After how many events the model waits until all is on the channel, so that the text grows by appends. */
  pace: fc.integer({ min: 1, max: 4 }),
  /** Events before the agent's connection drops. */
  drop: fc.option(fc.nat(20), { freq: 4 }),
  forget: fc.boolean(),
})
type Way = typeof way extends fc.Arbitrary<infer T> ? T : never

async function open(channelName: string, rows?: ResponseRow[]): Promise<Session> {
  const session = createSession({
    client: bench.client({ clientId: 'ann' }),
    channelName,
    hydrate: rows ? seed({ load: async () => ({ rows }) }) : history(),
    schedule: (run) => (queueMicrotask(run), () => {}),
  })
  await session.ready
  return session
}

let writers = 0
/** Publishes that were refused, in all runs. */
let refused = 0
afterAll(() => expect(refused).toBeGreaterThan(0))

/** Writes the events, and gives what every reader ends with. */
async function through(events: readonly ModelEvent[], { pattern, refusals, pace, drop, forget }: Way) {
  const channelName = bench.channelName()
  const clientId = `writer-${writers++}`
  const { faults } = bench.server
  const live = await open(channelName)
  const rows: ResponseRow[] = []
  const client = bench.client({ clientId, echoMessages: false })
  const agent = bench.agent({ client, channelName, pattern, onComplete: (row) => void rows.push(row) })
  agent.on('error', () => {})
  await agent.ready
  for (const { error, every, times } of refusals) faults.refuse({ match: { clientId }, error, every, times })
  const response = agent.respond({ responseId: 'r' })
  async function* told() {
    for (const [nth, event] of events.entries()) {
      if (nth === drop) faults.drop({ match: { clientId }, forget })
      yield event
      if (nth % pace === 0) await response.flush().catch(() => {})
    }
  }
  await response.pipe(told()).catch(() => {})
  const result = await response.end().catch(() => undefined)
  refused += result?.failures ?? 0
  await bench.until(() => !['streaming', undefined].includes(live.getResponse('r')?.status))
  const late = await open(channelName)
  const stored = await open(bench.channelName(), JSON.parse(JSON.stringify(rows)) as ResponseRow[])
  const ends = [live, late, stored].map((session) => session.getResponse('r')!)
  for (const session of [live, late, stored]) session.close()
  await agent.close()
  client.close()
  return ends
}

/** As JSON carries it, and PostgreSQL stores it. */
const carried = (value: unknown): unknown =>
  value === undefined ? undefined : storable(JSON.parse(JSON.stringify(value)) as unknown)

function shown({ parts }: ResponseState): Judged & { reasoning: string } {
  const textOf = (type: string) =>
    parts.map((part) => (part.type === type && 'text' in part ? part.text : '')).join('')
  const calls = parts.flatMap((part) =>
    'toolCallId' in part
      ? [{ id: part.toolCallId, name: part.type.slice('tool-'.length), input: part.input }]
      : [],
  )
  return { text: textOf('text'), reasoning: textOf('reasoning'), calls: sorted(calls) }
}

const sorted = <T extends { id: string }>(calls: T[]) =>
  calls.toSorted((one, other) => one.id.localeCompare(other.id))

async function check(events: readonly ModelEvent[], route: Way, expected: Judged | undefined): Promise<void> {
  const ends = await through(events, route)
  const status = expected && !isEmpty(expected) ? 'complete' : 'error'
  for (const [nth, end] of ends.entries()) {
    expect(end).toMatchObject({ status, hasGap: false })
    // Never beside an end that was none.
    if (status === 'error') expect(end.verified).toBe(false)
    else {
      expect(shown(end)).toEqual(carried({ reasoning: '', ...expected, calls: sorted(expected!.calls) }))
      // A row has no checksums.
      if (expected!.text && nth < 2) expect(end.verified).toBe(true)
    }
  }
}

/** An answer with nothing in it is none. */
const isEmpty = ({ text, reasoning = '', calls }: Judged): boolean =>
  !text && !reasoning && calls.length === 0

const settings = { numRuns: RUNS, endOnFailure: RUNS < 100 }
const timeout = testPatience + RUNS * 5000

describe.each(apis)('%s', (_, streams, map, judge) => {
  test(
    'arrives as the SDK assembles it, or not as complete',
    async () => {
      await fc.assert(
        fc.asyncProperty(streams, way, async ({ events, standard, sizes }, route) => {
          const expected = await judge({ events: standard, sizes }).catch(() => undefined)
          const thrown: ModelEvent[] = [{ type: 'error', errorText: 'thrown' }]
          await check(await map('plain', { events, sizes }).catch(() => thrown), route, expected)
        }),
        settings,
      )
    },
    timeout,
  )
})

async function collected(events: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const all: ModelEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

test(
  'chunks of the AI SDK',
  async () => {
    await fc.assert(
      fc.asyncProperty(chunks, fc.option(fc.nat()), way, async (list, cut, route) => {
        const told = cut === null ? list : list.slice(0, cut % list.length)
        const events = await collected(fromAISDK(streamed(told)))
        const parts = cut === null ? await judged(list) : undefined
        const textOf = (type: string) =>
          parts!.map((part) => (part.type === type && 'text' in part ? part.text : '')).join('')
        const calls = parts?.flatMap((part) =>
          'toolCallId' in part
            ? [{ id: part.toolCallId, name: part.type.slice('tool-'.length), input: part.input }]
            : [],
        )
        const expected = parts && { text: textOf('text'), reasoning: textOf('reasoning'), calls: calls! }
        await check(events, route, expected)
      }),
      settings,
    )
  },
  timeout,
)

const words = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }), {
  minLength: 1,
  maxLength: 6,
})
const args = fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })

/** What Gemini says, in its own order. */
const googleStream = fc.record({
  parts: fc.array(
    fc.oneof(
      words.map((said) => said.map((text) => ({ text }))),
      words.map((said) => said.map((text) => ({ text, thought: true }))),
      args.map((input) => [{ functionCall: { name: 'look', args: input } }]),
    ),
    { maxLength: 4 },
  ),
  cut: fc.option(fc.nat()),
})

test(
  'chunks of Gemini',
  async () => {
    await fc.assert(
      fc.asyncProperty(googleStream, way, async ({ parts, cut }, route) => {
        const told = parts.flat().map((part, nth) => {
          const named =
            'functionCall' in part ? { functionCall: { id: `call-${nth}`, ...part.functionCall } } : part
          return { candidates: [{ content: { role: 'model', parts: [named] } }] }
        })
        const whole = [...told, { candidates: [{ finishReason: 'STOP' }] }]
        const list = cut === null ? whole : whole.slice(0, cut % whole.length)
        const google = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: 'http://localhost' } })
        const { fetch } = globalThis
        globalThis.fetch = async (input, init) =>
          String(input instanceof Request ? input.url : input).includes(':streamGenerate')
            ? replaying(list, [50])(input, init)
            : fetch(input, init)
        const given: GenerateContentResponse[] = []
        try {
          const stream = await google.models.generateContentStream({ model: 'gemini', contents: 'hi' })
          for await (const chunk of stream) given.push(chunk)
        } finally {
          globalThis.fetch = fetch
        }
        // As the SDK reads each chunk; it has no getter for thoughts.
        const thoughts = parts.flat().flatMap((part) => ('thought' in part ? [part.text] : []))
        const expected = {
          // It warns of a text beside calls.
          text: given.map((chunk) => (chunk.functionCalls ? '' : (chunk.text ?? ''))).join(''),
          reasoning: thoughts.join(''),
          calls: given.flatMap(({ functionCalls = [] }) =>
            functionCalls.map(({ id, name, args: input }) => ({ id: id!, name: name!, input })),
          ),
        }
        const events = await collected(fromGoogle(streamed(given)))
        await check(events, route, cut === null ? expected : undefined)
      }),
      settings,
    )
  },
  timeout,
)

/** What LangGraph streams of one message, its calls cut anywhere. */
const graphStream = fc.record({
  said: fc.option(words),
  calls: fc.array(fc.record({ input: args, cut: fc.nat(20) }), { maxLength: 3 }),
  cut: fc.option(fc.nat()),
  json: fc.boolean(),
})

test(
  'chunks of LangGraph',
  async () => {
    await fc.assert(
      fc.asyncProperty(graphStream, way, async ({ said, calls, cut, json }, route) => {
        const pieces = calls.flatMap(({ input, cut: at }, index) => {
          const text = JSON.stringify(input)
          const common = { index, type: 'tool_call_chunk' as const }
          return [
            { ...common, id: `call-${index}`, name: `tool-${index}`, args: text.slice(0, at) },
            { ...common, args: text.slice(at) },
          ]
        })
        const whole = [
          ...(said ?? []).map((content) => new AIMessageChunk({ id: 'm', content })),
          ...pieces.map((piece) => new AIMessageChunk({ id: 'm', content: '', tool_call_chunks: [piece] })),
          new AIMessageChunk({ id: 'm', content: '', response_metadata: { finish_reason: 'stop' } }),
        ]
        const list = cut === null ? whole : whole.slice(0, cut % whole.length)
        const told = json ? (JSON.parse(JSON.stringify(list)) as typeof list) : list
        const events = await collected(
          fromLangGraph(streamed(told.map((chunk) => ['messages', [chunk, {}]])) as never),
        )
        const { content, tool_calls = [] } = whole.reduce((all, chunk) => all.concat(chunk))
        const expected = {
          text: content as string,
          calls: tool_calls.map(({ id, name, args: input }) => ({ id: id!, name, input })),
        }
        await check(events, route, cut === null ? expected : undefined)
      }),
      settings,
    )
  },
  timeout,
)
