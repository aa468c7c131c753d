import type { Session } from '../session/session.ts'
import type { RejoinError } from '../types/errors.ts'
import { isAboveList, sentinels } from './aboveList.ts'

export interface OlderState {
  /** There is more to load. */
  readonly hasOlder: boolean
  readonly loading: boolean
  /** Why loading failed. It is not retried automatically until a `loadOlder()` succeeds. */
  readonly error: RejoinError | undefined
}

/** The state of `Older` before it has loaded anything, and on a server. */
export const initialOlder: OlderState = Object.freeze({ hasOlder: false, loading: false, error: undefined })

/** Infinite scroll up; see `createOlder`. */
export interface Older {
  /** The same object until it changes. */
  readonly getSnapshot: () => OlderState
  readonly subscribe: (listener: () => void) => () => void
  /** Loads older messages, and keeps the visible ones in place. Never rejects; see `error`. */
  readonly loadOlder: () => Promise<void>
  /** Watches an element above the list; `null` stops watching. */
  readonly sentinel: (element: Element | null) => void
}

/**
 * Loads older messages whenever an element above the list, the sentinel, comes within one screen of the viewport, and
 * keeps the visible messages in place. The list must change when the session notifies, at once or in a microtask, as
 * React and Vue do; the sentinel's height must not change. Does nothing until it has a sentinel.
 */
export function createOlder(session: Pick<Session, 'getSnapshot' | 'subscribe' | 'loadOlder'>): Older {
  const listeners = new Set<() => void>()
  let state = initialOlder
  let watched: Element | null = null
  let unwatch = () => {}
  let observer: IntersectionObserver | undefined

  function getSnapshot(): OlderState {
    const { hasOlder } = session.getSnapshot()
    return state.hasOlder === hasOlder ? state : (state = { ...state, hasOlder })
  }

  /** Observes only while older messages may load. A new observer reports at once whether the sentinel is near. */
  function observe(): void {
    const { hasOlder, loading, error } = getSnapshot()
    const wanted = watched && hasOlder && !loading && !error
    if (wanted && !observer) {
      observer = new IntersectionObserver(
        (entries) => {
          if (entries.some((entry) => entry.isIntersecting)) void loadOlder()
        },
        { root: scrollerOf(watched!), rootMargin: '100% 0px' },
      )
      observer.observe(watched!)
    } else if (!wanted) {
      observer?.disconnect()
      observer = undefined
    }
  }

  function set(change: Partial<OlderState>): void {
    state = { ...state, ...change }
    observe()
    for (const listener of listeners) listener()
  }

  async function loadOlder(): Promise<void> {
    set({ loading: true, error: undefined })
    const error = await session.loadOlder().then(
      () => undefined,
      (cause: RejoinError) => cause,
    )
    set({ loading: false, error })
  }

  /** Called before the page changes, since the framework renders in a later microtask. */
  function onList(): void {
    const restore = keepPlace(watched!)
    queueMicrotask(() => queueMicrotask(restore))
    observe()
  }

  return {
    getSnapshot,
    loadOlder,
    subscribe(listener) {
      const own = () => listener()
      const unsubscribe = session.subscribe(own)
      listeners.add(own)
      return () => {
        unsubscribe()
        listeners.delete(own)
      }
    },
    sentinel(element) {
      if (element === watched) return
      unwatch()
      if (watched) sentinels.delete(watched)
      watched = null
      observe()
      watched = element
      if (element) sentinels.add(element)
      unwatch = element ? session.subscribe(onList) : () => {}
      observe()
    },
  }
}

/** The nearest ancestor that scrolls; `null`: the page itself. */
function scrollerOf({ parentElement: up }: Element): Element | null {
  if (!up || up === document.body) return null
  return /auto|scroll/.test(getComputedStyle(up).overflowY) ? up : scrollerOf(up)
}

/**
 * Remembers the first visible element. The returned function puts it back in place after something was inserted above
 * it, unless the user scrolled. Browsers do this themselves, but not at the very top, and Safari not at all.
 */
function keepPlace(sentinel: Element): () => void {
  const scroller = scrollerOf(sentinel) ?? document.scrollingElement ?? document.body
  const isPage = scroller.contains(document.body)
  const edge = isPage ? 0 : scroller.getBoundingClientRect().top
  const anchor = firstBelow(edge, isPage ? document.body : scroller, scroller)
  const { scrollTop } = scroller
  const before = anchor?.getBoundingClientRect().top ?? 0
  return () => {
    if (anchor?.isConnected && scroller.scrollTop === scrollTop)
      scroller.scrollTop += anchor.getBoundingClientRect().top - before
  }
}

/** The first innermost element that reaches below `edge`, skipping elements that do not scroll with the list. */
function firstBelow(edge: number, parent: Element, scroller: Element): Element | undefined {
  for (const child of parent.children) {
    const { height, bottom } = child.getBoundingClientRect()
    if (!height || bottom <= edge || isAboveList(child, scroller)) continue
    if (/sticky|fixed/.test(getComputedStyle(child).position)) continue
    return firstBelow(edge, child, scroller) ?? child
  }
  return undefined
}
