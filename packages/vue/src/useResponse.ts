import type { ResponseState, Session } from '@rejoin/core'
import type { MaybeRefOrGetter, ShallowRef } from 'vue'
import { useJoin } from './join.ts'
import type { Join } from './join.ts'

const newestOf = (session: Session) =>
  session.getSnapshot().messages.findLast((m) => m.role === 'assistant')?.id
/** Of a row that shows a response of its own. */
const followsNone: Join<undefined> = [() => () => {}, () => undefined]

/**
 * One response; `undefined` until any of it is known. Changes at most once per frame,
 * and only with this response. Without an id: the newest response of the conversation.
 *
 * With a `selector`, changes only when its result does: `useResponse(id, (r) => r.status)`. It is called with a
 * response, never with `undefined`.
 */
export function useResponse<S = ResponseState>(
  id?: MaybeRefOrGetter<string | undefined>,
  selector?: (response: ResponseState) => S,
): Readonly<ShallowRef<S | undefined>> {
  const newest = useJoin(
    (session, wanted) => (wanted === undefined ? [session.subscribe, () => newestOf(session)] : followsNone),
    id,
  )
  return useJoin<S | undefined>(
    // No response has the id ''.
    (session, wanted = newest.value ?? '') => [
      (listener) => session.subscribeResponse(wanted, listener),
      () => {
        const response = session.getResponse(wanted)
        return response && selector ? selector(response) : (response as S | undefined)
      },
    ],
    id,
  )
}
