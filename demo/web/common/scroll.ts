const near = 80

/** Keeps the end of a conversation in view while it grows, until the user scrolls up. */
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
