import type { Session } from '@rejoin/core'
import { onMounted, shallowReadonly, shallowRef, toValue, watch } from 'vue'
import type { MaybeRefOrGetter, ShallowRef } from 'vue'

/**
 * A session that lives as long as the component shows `key`: `undefined` on a server and before its creation, closed
 * when the component leaves or `key` changes. `create` is called when the component is mounted, once per `key`.
 */
export function useCreateSession<S extends Pick<Session, 'close'>>(
  key: MaybeRefOrGetter<string>,
  create: (key: string) => S,
): Readonly<ShallowRef<S | undefined>> {
  const session = shallowRef<S>()
  onMounted(() => {
    watch(
      () => toValue(key),
      (current, _, onCleanup) => {
        const made = (session.value = create(current))
        onCleanup(() => made.close())
      },
      { immediate: true },
    )
  })
  return shallowReadonly(session)
}
