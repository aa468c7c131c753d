'use client'
import type { PromptState } from '@rejoin/core'
import { useSyncExternalStore } from 'react'
import { useSessionHandle } from './provider.ts'

/** One prompt with its delivery: `sending`, `sent` or `failed`. */
export function usePrompt(id: string): PromptState | undefined {
  const session = useSessionHandle()
  const prompt = () => session.getPrompt(id)
  return useSyncExternalStore(session.subscribe, prompt, prompt)
}
