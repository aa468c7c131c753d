import { createSession, seed } from '@rejoin/core'
import type { ResponseRow } from '@rejoin/core'
import { expect, test } from 'vitest'
import { useBench } from '../../test/agentBench.ts'
import { answerPrompt, type ModelEvent, type PromptHandler } from '../index.ts'

/** A model's stream can break off within the arguments of a call. */
const bench = useBench()

const call = { toolCallId: 'c', toolName: 'find' }
const said = (...pieces: string[]): ModelEvent[] => [
  { type: 'tool-input-start', ...call },
  ...pieces.map((inputTextDelta) => ({ type: 'tool-input-delta', toolCallId: 'c', inputTextDelta }) as const),
]
const failed: ModelEvent = { type: 'tool-output-error', toolCallId: 'c', errorText: 'gone' }

type Shown = Record<string, unknown>

/** The call as everyone shows it, whatever names it. */
const shownOf = (parts: readonly object[] | undefined): Shown => {
  const { id: _, serial: __, version: ___, ...shown } = { ...(parts?.[0] as Shown) }
  return Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== undefined))
}

const broken = (inputText: string, state = 'input-streaming') => ({ state, inputText, inputError: 'invalid' })

const cases: [string, ModelEvent[], object][] = [
  ['in a string', said('{"for":', '"a fo'), broken('{"for":"a fo')],
  ['before a value', said('{"for":'), broken('{"for":')],
  ['in a number', said('{"n":1'), broken('{"n":1')],
  ['in blanks', said('  '), broken('  ')],
  ['after something that is no JSON', said('{"for": fox}'), broken('{"for": fox}')],
  ['after the end', said('{"for":', '"a fox"}'), { state: 'input-available', input: { for: 'a fox' } }],
  ['after null', said('null'), { state: 'input-available', input: null }],
  [
    'before it failed',
    [...said('{"for":'), failed],
    { ...broken('{"for":', 'output-error'), errorText: 'gone' },
  ],
]

async function question(): Promise<string> {
  const channelName = bench.channelName()
  const { channel } = await bench.reader(channelName)
  await channel.publish('user-input', { promptId: 'q', text: 'q' })
  return channelName
}

function answer(channelName: string, handler: PromptHandler, rows: ResponseRow[] = []) {
  const client = bench.client({ echoMessages: false })
  const outcome = answerPrompt({
    client,
    channelName,
    promptId: 'q',
    handler,
    onComplete: (row) => void rows.push(row),
    interrupted: 'resume',
    messagesPerSecond: Infinity,
    endOnExit: false,
    retry: { minDelay: 5, maxDelay: 50 },
  })
  return { client, outcome }
}

async function* breaksOff(events: readonly ModelEvent[]): AsyncGenerator<ModelEvent> {
  yield* events
  throw new Error('connection reset')
}

test.each(cases)('broken off %s: row and channel show the same', async (_name, events, expected) => {
  const channelName = await question()
  const live = createSession({ client: bench.client({ clientId: 'ann' }), channelName })
  await live.ready
  const rows: ResponseRow[] = []
  await answer(channelName, (_, response) => response.pipe(breaksOff(events)).then(() => {}), rows).outcome
  const id = rows[0]!.id
  await bench.until(() => live.getResponse(id)?.status === 'error')
  const late = createSession({ client: bench.client({ clientId: 'bob' }), channelName })
  const seeded = createSession({
    client: bench.client({ clientId: 'cid' }),
    channelName: bench.channelName(),
    hydrate: seed({ load: () => Promise.resolve({ rows }) }),
  })
  await Promise.all([late.ready, seeded.ready])
  const shown = { type: 'tool-find', toolCallId: 'c', ...expected }
  for (const session of [live, late, seeded]) {
    expect(shownOf(session.getResponse(id)?.parts)).toEqual(shown)
    session.close()
  }
  expect(shownOf(rows[0]?.parts)).toEqual(shown)
})

test.each(cases)('a process died %s: row and channel show the same', async (_name, events, expected) => {
  const channelName = await question()
  const live = createSession({ client: bench.client({ clientId: 'ann' }), channelName })
  await live.ready
  await new Promise<void>((resolve) => {
    const { client } = answer(channelName, async (_, response) => {
      await response.pipe(events)
      await response.flush()
      client.connection.close()
      resolve()
      await new Promise(() => {})
    })
  })
  const rows: ResponseRow[] = []
  await answer(channelName, () => Promise.reject(new Error('no more')), rows).outcome
  const id = rows[0]!.id
  await bench.until(() => live.getResponse(id)?.status === 'error')
  const shown = { type: 'tool-find', toolCallId: 'c', ...expected }
  expect(shownOf(live.getResponse(id)?.parts)).toEqual(shown)
  expect(shownOf(rows[0]?.parts)).toEqual(shown)
  live.close()
})
