import type { Session } from '@rejoin/core'
import { computed, getCurrentInstance, onMounted, shallowReadonly, shallowRef, toValue, watch } from 'vue'
import type { MaybeRefOrGetter, ShallowRef } from 'vue'
import { useHandle } from './provider.ts'

/** How to follow a value, and how to read it. */
export type Join<V> = [subscribe: (listener: () => void) => () => void, get: () => V]

/**
 * Follows the result of `join`, and joins again when the session, `id`, or anything else that `join` reads changes,
 * until the scope is disposed. Servers render what the session began with, and hydration starts with it, so that both
 * agree whatever the browser's session already knows.
 */
export function useJoin<V>(
  join: (session: Session, id: string | undefined) => Join<V>,
  id?: MaybeRefOrGetter<string | undefined>,
): Readonly<ShallowRef<V>> {
  const handle = useHandle()
  // A component that hydrates a server's elements has an element before its setup.
  const hydrates = Boolean(getCurrentInstance()?.vnode.el)
  const first = hydrates || typeof window === 'undefined'
  const value = shallowRef((first ? join(handle().initial, toValue(id))[1]() : undefined) as V)
  const start = () =>
    watch(
      () => join(handle(), toValue(id)),
      ([subscribe, get], _, onCleanup) => {
        const update = () => void (value.value = get())
        onCleanup(subscribe(update))
        update()
      },
      { immediate: true, flush: 'sync' },
    )
  if (hydrates) onMounted(start)
  else if (!first) start()
  return shallowReadonly(value)
}

/** Each field as a ref of its own. */
export type Refs<T> = { readonly [K in keyof T]: Readonly<ShallowRef<T[K]>> }

/** As `useJoin`, for an object like `example`: each field changes by itself. */
export function useFields<T extends object>(join: (session: Session) => Join<T>, example: T): Refs<T> {
  const state = useJoin(join)
  const fields: Partial<Refs<T>> = {}
  for (const key in example) fields[key] = computed(() => state.value[key])
  return fields as Refs<T>
}
