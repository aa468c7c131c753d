import { patience } from './patience.ts'

/** Work to end when the process is told to stop. */
export interface Mortal {
  /** Ends everything that is open on the channel; does not reject. */
  shutDown(): Promise<void>
}

/** The part of Node.js's `process` that the agent uses; browsers have none. */
interface ProcessLike {
  readonly pid: number
  on(signal: string, listener: () => void): void
  off(signal: string, listener: () => void): void
  listenerCount(signal: string): number
  kill(pid: number, signal: string): void
}

const watched = new Map<string, { mortals: Set<Mortal>; listener: () => void }>()

/**
 * Watches a signal while there is something to end; returns a function that stops watching. In browsers, does nothing.
 */
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
  const late = new Promise((resolve) => setTimeout(resolve, patience.signal))
  await Promise.race([Promise.all([...watch.mortals].map((mortal) => mortal.shutDown())), late])
  process.off(signal, watch.listener)
  // The signal would have ended the process. If others listen to it, they decide whether the process exits.
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
}
