const near = 80

/** Keeps the end of a conversation in view while it grows, until somebody scrolls up to read. */
export class Scroll {
  readonly #scroller: HTMLElement
  readonly #onAtEnd: (atEnd: boolean) => void
  readonly #grown: ResizeObserver
  #stuck = true
  #top = 0
  #atEnd = true

  constructor(scroller: HTMLElement, onAtEnd: (atEnd: boolean) => void) {
    this.#scroller = scroller
    this.#onAtEnd = onAtEnd
    this.#grown = new ResizeObserver(() => {
      if (this.#stuck) scroller.scrollTop = scroller.scrollHeight
    })
    scroller.addEventListener('scroll', this.#onScroll, { passive: true })
    this.#grown.observe(scroller)
    for (const child of scroller.children) this.#grown.observe(child)
  }

  toEnd(): void {
    this.#stuck = true
    this.#scroller.scrollTop = this.#scroller.scrollHeight
    this.#tell(true)
  }

  /** Calls `change`, which adds something above, and leaves what is read where it is. */
  keepPlace(change: () => void): void {
    const before = this.#scroller.scrollHeight - this.#scroller.scrollTop
    change()
    if (!this.#stuck) this.#scroller.scrollTop = this.#scroller.scrollHeight - before
  }

  close(): void {
    this.#scroller.removeEventListener('scroll', this.#onScroll)
    this.#grown.disconnect()
  }

  readonly #onScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller
    const end = scrollHeight - scrollTop - clientHeight < near
    // Text that grows moves the end away by itself: only a movement upwards is a person's.
    if (end) this.#stuck = true
    else if (scrollTop < this.#top) this.#stuck = false
    this.#top = scrollTop
    this.#tell(end || this.#stuck)
  }

  #tell(atEnd: boolean): void {
    if (atEnd === this.#atEnd) return
    this.#atEnd = atEnd
    this.#onAtEnd(atEnd)
  }
}

/** Loads what came before whenever the top comes into view. */
export function watchTop(top: Element, root: Element, load: () => Promise<void>): () => void {
  let loading = false
  let visible = false
  let closed = false
  async function go() {
    if (loading || !visible || closed) return
    loading = true
    try {
      await load()
    } catch {
      // The session says what went wrong; scrolling again tries again.
      visible = false
    }
    loading = false
    // A short page leaves the top in view: once it has been drawn, look again.
    requestAnimationFrame(() => requestAnimationFrame(() => void go()))
  }
  const observer = new IntersectionObserver(
    (entries) => {
      visible = entries.at(-1)!.isIntersecting
      void go()
    },
    { root, rootMargin: '400px 0px 0px' },
  )
  observer.observe(top)
  return () => {
    closed = true
    observer.disconnect()
  }
}
