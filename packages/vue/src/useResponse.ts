import type { DataTypes, ResponseState, Tools } from '@rejoin/core'
import { computed, toValue } from 'vue'
import type { MaybeRefOrGetter, ShallowRef } from 'vue'
import { useExternal } from './external.ts'
import { useSessionHandle } from './plugin.ts'
import { useMessages } from './useMessages.ts'

/**
 * One response, whole as far as it is known; `undefined` until anything of it is. Changes at most once per
 * frame. Without an id: the newest response of the conversation.
 */
export function useResponse<T extends Tools = Tools, D extends DataTypes = DataTypes>(
  id?: MaybeRefOrGetter<string | undefined>,
): Readonly<ShallowRef<ResponseState<T, D> | undefined>> {
  const session = useSessionHandle()
  const messages = useMessages()
  const wanted = computed(() => toValue(id) ?? messages.value.findLast((m) => m.role === 'assistant')?.id)
  return useExternal(
    wanted,
    (key, listener) => (key === undefined ? () => {} : session.subscribeResponse(key, listener)),
    (key) => (key === undefined ? undefined : session.getResponse(key)) as ResponseState<T, D> | undefined,
  )
}
