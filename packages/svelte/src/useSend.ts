import type { Session } from '@rejoin/core'
import { useProvided } from './provider.ts'

/**
 * `send({ text })` publishes a prompt, which shows at once with its delivery. Resolves to the prompt's id; rejects if
 * the prompt was refused, which also shows on the prompt.
 */
export function useSend(): Session['sendMessage'] {
  const { session } = useProvided()
  return (prompt) => session().sendMessage(prompt)
}
