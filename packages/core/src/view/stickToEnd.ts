import { isAboveList } from './aboveList.ts'

/** Keeps the end of a conversation in view; see `createStickToEnd`. */
export interface StickToEnd {
  /** Whether the end is in view, or will be kept there. */
  readonly getSnapshot: () => boolean
  readonly subscribe: (listener: () => void) => () => void
  /** The element that scrolls, or `null` when it is gone. */
  readonly scroller: (element: Element | null) => void
  /** Scrolls to the end and stays there. */
  readonly scrollToEnd: () => void
}

/** A downward scroll that comes this close to the end, in CSS pixels, counts as reaching it. */
const NEAR = 40

/** Changes of content that may move the end. */
const CHANGES: MutationObserverInit = {
  subtree: true,
  childList: true,
  characterData: true,
  attributeFilter: ['class', 'hidden', 'open', 'style'],
}

/**
 * Stays at the end of an element while its content grows, until a person scrolls up. Then keeps the visible content in
 * place while rows above it grow, heal or are inserted, until a person scrolls down to the end.
 */
export function createStickToEnd(): StickToEnd {
  const listeners = new Set<() => void>()
  let isAtEnd = true
  let stop = (): void => {}
  let toEnd = (): void => {}
  let shown: Element | null = null

  function set(next: boolean): void {
    if (next === isAtEnd) return
    isAtEnd = next
    for (const listener of listeners) listener()
  }

  return {
    getSnapshot: () => isAtEnd,
    subscribe(listener) {
      const own = (): void => listener()
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    scroller(element) {
      if (element === shown) return
      shown = element
      stop()
      stop = () => {}
      toEnd = () => {}
      if (element) [stop, toEnd] = keepEnd(element, () => isAtEnd, set)
    },
    scrollToEnd() {
      set(true)
      toEnd()
    },
  }
}

function keepEnd(
  scroller: Element,
  isStuck: () => boolean,
  set: (isAtEnd: boolean) => void,
): [stop: () => void, toEnd: () => void] {
  let top = scroller.scrollTop
  let anchor: Anchor | undefined
  const toEnd = (): void => {
    scroller.scrollTop = scroller.scrollHeight
    top = scroller.scrollTop
  }
  const onScroll = (): void => {
    const rest = scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop
    // Growing content moves the end away by itself, so only an upward movement is a person's.
    if (scroller.scrollTop < top && rest > 1) set(false)
    else if (rest <= NEAR && scroller.scrollTop > top) set(true)
    top = scroller.scrollTop
    anchor = isStuck() ? undefined : anchorIn(scroller)
  }
  /** Called after each change, and between layout and paint: no movement is visible. */
  const keep = (): void => {
    if (isStuck()) toEnd()
    else if (anchor?.element.isConnected) {
      const moved = topOf(anchor.element, scroller) - anchor.top
      if (Math.abs(moved) >= 1) scroller.scrollTop += moved
      top = scroller.scrollTop
    }
    anchor = isStuck() ? undefined : anchorIn(scroller)
  }
  const resized = new ResizeObserver(keep)
  const observe = (): void => {
    for (const child of scroller.children) resized.observe(child)
  }
  // Browsers count what a ResizeObserver scrolls back as a layout shift. What follows a change at once is none.
  const changed = new MutationObserver((records) => {
    if (records.some(({ target }) => target === scroller)) observe()
    keep()
  })
  scroller.addEventListener('scroll', onScroll, { passive: true })
  resized.observe(scroller)
  changed.observe(scroller, CHANGES)
  observe()
  if (isStuck()) toEnd()
  const stop = (): void => {
    scroller.removeEventListener('scroll', onScroll)
    resized.disconnect()
    changed.disconnect()
  }
  return [stop, toEnd]
}

/** The first visible element and its position. */
interface Anchor {
  readonly element: Element
  readonly top: number
}

function anchorIn(scroller: Element): Anchor | undefined {
  const element = firstVisible(scroller, scroller.getBoundingClientRect().top, scroller)
  return element && { element, top: topOf(element, scroller) }
}

const topOf = (element: Element, scroller: Element): number =>
  element.getBoundingClientRect().top - scroller.getBoundingClientRect().top

/** The innermost element that starts on screen, or else reaches into it; elements that do not scroll with the list are skipped. */
function firstVisible(parent: Element, edge: number, scroller: Element): Element | undefined {
  for (const child of parent.children) {
    const { height, top, bottom } = child.getBoundingClientRect()
    if (!height || bottom <= edge || isAboveList(child, scroller)) continue
    if (/sticky|fixed/.test(getComputedStyle(child).position)) continue
    if (top >= edge) return child
    const within = firstVisible(child, edge, scroller)
    const next = child.nextElementSibling
    // Content that begins above the edge may grow there and move the rest.
    return within ?? (next && next.getBoundingClientRect().height ? next : child)
  }
  return undefined
}
