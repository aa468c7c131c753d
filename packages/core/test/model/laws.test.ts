import fc from 'fast-check'
import { describe, test } from 'vitest'
import { worlds } from './script.ts'
import { live } from './world.ts'

/**
 * The ordinary suite lives through the same worlds each time; `pnpm soak laws` looks for a million new ones. What catches
 * a deliberate bug (scripts/mutants.mjs) may need more of them.
 */
const seeds = [20_261_122, 20_261_129, 1, 2, 3]
const soak = process.env.LAW_RUNS
const mutant = process.env.REJOIN_MUTANT !== undefined
const numRuns = mutant ? 2000 : 480

const property = fc.asyncProperty(worlds, (world) => live(world))

describe('laws 1 to 8 and 12 to 14: a session over a model channel', () => {
  const title = 'any interleaving of agents, users, editors, history pages, rows and outages'
  if (soak !== undefined) test(title, () => fc.assert(property, { numRuns: Number(soak) }), 3_600_000)
  else
    test.each(seeds)(
      `${title}: seed %i`,
      // A deliberate bug need not be understood.
      (seed) => fc.assert(property, { numRuns, seed, endOnFailure: mutant }),
      3_600_000,
    )
})
