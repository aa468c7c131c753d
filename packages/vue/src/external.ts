import { getCurrentScope, onScopeDispose, readonly, shallowRef, toValue, watch } from 'vue'
import type { MaybeRefOrGetter, ShallowRef } from 'vue'

/** Joins a getter and a subscription: what every composable here is. `key` may change; no work on a server. */
export function useExternal<K, V>(
  key: MaybeRefOrGetter<K>,
  subscribe: (key: K, listener: () => void) => () => void,
  get: (key: K) => V,
): Readonly<ShallowRef<V>> {
  const value = shallowRef(get(toValue(key)))
  if (typeof window === 'undefined') return readonly(value) as Readonly<ShallowRef<V>>
  let unsubscribe = () => {}
  const follow = (current: K) => {
    unsubscribe()
    const update = () => (value.value = get(current))
    unsubscribe = subscribe(current, update)
    update()
  }
  watch(() => toValue(key), follow, { immediate: true, flush: 'sync' })
  if (getCurrentScope()) onScopeDispose(() => unsubscribe())
  return readonly(value) as Readonly<ShallowRef<V>>
}
