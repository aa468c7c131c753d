import type { Session } from '../session/session.ts'
import type { SessionState } from '../session/state.ts'

/** Whether there is something to show: messages, an empty conversation that was read, or why there is none. */
export const isReady = (state: SessionState): boolean =>
  state.status !== 'connecting' || state.messages.length > 0

type Source = Pick<Session, 'getSnapshot' | 'subscribe'>

const waiting = /* @__PURE__ */ new WeakMap<Source, Promise<void>>()

/** Resolves once `isReady`; the same promise until then. Never rejects. */
export function whenReady(session: Source): Promise<void> {
  if (isReady(session.getSnapshot())) return Promise.resolve()
  let promise = waiting.get(session)
  if (!promise) {
    promise = new Promise((resolve) => {
      const unsubscribe = session.subscribe(() => {
        if (!isReady(session.getSnapshot())) return
        unsubscribe()
        waiting.delete(session)
        resolve()
      })
    })
    waiting.set(session, promise)
  }
  return promise
}
