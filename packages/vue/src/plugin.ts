import type { Session } from '@rejoin/core'
import { inject } from 'vue'
import type { App, InjectionKey } from 'vue'

export const sessionKey: InjectionKey<Session> = Symbol('rejoin session')

/** `app.use(RejoinPlugin, { session })`, or `provide(sessionKey, session)` in a component. */
export const RejoinPlugin = {
  install(app: App, options: { session: Session }): void {
    app.provide(sessionKey, options.session)
  },
}

/** The session that the app or a component above provides. */
export function useSessionHandle(): Session {
  const session = inject(sessionKey, undefined)
  if (!session)
    throw new Error(
      'unable to find a session; call app.use(RejoinPlugin, { session }) or provide(sessionKey, session)',
    )
  return session
}
