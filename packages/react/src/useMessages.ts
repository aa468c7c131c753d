'use client'
import type { MessageRef, SessionState } from '@rejoin/core'
import { useSnapshot } from './useSnapshot.ts'

const messages = (state: SessionState) => state.messages
const entries = (state: SessionState) => state.entries

/**
 * The conversation as it shows, in order: `{ id, role }`; with `all`, versions that do not show, too. Renders when a message comes or goes, never per token. A message
 * stays the same object, so a row in `memo` renders only for its own sake.
 */
export function useMessages(options?: { all?: boolean }): readonly MessageRef[] {
  return useSnapshot(options?.all ? entries : messages)
}
