import type { Session, SessionState } from '@rejoin/core'
import type { ShallowRef } from 'vue'
import { useExternal } from './external.ts'
import { useSessionHandle } from './plugin.ts'

/** The session's state (status, hasOlder, agents, error, ...) as `state`, and its actions. */
export function useSession(): { state: Readonly<ShallowRef<SessionState>>; session: Session } & Pick<
  Session,
  Actions
> {
  const session = useSessionHandle()
  const state = useExternal(undefined, (_, listener) => session.subscribe(listener), session.getSnapshot)
  const { sendMessage, retryMessage, stop, loadOlder, addToolResult, respondToApproval } = session
  return { state, session, sendMessage, retryMessage, stop, loadOlder, addToolResult, respondToApproval }
}

type Actions = 'sendMessage' | 'retryMessage' | 'stop' | 'loadOlder' | 'addToolResult' | 'respondToApproval'
