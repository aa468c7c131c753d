import type { Checkpoint, OpenPrompt } from './checkpoint.ts'

/** Number of settled prompt ids that a checkpoint keeps. */
export const RECENT = 200

/**
 * Merges a checkpoint into the saved one of a store that several processes share: a prompt stays open until one process
 * has settled it. A process that was frozen and saves outdated state removes nothing.
 */
export function mergeCheckpoints(saved: Checkpoint | undefined, next: Checkpoint): Checkpoint {
  if (!saved) return next
  const settled = new Set([...saved.recent, ...next.recent])
  const open = new Map<string, OpenPrompt>()
  for (const one of [...saved.open, ...next.open]) {
    const { id } = one.prompt
    // Prefer the entry whose answer has begun to one that was only received.
    if (!settled.has(id) && (one.responseId !== undefined || !open.has(id))) open.set(id, one)
  }
  const known = new Set(next.recent)
  const recent = [...saved.recent.filter((id) => !known.has(id)), ...next.recent].slice(-RECENT)
  return {
    serial: saved.serial > next.serial ? saved.serial : next.serial,
    open: [...open.values()].sort((a, b) => (a.prompt.serial < b.prompt.serial ? -1 : 1)),
    recent,
  }
}
