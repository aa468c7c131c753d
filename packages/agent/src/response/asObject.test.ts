import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asObject } from './asObject.ts'
import type { ModelEvent } from './modelEvent.ts'
import { ObjectWriter, type StandardSchema } from './objectWriter.ts'

const finish: ModelEvent = { type: 'finish', finishReason: 'stop' }
const deltas = (...texts: string[]): ModelEvent[] =>
  texts.map((delta) => ({ type: 'text-delta', id: 't', delta }))

async function collect(events: ModelEvent[], schema?: StandardSchema): Promise<ModelEvent[]> {
  const found: ModelEvent[] = []
  for await (const event of asObject(events, 'recipe', { id: 'o', ...(schema && { schema }) }))
    found.push(event)
  return found
}

const recipes: StandardSchema<{ title: string }> = {
  '~standard': {
    validate: (value) =>
      typeof (value as { title?: unknown }).title === 'string'
        ? { value: value as { title: string } }
        : { issues: [{ message: 'title is missing' }] },
  },
}

/** An object in the making: what is there is there to stay, but for the text that is growing. */
function isBeginning(part: unknown, whole: unknown): boolean {
  if (typeof part === 'string') return typeof whole === 'string' && whole.startsWith(part)
  if (typeof part !== 'object' || part === null) return Object.is(part, whole)
  return Object.entries(part).every(([key, value]) =>
    isBeginning(value, (whole as Record<string, unknown>)[key]),
  )
}

test('every value shown is a beginning of the whole, and the last one is the whole', async () => {
  const key = fc.string({ maxLength: 6 }).filter((name) => name !== '__proto__')
  const { value: json } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.string({ maxLength: 60 }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    ),
  }))
  const object = fc.dictionary(key, json, { maxKeys: 5 })
  await fc.assert(
    fc.asyncProperty(object, fc.array(fc.nat(40), { minLength: 1 }), async (value, sizes) => {
      const text = JSON.stringify(value)
      const pieces: string[] = []
      for (let at = 0, n = 0; at < text.length; n++) {
        const size = 1 + sizes[n % sizes.length]!
        pieces.push(text.slice(at, at + size))
        at += size
      }
      const whole: unknown = JSON.parse(text)
      const shown = (await collect([...deltas(...pieces), finish])).filter(
        ({ type }) => type === 'data-recipe',
      )
      const values = shown.map((event) => (event as { data: unknown }).data)
      expect(values.at(-1)).toEqual(whole)
      for (const one of values) expect(isBeginning(one, whole)).toBe(true)
    }),
  )
})

test('what is published in all stays in proportion to the length, however small the pieces', () => {
  const published = (count: number) => {
    let characters = 0
    const writer = new ObjectWriter((value) => (characters += JSON.stringify(value).length))
    const text = JSON.stringify({ steps: Array.from({ length: count }, (_, at) => `Step ${at}: stir.`) })
    for (const character of text) writer.append(character)
    return characters / text.length
  }
  expect(published(40)).toBeGreaterThan(4)
  expect(published(2000)).toBeLessThan(40)
})

test('all that is not text stays as it is, in its place', async () => {
  const reasoning: ModelEvent = { type: 'reasoning-delta', id: 'r', delta: 'Hm' }
  expect(await collect([reasoning, ...deltas('{"title":', '"Soup"}'), finish])).toEqual([
    reasoning,
    { type: 'data-recipe', id: 'o', data: { title: 'Soup' } },
    finish,
  ])
})

test('what is no JSON, is cut short, or is not what the schema asks for, fails', async () => {
  await expect(collect([...deltas('Sure! {'), finish])).rejects.toMatchObject({ code: 'model_failed' })
  await expect(collect([...deltas('{"title": "So'), finish])).rejects.toThrow(/before it was whole/)
  await expect(collect([...deltas('{"name": 1}'), finish], recipes)).rejects.toThrow(/title is missing/)
  expect(await collect([...deltas('{"title":"Soup"}'), finish], recipes)).toHaveLength(2)
})

test('what the model cut at its limit stays as far as it came', async () => {
  const cut: ModelEvent = { type: 'finish', finishReason: 'length' }
  const events = await collect([...deltas('{"title": "A soup of many tomatoes", "steps": ["Boi'), cut])
  expect(events).toEqual([
    { type: 'data-recipe', id: 'o', data: { title: 'A soup of many tomatoes', steps: ['Boi'] } },
    cut,
  ])
})
