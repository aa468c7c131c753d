import type { Session } from '@rejoin/core'
import { RejoinError } from '@rejoin/core'
import { getContext, onMount, setContext } from 'svelte'
import { createSubscriber } from 'svelte/reactivity'

/** A value, or a function that reads one: `() => id` follows a prop or a rune. */
export type MaybeGetter<V> = V | (() => V)

export function toValue<V extends string | object | undefined>(value: MaybeGetter<V>): V {
  return typeof value === 'function' ? value() : value
}

/** The context that a provider gives to the components below it. */
export interface Provided {
  readonly session: () => Session
  /** Hydration is over: the session's content may show. Reactive. */
  readonly isMounted: () => boolean
}

const key = Symbol('rejoin')

/**
 * Provides a session to the functions of this component, from this call on, and of its descendants. Call it in a
 * component's script; `() => session` may return another session later.
 */
export function provideSession(session: MaybeGetter<Session>): void {
  let mounted = isRenderedHere()
  let update = (): void => {}
  const follow = createSubscriber((changed) => {
    update = changed
  })
  onMount(() => {
    mounted = true
    update()
  })
  const provided: Provided = {
    session: () => toValue(session),
    isMounted() {
      if (!mounted) follow()
      return mounted
    },
  }
  setContext(key, provided)
}

/** Whether this page's elements are built here and not hydrated from a server, which marks its blocks with comments. */
function isRenderedHere(): boolean {
  if (typeof document === 'undefined') return false
  const comments = document.createTreeWalker(document.body, NodeFilter.SHOW_COMMENT)
  while (comments.nextNode()) if ((comments.currentNode as Comment).data.startsWith('[')) return false
  return true
}

/** The session that a component above provides. */
export function useProvided(): Provided {
  const provided = getContext<Provided | undefined>(key)
  if (provided) return provided
  throw new RejoinError(
    'invalid_argument',
    'unable to find a session; call provideSession(session) in a component above',
  )
}
