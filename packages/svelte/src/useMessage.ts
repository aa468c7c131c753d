import { getMessage, subscribeMessage } from '@rejoin/core'
import type { Message } from '@rejoin/core'
import { useJoin } from './join.ts'
import type { Current } from './join.ts'
import type { MaybeGetter } from './provider.ts'

/**
 * A prompt or a response, with its `role`; `undefined` while it is unknown. Changes at most once per frame, and only
 * with this message.
 */
export function useMessage(id: MaybeGetter<string>): Current<Message | undefined> {
  return useJoin<Message | undefined>(
    (session, wanted = '') => [
      (listener) => subscribeMessage(session, wanted, listener),
      () => getMessage(session, wanted),
    ],
    id,
  )
}
