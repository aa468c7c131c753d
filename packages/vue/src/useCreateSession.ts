import { createSession } from '@rejoin/core'
import type { Row, Session } from '@rejoin/core'
import { onMounted, shallowReadonly, shallowRef, toValue, watch } from 'vue'
import type { MaybeRefOrGetter, ShallowRef } from 'vue'

/**
 * A session that lives as long as the component shows `key`: `undefined` on a server and before its creation, closed
 * when the component leaves or `key` changes. `create` is called when the component is mounted, once per `key`.
 *
 * With `initialRows`, a session without a client shows them on a server and until then: pass them to `createSession`,
 * too.
 */
export function useCreateSession<S extends Pick<Session, 'close'>>(
  key: MaybeRefOrGetter<string>,
  create: (key: string) => S,
  initialRows: MaybeRefOrGetter<readonly Row[]>,
): Readonly<ShallowRef<S | Session>>
export function useCreateSession<S extends Pick<Session, 'close'>>(
  key: MaybeRefOrGetter<string>,
  create: (key: string) => S,
): Readonly<ShallowRef<S | undefined>>
export function useCreateSession<S extends Pick<Session, 'close'>>(
  key: MaybeRefOrGetter<string>,
  create: (key: string) => S,
  initialRows?: MaybeRefOrGetter<readonly Row[]>,
): Readonly<ShallowRef<S | Session | undefined>> {
  const session = shallowRef<S | Session | undefined>(
    initialRows && createSession({ channelName: toValue(key), initialRows: toValue(initialRows) }),
  )
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
