import type { Session } from '@rejoin/core'

/** Sends prompts that failed while the connection was away, once each time it is back. Returns how to stop. */
export function resendWhenBack(session: Session): () => void {
  let live = session.getSnapshot().status === 'live'
  return session.subscribe(() => {
    const before = live
    const { status, entries } = session.getSnapshot()
    live = status === 'live'
    if (!live || before) return
    for (const { id, role } of entries)
      // One that fails again says so in its own line.
      if (role === 'user' && session.getPrompt(id)?.delivery === 'failed')
        session.retryMessage(id).catch(() => {})
  })
}
