'use client'
import type { Session } from '@rejoin/core'
import { useHandle } from './provider.ts'

/**
 * `send({ text })` publishes a prompt, which shows at once with its delivery. Resolves to the prompt's id; rejects if
 * the prompt was refused, which also shows on the prompt. Never renders; the same function for the same session.
 */
export function useSend(): Session['sendMessage'] {
  return useHandle().sendMessage
}
