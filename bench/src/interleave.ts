/** One of the things compared. `prepare` is not timed; what it returns is. */
export interface Candidate {
  name: string
  prepare(round: number): (() => void) | Promise<() => void | Promise<void>>
}

/**
 * Runs the candidates in turns, so that what slows the machine slows all of them, and returns the CPU time of each in
 * nanoseconds: the lower quartile of its rounds, since whatever else the machine does can only add. One round more than
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
 * After a collection the young generation gives its pages back, and whoever comes next pays for each of them anew
 * (measured: more than for its own work). In a page that lives they are there, so make it so; and leave them empty, or
 * whoever allocates the little that is left in a short round pays for a collection of its own.
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
