import { sessionActionNames } from '@rejoin/core'
import type { SessionActions } from '@rejoin/core'
import { useProvided } from './provider.ts'

/** What one can do with the session: functions that act on the session that is provided when they are called. */
export function useActions(): SessionActions {
  const { session } = useProvided()
  const entries = sessionActionNames.map((name) => [
    name,
    (...args: unknown[]) => (session()[name] as (...args: unknown[]) => unknown)(...args),
  ])
  return Object.fromEntries(entries) as SessionActions
}
