import type { BranchOptions } from '@rejoin/core'

/** Keeps which versions of a conversation this device shows for the next visit. */
export function keptBranches(conversationId: string): BranchOptions {
  const key = `rejoin-branches ${conversationId}`
  return {
    selected: read(key),
    onSelect: (selected) => {
      try {
        localStorage.setItem(key, JSON.stringify(selected))
      } catch {
        // A browser that keeps nothing shows the newest.
      }
    },
  }
}

function read(key: string): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(kept) ? kept.filter((id) => typeof id === 'string') : []
  } catch {
    return []
  }
}
