'use client'
import type { PromptState } from '@rejoin/core'
import { useSyncExternalStore } from 'react'
import { useHandle } from './provider.ts'

/** One prompt with its delivery (`sending`, `sent`, `failed`); `undefined` while it is unknown. */
export function usePrompt(id: string): PromptState | undefined {
  const session = useHandle()
  return useSyncExternalStore(
    session.subscribe,
    () => session.getPrompt(id),
    () => session.initial.getPrompt(id),
  )
}
