import type { InspectorElement } from '@rejoin/inspector'
import { h } from '../dom.ts'
import type { Connection } from '../connect.ts'
import { watchPublishes } from './publishes.ts'

interface Shown {
  conversation: string
  connection: Connection
}

/** The SDK's inspector, with what the embedded server knows of the agent's publishes. Loaded when it is first seen. */
export class Timeline {
  readonly element = h('div', { class: 'picture' })
  /** Whether there is a server of our own to ask. */
  readonly #embedded: boolean
  #inspector: Promise<InspectorElement> | undefined
  #shown: Shown | undefined
  #stop = () => {}

  constructor(embedded: boolean) {
    this.#embedded = embedded
    const seen = new IntersectionObserver(([entry]) => {
      if (!entry?.isIntersecting) return
      seen.disconnect()
      this.#inspector = this.#load()
      this.#watch()
    })
    seen.observe(this.element)
  }

  show(shown: Shown | undefined): void {
    this.#stop()
    this.#stop = () => {}
    this.#shown = shown
    this.#watch()
  }

  async #load(): Promise<InspectorElement> {
    const { defineInspector } = await import('@rejoin/inspector')
    defineInspector()
    const inspector = document.createElement('rejoin-inspector')
    inspector.setAttribute('compact', '')
    this.element.append(inspector)
    return inspector
  }

  #watch(): void {
    const shown = this.#shown
    this.#inspector?.then(
      (inspector) => {
        if (shown !== this.#shown) return
        inspector.session = shown?.connection.session
        this.#stop()
        if (shown && this.#embedded)
          this.#stop = watchPublishes(shown.conversation, (publish) => inspector.publish(publish))
      },
      // Without it, the rest of the panel works.
      () => {},
    )
  }
}
