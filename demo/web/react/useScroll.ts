import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { Scroll, watchTop } from '../shared/scroll.ts'

/** Scrolling as a reader expects it: at the end while text comes, in place while older messages come. */
export function useScroll(loadOlder: (() => Promise<void>) | undefined, first: string | undefined) {
  const scroller = useRef<HTMLDivElement>(null)
  const top = useRef<HTMLDivElement>(null)
  const scroll = useRef<Scroll>(undefined)
  const [atEnd, setAtEnd] = useState(true)
  const height = useRef({ first, fromEnd: 0 })

  useEffect(() => {
    const created = new Scroll(scroller.current!, setAtEnd)
    scroll.current = created
    return () => created.close()
  }, [])

  useEffect(() => {
    if (loadOlder) return watchTop(top.current!, scroller.current!, loadOlder)
  }, [loadOlder])

  // Older messages were put above: what is read stays where it is.
  const element = scroller.current
  if (element) height.current.fromEnd = element.scrollHeight - element.scrollTop
  useLayoutEffect(() => {
    const before = height.current
    const now = scroller.current!
    const prepended = before.first !== undefined && before.first !== first
    if (prepended && now.scrollHeight - now.scrollTop !== before.fromEnd && !atEnd)
      now.scrollTop = now.scrollHeight - before.fromEnd
    height.current = { first, fromEnd: 0 }
  }, [first, atEnd])

  return { scroller, top, atEnd, toEnd: useCallback(() => scroll.current?.toEnd(), []) }
}
