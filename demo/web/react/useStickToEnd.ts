import { useCallback, useEffect, useRef, useState } from 'react'

const near = 80

/** Keeps the end in view while text grows, until somebody scrolls up to read. */
export function useStickToEnd() {
  const scroller = useRef<HTMLDivElement>(null)
  const stuck = useRef(true)
  const [atEnd, setAtEnd] = useState(true)

  const toEnd = useCallback(() => {
    stuck.current = true
    setAtEnd(true)
    const element = scroller.current
    element?.scrollTo({ top: element.scrollHeight })
  }, [])

  useEffect(() => {
    const element = scroller.current!
    let top = element.scrollTop
    const onScroll = () => {
      const end = element.scrollHeight - element.scrollTop - element.clientHeight < near
      // Text that grows moves the end away by itself: only a movement upwards is a person's.
      if (end) stuck.current = true
      else if (element.scrollTop < top) stuck.current = false
      top = element.scrollTop
      setAtEnd(end || stuck.current)
    }
    const grown = new ResizeObserver(() => {
      if (stuck.current) element.scrollTop = element.scrollHeight
    })
    element.addEventListener('scroll', onScroll, { passive: true })
    grown.observe(element)
    for (const child of element.children) grown.observe(child)
    return () => {
      element.removeEventListener('scroll', onScroll)
      grown.disconnect()
    }
  }, [])

  return { scroller, atEnd, toEnd }
}
