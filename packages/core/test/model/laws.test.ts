import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { worlds } from './script.ts'
import { live } from './world.ts'

/** `pnpm soak laws` looks for new worlds, a million of them. */
const soak = process.env.LAW_RUNS
/** The ordinary suite lives through the same worlds each time. */
const seeds = soak === undefined ? [20_261_122, 20_261_129, 1, 2, 3] : [undefined]
const mutant = process.env.REJOIN_MUTANT !== undefined
/** What catches a deliberate bug (scripts/mutants.mjs) may need more worlds, and need not be understood. */
const numRuns = soak === undefined ? (mutant ? 2000 : 480) : Number(soak)

describe('laws 1 to 8 and 12 to 14: a session over a model channel', () => {
  test.each(seeds)(
    'any interleaving of agents, users, editors, history pages, rows and outages: seed %s',
    (seed) =>
      fc.assert(
        fc.asyncProperty(worlds, (world) => live(world)),
        { numRuns, endOnFailure: mutant, ...(seed !== undefined && { seed }) },
      ),
    3_600_000,
  )
})

test('the worlds have all that they may have: no choice is always the same', () => {
  const seen = new Map<string, Set<unknown>>()
  const look = (value: unknown, path: string): void => {
    if (Array.isArray(value)) return value.forEach((one) => look(one, `${path}[]`))
    const isObject = typeof value === 'object' && value !== null
    const is = isObject ? 'some' : typeof value === 'string' || typeof value === 'number' ? 'value' : value
    seen.set(path, (seen.get(path) ?? new Set()).add(is))
    if (isObject) for (const [key, inner] of Object.entries(value)) look(inner, `${path}.${key}`)
  }
  for (const world of fc.sample(worlds, { seed: 1, numRuns: 300 })) look(world, 'world')
  const isFixed = ([is, another]: readonly unknown[]) =>
    another === undefined && (is === undefined || typeof is === 'boolean')
  expect([...seen].flatMap(([path, values]) => (isFixed([...values]) ? path : []))).toEqual([])
})
