import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { ModelEvent } from '@rejoin/agent'
import { fromAnthropic } from '@rejoin/agent/providers/anthropic'
import { fromOpenAI } from '@rejoin/agent/providers/openai'
import { createModel } from '../agent/model.ts'
import { recordings } from '../agent/recordings.ts'
import { rest } from '../agent/resume.ts'
import { scripts } from '../agent/scripts.ts'
import { conversationOf } from './conversation.ts'
import { collect, streamOf } from './events.ts'

// The agent died in the middle of an answer; the next process gets the same stream once more, from the beginning.

const folder = fileURLToPath(new URL('../../../shared/recordings', import.meta.url))

async function eventsOf(prompt: string, from: string): Promise<ModelEvent[]> {
  const model = createModel({ provider: 'recorded', recordings: from, speed: 1 })
  const stream = await model.ask({
    conversation: conversationOf(prompt),
    signal: new AbortController().signal,
  })
  return collect(stream.api === 'openai' ? fromOpenAI(stream.events) : fromAnthropic(stream.events))
}

const textOf = (events: readonly ModelEvent[]) =>
  events.map((event) => (event.type === 'text-delta' ? event.delta : '')).join('')

const streams = [
  ...scripts.map(({ prompt }) => [prompt, 'scripted', ''] as const),
  ...(existsSync(folder) ? recordings.map(({ prompt, file }) => [prompt, file, folder] as const) : []),
]

describe.each(streams)('%s (%s)', (prompt, _, from) => {
  test('wherever the text was cut, the rest of it follows, and the stream ends as it did', async () => {
    const events = await eventsOf(prompt, from)
    const text = textOf(events)
    for (let length = 0; length <= text.length; length += Math.ceil(text.length / 50)) {
      const left = await collect(rest(streamOf(events), length))
      expect(textOf(left)).toBe(text.slice(length))
      expect(left.at(-1)).toEqual(events.at(-1))
    }
  })
})

const call = { toolCallId: 'c', toolName: 'run' }
const whole: ModelEvent[] = [
  { type: 'reasoning-start', id: 'r' },
  { type: 'reasoning-delta', id: 'r', delta: 'Hm.' },
  { type: 'reasoning-end', id: 'r' },
  { type: 'text-start', id: 't' },
  { type: 'text-delta', id: 't', delta: 'It says so' },
  { type: 'source-url', sourceId: 's', url: 'https://example.com', startOffset: 3, endOffset: 10 },
  { type: 'text-end', id: 't' },
  { type: 'tool-input-start', ...call },
  { type: 'tool-input-delta', toolCallId: 'c', inputTextDelta: '{}' },
  { type: 'tool-input-available', ...call, input: {} },
  { type: 'text-start', id: 'u' },
  { type: 'text-delta', id: 'u', delta: '.' },
  { type: 'finish', finishReason: 'stop' },
]

test('thoughts are not repeated', async () => {
  const left = await collect(rest(streamOf(whole), 0))
  expect(left.filter(({ type }) => type.startsWith('reasoning'))).toEqual([])
  expect(left).toContainEqual({ type: 'tool-input-delta', toolCallId: 'c', inputTextDelta: '{}' })
})

test('in a text that was cut, a source stands where it comes: its offsets counted from the beginning', async () => {
  const [delta, source] = await collect(rest(streamOf(whole), 5))
  expect(delta).toEqual({ type: 'text-delta', id: 't', delta: 'ys so' })
  expect(source).toEqual({ type: 'source-url', sourceId: 's', url: 'https://example.com' })
})

test('a tool call that was under way comes with its whole input, not piece by piece', async () => {
  const types = (await collect(rest(streamOf(whole), 10))).map(({ type }) => type)
  expect(types).toEqual([
    'source-url',
    'text-end',
    'tool-input-start',
    'tool-input-available',
    'text-start',
    'text-delta',
    'finish',
  ])
})
