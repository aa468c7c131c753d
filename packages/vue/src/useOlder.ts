import { nextTick, shallowReadonly, shallowRef, watchEffect } from 'vue'
import type { ShallowRef } from 'vue'
import { useHandle } from './provider.ts'
import { keepPlace, onNear } from './scroll.ts'
import { useSnapshot } from './useSnapshot.ts'

export interface Older {
  /** There is more to load. */
  readonly hasOlder: Readonly<ShallowRef<boolean>>
  /** This composable is loading. */
  readonly loading: Readonly<ShallowRef<boolean>>
  /** Why it could not. It is not tried again by itself, until `loadOlder()` has succeeded. */
  readonly error: Readonly<ShallowRef<Error | undefined>>
  /** Loads what came before; never rejects. What is on screen stays in its place. */
  readonly loadOlder: () => Promise<void>
  /**
   * `:ref` of an element above the list, of a height that does not change: whenever it comes within one screen of
   * being seen, more is loaded.
   */
  readonly sentinel: (element: unknown) => void
}

/** Infinite scroll up: `<div :ref="sentinel" />` above the list. */
export function useOlder(): Older {
  const handle = useHandle()
  const hasOlder = useSnapshot((state) => state.hasOlder)
  const element = shallowRef<Element | null>(null)
  const loading = shallowRef(false)
  const error = shallowRef<Error>()
  async function loadOlder(): Promise<void> {
    const session = handle()
    let restore = () => {}
    // Told before Vue has changed the page.
    const unsubscribe = session.subscribe(() => {
      if (element.value) restore = keepPlace(element.value)
    })
    loading.value = true
    error.value = undefined
    try {
      await session.loadOlder()
    } catch (cause) {
      error.value = cause as Error
    }
    unsubscribe()
    loading.value = false
    await nextTick()
    restore()
  }
  watchEffect(
    (onCleanup) => {
      if (element.value && hasOlder.value && !loading.value && !error.value)
        onCleanup(onNear(element.value, () => void loadOlder()))
    },
    { flush: 'post' },
  )
  return {
    hasOlder,
    loading: shallowReadonly(loading),
    error: shallowReadonly(error),
    loadOlder,
    sentinel: (found) => void (element.value = found as Element | null),
  }
}
