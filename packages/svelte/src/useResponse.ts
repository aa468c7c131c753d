import type { ResponseState } from '@rejoin/core'
import { useJoin } from './join.ts'
import type { Current } from './join.ts'
import { toValue } from './provider.ts'
import type { MaybeGetter } from './provider.ts'
import { useSnapshot } from './useSnapshot.ts'

/**
 * One response; `undefined` until any of it is known. Changes at most once per frame, and only with this response.
 * Without an id: the newest response of the conversation.
 *
 * With a `selector`, changes only when its result does: `useResponse(id, (r) => r.status)`. It is called with a
 * response, never with `undefined`.
 */
export function useResponse<S = ResponseState>(
  id?: MaybeGetter<string | undefined>,
  selector?: (response: ResponseState) => S,
): Current<S | undefined> {
  const newest = useSnapshot(({ messages }) => messages.findLast((m) => m.role === 'assistant')?.id)
  return useJoin<S | undefined>(
    (session, wanted = '') => {
      // A selector that creates objects must return the same object for the same response.
      let last: ResponseState | undefined
      let selected: S | undefined
      const get = (): S | undefined => {
        const response = session.getResponse(wanted)
        if (response !== last) selected = response && selector ? selector(response) : (response as S)
        last = response
        return selected
      }
      return [(listener) => session.subscribeResponse(wanted, listener), get]
    },
    () => toValue(id) ?? newest.current,
  )
}
