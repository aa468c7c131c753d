import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { noLines } from '../../src/response/lines.ts'
import '../../src/text/contrary.test.ts'
import { Run } from '../../src/text/run.ts'
import '../../src/text/severalRuns.test.ts'
import { PlainLines } from './plainLines.ts'
import { PlainRun } from './plainRun.ts'
import { worlds } from './script.ts'
import { live } from './world.ts'

vi.mock('../../src/text/run.ts', async () => ({ Run: (await import('./plainRun.ts')).PlainRun }))
vi.mock('../../src/response/lines.ts', async () => ({
  noLines: (await import('./plainLines.ts')).plainNoLines,
}))

test('texts and lines in the shortest code, without constant work, obey the laws, too', async () => {
  expect(Run).toBe(PlainRun)
  expect(noLines).toBeInstanceOf(PlainLines)
  await fc.assert(
    fc.asyncProperty(worlds, (world) => live(world)),
    { numRuns: 480, seed: 1, endOnFailure: true },
  )
})
