'use client'
import type { MessageRef } from '@rejoin/core'
import { useSyncExternalStore } from 'react'
import { useSessionHandle } from './provider.ts'

/** The conversation in order: `{ id, role }`. Renders when a message comes or goes, never per token. */
export function useMessages(): readonly MessageRef[] {
  const session = useSessionHandle()
  const messages = () => session.getSnapshot().messages
  return useSyncExternalStore(session.subscribe, messages, messages)
}
