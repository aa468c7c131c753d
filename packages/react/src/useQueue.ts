'use client'
import type { PromptState } from '@rejoin/core'
import { useSyncExternalStore } from 'react'
import { useHandle } from './provider.ts'

/** Prompts that wait to be answered, the same on every device. Renders when a prompt comes or goes. */
export function useQueue(): readonly PromptState[] {
  const session = useHandle()
  return useSyncExternalStore(session.subscribe, session.getQueue, () => session.initial.getQueue())
}
