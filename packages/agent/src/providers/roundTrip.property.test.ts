import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apis } from '../../test/apiJudges.ts'
import { assembled, type Assembled } from '../../test/assembled.ts'

describe.each(apis)('%s', (_, streams, map, judge) => {
  test.each(['plain', 'helper'] as const)(
    'a whole answer is what the SDK assembles, and any other is not complete: the %s stream',
    async (client) => {
      await fc.assert(
        fc.asyncProperty(streams, async (stream) => {
          const { events, standard, sizes } = stream
          const [expected, found] = await Promise.all([
            judge({ events: standard, sizes }).catch(() => undefined),
            map(client, { events: client === 'plain' ? events : standard, sizes }).then(assembled, failed),
          ])
          if (expected) expect(answer(found)).toEqual({ reasoning: '', ...expected, status: 'complete' })
          else expect(found.status).not.toBe('complete')
        }),
        { numRuns: 60 },
      )
    },
  )
})

/** Calls are in the order in which they came, in the SDK's list in that of their indexes. */
function answer({ text, reasoning, calls, status }: Assembled): object {
  const byId = calls.toSorted((one, other) => one.id.localeCompare(other.id))
  return { text, reasoning, calls: byId, status }
}

/** An SDK that throws ends the answer with an error as well. */
function failed(): Assembled {
  return assembled([{ type: 'error', errorText: 'thrown' }])
}
