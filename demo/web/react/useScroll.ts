import { useCallback, useEffect, useRef, useState } from 'react'
import { Scroll } from '../common/scroll.ts'

/** Keeps the end in view while text comes, until somebody scrolls up to read. */
export function useScroll() {
  const scroller = useRef<HTMLDivElement>(null)
  const scroll = useRef<Scroll>(undefined)
  const [atEnd, setAtEnd] = useState(true)
  useEffect(() => {
    const created = new Scroll(scroller.current!, setAtEnd)
    scroll.current = created
    return () => created.close()
  }, [])
  return { scroller, atEnd, toEnd: useCallback(() => scroll.current?.toEnd(), []) }
}
