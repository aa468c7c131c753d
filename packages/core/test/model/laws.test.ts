import fc from 'fast-check'
import { describe, test } from 'vitest'
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
