import type { Session } from '@rejoin/core'
import { RejoinError } from '@rejoin/core'
import { defineComponent, inject, provide, toValue } from 'vue'
import type { App, InjectionKey, MaybeRefOrGetter } from 'vue'

/** For `provide(sessionKey, session)`. A ref or getter may give another session later. */
export const sessionKey: InjectionKey<MaybeRefOrGetter<Session>> = Symbol('rejoin')

/** `app.use(RejoinPlugin, { session })`: one session for the whole app. */
export function RejoinPlugin(app: App, options: { session: MaybeRefOrGetter<Session> }): void {
  app.provide(sessionKey, options.session)
}

/** Provides a session to the composables of its descendants. It may be replaced by another session at any time. */
export const SessionProvider = defineComponent(
  (props: { session: Session }, { slots }) => {
    provide(sessionKey, () => props.session)
    return () => slots.default?.()
  },
  { props: ['session'] },
)

/** The session that the app or a component above provides. */
export function useHandle(): () => Session {
  const session = inject(sessionKey, null)
  if (session) return () => toValue(session)
  throw new RejoinError('invalid_argument', 'unable to find a session; use SessionProvider or RejoinPlugin')
}
