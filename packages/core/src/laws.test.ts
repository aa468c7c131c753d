import fc from 'fast-check'
import { describe, test } from 'vitest'
import { live, worlds } from '../test/world.ts'

/** More runs for a long night: `LAW_RUNS=1000000 npx vitest run --project core laws`. */
const numRuns = Number(process.env.LAW_RUNS ?? 4_000)

describe('laws 1, 2, 4 and 5: a session over a model channel', () => {
  test(
    'any interleaving of agents, history pages and outages',
    () =>
      fc.assert(
        fc.asyncProperty(worlds, (world) => live(world)),
        { numRuns },
      ),
    3_600_000,
  )
})
