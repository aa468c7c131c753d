import type { Session, SessionState } from '@rejoin/core'
import { toRef } from 'vue'
import type { ShallowRef } from 'vue'
import { useHandle } from './provider.ts'
import { initial, useSnapshot } from './useSnapshot.ts'

const actions = [
  'sendMessage',
  'retryMessage',
  'regenerate',
  'stop',
  'loadOlder',
  'addToolResult',
  'respondToApproval',
] as const

/** What one can do with a session; see `Session` for each. */
export type SessionActions = Pick<Session, (typeof actions)[number]>

/** Each field as a ref of its own. */
export type Refs<T> = { readonly [K in keyof T]: Readonly<ShallowRef<T[K]>> }

/**
 * The session's state (status, hasOlder, agents, error, ...) and the session itself, each as a ref, and its
 * actions. `const { status, sendMessage } = useSession()`.
 */
export function useSession(): Refs<SessionState & { session: Session }> & SessionActions {
  const handle = useHandle()
  const result: Record<string, unknown> = { session: toRef(handle) }
  for (const key in initial) result[key] = useSnapshot((state) => state[key as keyof SessionState])
  for (const name of actions) result[name] = (argument: never) => handle()[name](argument)
  return result as ReturnType<typeof useSession>
}
