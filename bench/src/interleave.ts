/** One of the things compared. `prepare` is not timed; what it returns is. */
export interface Candidate {
  name: string
  prepare(round: number): (() => void) | Promise<() => void | Promise<void>>
}

/**
 * Runs the candidates in turns, so that what slows the machine slows all of them, and returns the CPU time of each in
 * nanoseconds: the lower quartile of its rounds, since other work of the machine can only add time. One round more than
 * asked for warms up.
 */
export async function interleave(candidates: readonly Candidate[], rounds: number): Promise<number[]> {
  const samples = candidates.map((): number[] => [])
  for (let round = 0; round <= rounds; round++) {
    for (let i = 0; i < candidates.length; i++) {
      const at = (i + round) % candidates.length
      const run = await candidates[at]!.prepare(round)
      collect()
      const started = process.cpuUsage()
      const pending = run()
      if (pending) await pending
      const { user, system } = process.cpuUsage(started)
      if (round > 0) samples[at]!.push((user + system) * 1_000)
    }
  }
  return samples.map(quartile)
}

/** The lower quartile. */
export function quartile(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 2]!
}

const PAGES = 400_000
const memory = { last: [] as number[] }

/**
 * After a collection, the young generation gives its pages back, and the next candidate would pay for getting them again
 * (measured: more than its own work). A page in use has them, so allocate them here. And leave them empty: otherwise a
 * short round would pay for a collection of the rest.
 */
function collect(): void {
  globalThis.gc?.()
  for (let i = 0; i < PAGES; i++) memory.last = [i, i, i, i]
  globalThis.gc?.({ type: 'minor' })
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
