import type { Session } from '@rejoin/core'
import { createSubscriber } from 'svelte/reactivity'
import { toValue, useProvided } from './provider.ts'
import type { MaybeGetter } from './provider.ts'

/** A value that changes by itself; reading `current` in markup, `$derived` or `$effect` follows it. */
export interface Current<V> {
  readonly current: V
}

/** How to follow a value, and how to read it. */
export type Join<V> = [subscribe: (listener: () => void) => () => void, get: () => V]

/** Reads a value, and has the effect that reads it follow it. */
function followed<V>([subscribe, get]: Join<V>): () => V {
  const follow = createSubscriber((update) => {
    let shown = get()
    return subscribe(() => {
      const next = get()
      if (next === shown) return
      shown = next
      update()
    })
  })
  return () => {
    follow()
    return get()
  }
}

/**
 * Follows what `join` returns for the session and `id` that are given now. Servers render `before`, and hydration begins
 * with it, so that the two agree however far the session in the browser has come by then.
 */
export function useJoin<V>(
  join: (session: Session, id: string | undefined) => Join<V>,
  before: V,
  id?: MaybeGetter<string | undefined>,
): Current<V> {
  const { session, isMounted } = useProvided()
  let known: { session: Session; id: string | undefined; read: () => V } | undefined
  return {
    get current() {
      if (!isMounted()) return before
      const [handle, wanted] = [session(), toValue(id)]
      if (known?.session !== handle || known.id !== wanted)
        known = { session: handle, id: wanted, read: followed(join(handle, wanted)) }
      return known.read()
    },
  }
}
