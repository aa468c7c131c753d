'use client'
import type { MessageRef, SessionState } from '@rejoin/core'
import { useSnapshot } from './useSnapshot.ts'

const messages = (state: SessionState) => state.messages
const entries = (state: SessionState) => state.entries

/**
 * The visible conversation in order: `{ id, role }`; with `all`, hidden versions too. Renders when a message comes or
 * goes, never per token. A message stays the same object, so a row in `memo` renders only when its own content changes.
 */
export function useMessages(options?: { all?: boolean }): readonly MessageRef[] {
  return useSnapshot(options?.all ? entries : messages)
}
