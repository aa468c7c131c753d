import { getMessage, subscribeMessage } from '@rejoin/core'
import type { Message } from '@rejoin/core'
import type { MaybeRefOrGetter, ShallowRef } from 'vue'
import { useJoin } from './join.ts'

/**
 * A prompt or a response, with its `role`; `undefined` while it is unknown. Changes at most once per frame, and only
 * with this message.
 */
export function useMessage(id: MaybeRefOrGetter<string>): Readonly<ShallowRef<Message | undefined>> {
  return useJoin<Message | undefined>(
    (session, wanted = '') => [
      (listener) => subscribeMessage(session, wanted, listener),
      () => getMessage(session, wanted),
    ],
    id,
  )
}
