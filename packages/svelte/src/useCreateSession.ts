import { createSession } from '@rejoin/core'
import type { Row, Session } from '@rejoin/core'
import { createSubscriber } from 'svelte/reactivity'
import type { Current } from './join.ts'
import { toValue } from './provider.ts'
import type { MaybeGetter } from './provider.ts'

/**
 * A session that lives as long as markup or an effect reads it for `key`: `undefined` on a server, closed when the
 * component leaves or `key` changes. `create` is called once per `key`.
 *
 * With `initialRows`, a session without a client shows them on a server and until then: pass them to `createSession`,
 * too.
 */
export function useCreateSession<S extends Pick<Session, 'close'>>(
  key: MaybeGetter<string>,
  create: (key: string) => S,
  initialRows: MaybeGetter<readonly Row[]>,
): Current<S | Session>
export function useCreateSession<S extends Pick<Session, 'close'>>(
  key: MaybeGetter<string>,
  create: (key: string) => S,
): Current<S | undefined>
export function useCreateSession<S extends Pick<Session, 'close'>>(
  key: MaybeGetter<string>,
  create: (key: string) => S,
  initialRows?: MaybeGetter<readonly Row[]>,
): Current<S | Session | undefined> {
  let known: { key: string; follow: () => void; session: S | Session | undefined } | undefined
  function made(current: string) {
    const first = initialRows && createSession({ channelName: current, initialRows: toValue(initialRows) })
    const entry = {
      key: current,
      session: first as S | Session | undefined,
      follow: createSubscriber(() => {
        const session = (entry.session = create(current))
        return () => {
          entry.session = first
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
