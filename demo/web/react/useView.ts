import { useCallback, useLayoutEffect, useRef, type RefCallback } from 'react'
import type { View } from '../common/view.ts'

type Made<T> = { dispose(): void } & Partial<Pick<View<T>, 'update'>>

/** Shows a value in an element: React owns the element, and the view owns its content. Only the first `make` counts. */
export function useView<T>(make: (element: HTMLElement) => Made<T>, value?: T): RefCallback<HTMLElement> {
  const element = useRef<HTMLElement>(null)
  const view = useRef<Made<T>>(undefined)
  const made = useRef(make)
  useLayoutEffect(() => {
    const created = made.current(element.current!)
    view.current = created
    return () => created.dispose()
  }, [])
  useLayoutEffect(() => {
    if (value !== undefined) view.current!.update?.(value)
  })
  return useCallback((node: HTMLElement | null) => void (element.current = node), [])
}
