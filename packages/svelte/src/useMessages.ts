import type { MessageRef } from '@rejoin/core'
import type { Current } from './join.ts'
import { useSnapshot } from './useSnapshot.ts'

/**
 * The conversation as it shows, in order: `{ id, role }`; with `all`, versions that do not show, too. Changes when a
 * message comes or goes, never per token.
 */
export function useMessages(options?: { all?: boolean }): Current<readonly MessageRef[]> {
  return useSnapshot((state) => (options?.all ? state.entries : state.messages))
}
