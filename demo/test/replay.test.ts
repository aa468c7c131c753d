import { expect, test } from 'vitest'
import { replay } from '../agent/replay.ts'
import { scriptedEvents, scripts, tokensOf } from '../agent/scripted.ts'

async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const event of events) all.push(event)
  return all
}

test('replay yields every event unchanged and in order', async () => {
  const events = [{ type: 'a' }, { type: 'b', delta: 'x'.repeat(50) }, { type: 'c', delta: { text: 'yy' } }]
  expect(await collect(replay(events, { charactersPerSecond: 10_000 }))).toEqual(events)
})

test('replay stops where it is told to', async () => {
  const abort = new AbortController()
  const events = Array.from({ length: 100 }, (_, index) => ({ type: 't', delta: `${index}` }))
  const seen: unknown[] = []
  for await (const event of replay(events, { charactersPerSecond: 1000, signal: abort.signal })) {
    seen.push(event)
    if (seen.length === 3) abort.abort()
  }
  expect(seen).toHaveLength(3)
})

test.each(scripts.map((script) => [script.prompt, script] as const))(
  'scripted events carry the text: %s',
  (_, script) => {
    const events = scriptedEvents(script) as { type: string; delta?: string }[]
    const deltas = events.filter(({ type }) => type === 'response.output_text.delta')
    expect(deltas.map(({ delta }) => delta).join('')).toBe(script.text)
    expect(JSON.stringify(events.at(-1))).toContain(JSON.stringify(script.text))
  },
)

test('tokens join to the text, and no surrogate pair is cut', () => {
  const text = ' a  verylongwordindeed 🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂\n\n\tend \n'
  const tokens = tokensOf(text)
  expect(tokens.join('')).toBe(text)
  expect(tokens.filter((token) => /[\ud800-\udfff]/.test(token.replace(/\p{Emoji}/gu, '')))).toEqual([])
})
