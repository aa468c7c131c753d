import { sessionActionNames } from '@rejoin/core'
import type { SessionActions } from '@rejoin/core'
import { useProvided } from './provider.ts'

/** The session's actions: functions that act on the session provided at the time of the call. */
export function useActions(): SessionActions {
  const { session } = useProvided()
  const entries = sessionActionNames.map((name) => [
    name,
    (...args: unknown[]) => (session()[name] as (...args: unknown[]) => unknown)(...args),
  ])
  return Object.fromEntries(entries) as SessionActions
}
