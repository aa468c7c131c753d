import { sessionActionNames } from '@rejoin/core'
import type { SessionActions } from '@rejoin/core'
import { useHandle } from './provider.ts'

/** What one can do with the session: functions that act on the session that is provided when they are called. */
export function useActions(): SessionActions {
  const handle = useHandle()
  const entries = sessionActionNames.map((name) => [
    name,
    (...args: unknown[]) => (handle()[name] as (...args: unknown[]) => unknown)(...args),
  ])
  return Object.fromEntries(entries) as SessionActions
}
