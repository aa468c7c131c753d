import { sessionActionNames } from '@rejoin/core'
import type { SessionActions } from '@rejoin/core'
import { useHandle } from './provider.ts'

/** The session's actions: functions that act on the session provided at the time of the call. */
export function useActions(): SessionActions {
  const handle = useHandle()
  const entries = sessionActionNames.map((name) => [
    name,
    (...args: unknown[]) => (handle()[name] as (...args: unknown[]) => unknown)(...args),
  ])
  return Object.fromEntries(entries) as SessionActions
}
