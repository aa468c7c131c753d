import type { Session } from '@rejoin/core'
import { createSubscriber } from 'svelte/reactivity'
import { toValue, useProvided } from './provider.ts'
import type { MaybeGetter } from './provider.ts'

/** A value that changes by itself; markup, `$derived` and `$effect` that read `current` follow it. */
export interface Current<V> {
  readonly current: V
}

/** How to follow a value, and how to read it. */
export type Join<V> = [subscribe: (listener: () => void) => () => void, get: () => V]

/** Reads a value and subscribes the effect that reads it. */
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
 * Follows the result of `join` for the current session and `id`. Servers render what the session began with,
 * and hydration starts with it, so that both agree whatever the browser's session already knows.
 */
export function useJoin<V>(
  join: (session: Session, id: string | undefined) => Join<V>,
  id?: MaybeGetter<string | undefined>,
): Current<V> {
  const { session, isMounted } = useProvided()
  let known: { session: Session; id: string | undefined; mounted: boolean; read: () => V } | undefined
  return {
    get current() {
      const mounted = isMounted()
      const [handle, wanted] = [mounted ? session() : session().initial, toValue(id)]
      // A session that nothing has used yet is its own beginning, and is to be followed from now on.
      if (known?.session !== handle || known.id !== wanted || known.mounted !== mounted) {
        const joined = join(handle, wanted)
        known = { session: handle, id: wanted, mounted, read: mounted ? followed(joined) : joined[1] }
      }
      return known.read()
    },
  }
}
