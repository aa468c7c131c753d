/** One of the things compared. `prepare` is not timed; what it returns is. */
export interface Candidate {
  name: string
  prepare(round: number): (() => void) | Promise<() => void | Promise<void>>
}

/**
 * Runs the candidates in turns, so that what slows the machine slows all of them, and returns the median CPU time
 * of each in nanoseconds: what other processes take does not count. One round more than asked for warms up.
 */
export async function interleave(candidates: readonly Candidate[], rounds: number): Promise<number[]> {
  const samples = candidates.map((): number[] => [])
  for (let round = 0; round <= rounds; round++) {
    for (let i = 0; i < candidates.length; i++) {
      const at = (i + round) % candidates.length
      const run = await candidates[at]!.prepare(round)
      globalThis.gc?.()
      const started = process.cpuUsage()
      const pending = run()
      if (pending) await pending
      const { user, system } = process.cpuUsage(started)
      if (round > 0) samples[at]!.push((user + system) * 1_000)
    }
  }
  return samples.map(median)
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
