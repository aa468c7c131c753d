'use client'
import type { MessageRef, SessionState } from '@rejoin/core'
import { useSnapshot } from './useSnapshot.ts'

const messages = (state: SessionState) => state.messages

/**
 * The conversation in order: `{ id, role }`. Renders when a message comes or goes, never per token. A message
 * stays the same object, so a row in `memo` renders only for its own sake.
 */
export function useMessages(): readonly MessageRef[] {
  return useSnapshot(messages)
}
