import { onBeforeUnmount, onMounted, watch, type WatchSource } from 'vue'
import type { View } from '../common/view.ts'

type Made<T> = { dispose(): void } & Partial<Pick<View<T>, 'update'>>

/** Shows a value in an element: Vue owns the element, and the view owns its content. Returns the element's `ref`. */
export function useView<T>(make: (element: HTMLElement) => Made<T>, value?: WatchSource<T | undefined>) {
  let element: HTMLElement | undefined
  let view: Made<T> | undefined
  let latest: T | undefined
  const show = () => void (latest !== undefined && view?.update?.(latest))
  if (value)
    watch(
      value,
      (now) => {
        latest = now
        show()
      },
      { immediate: true, flush: 'post' },
    )
  onMounted(() => {
    view = make(element!)
    show()
  })
  onBeforeUnmount(() => view?.dispose())
  return (node: unknown) => void (element = (node as HTMLElement | null) ?? element)
}
