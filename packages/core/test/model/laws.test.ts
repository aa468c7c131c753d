import fc from 'fast-check'
import { describe, test } from 'vitest'
import { worlds } from './script.ts'
import { live } from './world.ts'

/** A sample; `pnpm soak laws` lives through a million worlds. What catches a deliberate bug may need more of them. */
const numRuns = Number(process.env.LAW_RUNS ?? (process.env.REJOIN_MUTANT ? 10_000 : 3000))
/** The ordinary suite lives through the same worlds each time; a soak looks for new ones. */
const seed = process.env.LAW_RUNS ? undefined : 20_261_122

describe('laws 1 to 8: a session over a model channel', () => {
  test(
    'any interleaving of agents, editors, history pages, rows and outages',
    () =>
      fc.assert(
        fc.asyncProperty(worlds, (world) => live(world)),
        // A deliberate bug (scripts/mutants.mjs) need not be understood.
        {
          numRuns,
          endOnFailure: process.env.REJOIN_MUTANT !== undefined,
          ...(seed !== undefined && { seed }),
        },
      ),
    3_600_000,
  )
})
