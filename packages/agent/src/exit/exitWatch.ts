/** What ends well when the process is told to stop. */
export interface Mortal {
  /** Leaves nothing hanging on the channel; does not reject. */
  shutDown(): Promise<void>
}

/** The part of Node.js's `process` that is used; browsers have none. */
interface ProcessLike {
  readonly pid: number
  on(signal: string, listener: () => void): void
  off(signal: string, listener: () => void): void
  listenerCount(signal: string): number
  kill(pid: number, signal: string): void
}

/** Milliseconds that the end may take before the process goes anyway. */
const PATIENCE = 5000

const watched = new Map<string, { mortals: Set<Mortal>; listener: () => void }>()

/** Watches a signal for as long as there is something to end; returns how to stop. In browsers, does nothing. */
export function watchExit(signals: readonly string[], mortal: Mortal): () => void {
  const { process } = globalThis as { process?: Partial<ProcessLike> }
  if (typeof process?.on !== 'function' || typeof process.kill !== 'function') return () => {}
  const node = process as ProcessLike
  for (const signal of signals) {
    let watch = watched.get(signal)
    if (!watch) {
      const listener = () => void end(node, signal)
      watched.set(signal, (watch = { mortals: new Set(), listener }))
      node.on(signal, listener)
    }
    watch.mortals.add(mortal)
  }
  return () => {
    for (const signal of signals) {
      const watch = watched.get(signal)
      if (!watch?.mortals.delete(mortal) || watch.mortals.size > 0) continue
      watched.delete(signal)
      node.off(signal, watch.listener)
    }
  }
}

async function end(process: ProcessLike, signal: string): Promise<void> {
  const watch = watched.get(signal)
  if (!watch) return
  watched.delete(signal)
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE))
  await Promise.race([Promise.all([...watch.mortals].map((mortal) => mortal.shutDown())), late])
  process.off(signal, watch.listener)
  // Without us the signal would have ended the process. Where others listen, it is theirs to decide.
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
}
