/** The nearest ancestor that scrolls; `null`: the page itself. */
function scrollerOf({ parentElement: up }: Element): Element | null {
  if (!up || up === document.body) return null
  return /auto|scroll/.test(getComputedStyle(up).overflowY) ? up : scrollerOf(up)
}

/** Calls back when the element comes within one screen of being seen. Returns how to stop. */
export function onNear(element: Element, callback: () => void): () => void {
  const observer = new IntersectionObserver(
    (entries) => {
      if (entries.some((entry) => entry.isIntersecting)) callback()
    },
    { root: scrollerOf(element), rootMargin: '100% 0px' },
  )
  observer.observe(element)
  return () => observer.disconnect()
}

/**
 * Remembers where things stand that follow the sentinel. What is returned puts them back there once more has
 * come in between. Browsers do so themselves, but not at the very top, and Safari not at all.
 */
export function keepPlace(sentinel: Element): () => void {
  const scroller = scrollerOf(sentinel)
  const top = scroller ? scroller.getBoundingClientRect().top : 0
  const walker = document.createTreeWalker(scroller ?? document.body, NodeFilter.SHOW_ELEMENT)
  walker.currentNode = sentinel
  // The first that begins on screen and holds no others: a list would begin where it began before.
  let anchor: Element | undefined
  for (let node = walker.nextNode() as Element | null; node; node = walker.nextNode() as Element | null) {
    if (node.firstElementChild || sentinel.contains(node) || !node.getClientRects().length) continue
    anchor = node
    if (node.getBoundingClientRect().top >= top) break
  }
  const before = anchor?.getBoundingClientRect().top ?? 0
  return () => {
    if (anchor?.isConnected)
      (scroller ?? document.scrollingElement!).scrollTop += anchor.getBoundingClientRect().top - before
  }
}
