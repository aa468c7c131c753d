import type { Session } from '@rejoin/core'
import { createSubscriber } from 'svelte/reactivity'
import type { Current } from './join.ts'
import { toValue } from './provider.ts'
import type { MaybeGetter } from './provider.ts'

/**
 * A session that lives as long as markup or an effect reads it for `key`: `undefined` on a server, closed when the
 * component leaves or `key` changes. `create` is called once per `key`.
 */
export function useCreateSession<S extends Pick<Session, 'close'>>(
  key: MaybeGetter<string>,
  create: (key: string) => S,
): Current<S | undefined> {
  let known: { key: string; follow: () => void; session: S | undefined } | undefined
  function made(current: string) {
    const entry = {
      key: current,
      session: undefined as S | undefined,
      follow: createSubscriber(() => {
        const session = (entry.session = create(current))
        return () => {
          entry.session = undefined
          session.close()
        }
      }),
    }
    return entry
  }
  return {
    get current() {
      const wanted = toValue(key)
      if (known?.key !== wanted) known = made(wanted)
      known.follow()
      return known.session
    },
  }
}
