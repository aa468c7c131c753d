import type { Session } from '@rejoin/core'
import { RejoinError } from '@rejoin/core'
import { getContext, onMount, setContext } from 'svelte'
import { createSubscriber } from 'svelte/reactivity'

/** A value, or a function that reads one: `() => id` follows a prop or a rune. */
export type MaybeGetter<V> = V | (() => V)

export function toValue<V extends string | object | undefined>(value: MaybeGetter<V>): V {
  return typeof value === 'function' ? value() : value
}

/** What a provider gives to the components below it. */
export interface Provided {
  readonly session: () => Session
  /** What a server rendered has been taken over: what a session knows may show. Reactive. */
  readonly isMounted: () => boolean
}

const key = Symbol('rejoin')

/**
 * Provides a session to the functions of this component's descendants, and of itself from here on. Call it in the
 * script of a component; `() => session` may give another session later.
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

/** Whether this page's elements are built here, not taken over from a server, which marks its blocks by comments. */
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
