import type { Publish } from './record/timeline.ts'
import { Timeline } from './record/timeline.ts'
import { Panel } from './view/panel.ts'
import { style } from './view/style.ts'
import type { Inspectable } from './watch/inspectable.ts'
import { watch } from './watch/watch.ts'

/**
 * `<rejoin-inspector>`: the timeline of a session, for development. With the attribute `compact` from the beginning, it
 * shows the picture and the newest events, and has no controls.
 */
export interface InspectorElement extends HTMLElement {
  /** The session or reader to watch. */
  session: Inspectable | undefined
  /** Draws a line through the timeline: something was done now. `text` says what, in a few words. */
  mark(text: string): void
  /**
   * Shows a publish that the channel does not tell of: those of an agent, refused ones above all. Call it again with the
   * same `id` when the outcome is known.
   */
  publish(publish: Publish): void
}

declare global {
  interface HTMLElementTagNameMap {
    'rejoin-inspector': InspectorElement
  }
}

const TAG = 'rejoin-inspector'

/** Makes `<rejoin-inspector>` known to the page. More than once does no harm; on a server it does nothing. */
export function defineInspector(): void {
  if (typeof customElements === 'undefined' || customElements.get(TAG)) return
  customElements.define(TAG, makeElement())
}

/**
 * Shows an inspector for a session or reader, and returns its element; `remove()` ends it. Without `parent` it is docked
 * to the corner of the page, folded, and there is one of it: the next call gives it another session.
 */
export function inspect(session: Inspectable, parent?: Element): InspectorElement {
  defineInspector()
  const docked = parent ? null : document.querySelector<InspectorElement>(`body > ${TAG}[docked]`)
  const element = docked ?? document.createElement(TAG)
  element.session = session
  if (docked) return docked
  if (!parent) element.setAttribute('docked', '')
  ;(parent ?? document.body).append(element)
  return element
}

/** In a function, because a server has no `HTMLElement`. */
function makeElement(): CustomElementConstructor {
  return class extends HTMLElement implements InspectorElement {
    readonly #timeline = new Timeline(() => this.#panel?.changed())
    #panel: Panel | undefined
    #session: Inspectable | undefined
    #stop: (() => void) | undefined

    get session(): Inspectable | undefined {
      return this.#session
    }

    set session(session) {
      if (session === this.#session) return
      const had = this.#session !== undefined
      this.#unwatch()
      this.#session = session
      if (had && session) this.mark('Another session')
      this.#watch()
    }

    mark(text: string): void {
      this.#timeline.mark(text)
    }

    publish(publish: Publish): void {
      this.#timeline.publish(publish)
    }

    connectedCallback(): void {
      this.#takeEarly()
      this.#panel ??= this.#show()
      this.#panel.changed()
      this.#watch()
    }

    disconnectedCallback(): void {
      this.#unwatch()
      this.#panel?.stop()
    }

    #show(): Panel {
      const panel = new Panel(this.#timeline, {
        open: !this.hasAttribute('docked'),
        rows: this.hasAttribute('compact') ? 'events' : 'all',
      })
      const root = this.attachShadow({ mode: 'open' })
      // A sheet of its own, not a <style>: pages with a strict Content-Security-Policy refuse those.
      const sheet = new CSSStyleSheet()
      sheet.replaceSync(style)
      root.adoptedStyleSheets = [sheet]
      root.append(panel.element)
      return panel
    }

    /** A framework may have set the property before the element was defined. */
    #takeEarly(): void {
      const early = Object.getOwnPropertyDescriptor(this, 'session')
      if (!early) return
      delete (this as { session?: Inspectable | undefined }).session
      this.session = early.value as Inspectable | undefined
    }

    #watch(): void {
      const session = this.#session
      if (!session || !this.isConnected || this.#stop) return
      const stopWatching = watch(session, this.#timeline)
      const showStatus = () => {
        if (this.#panel) this.#panel.status = session.getSnapshot().status
      }
      showStatus()
      const unsubscribe = session.subscribe(showStatus)
      this.#stop = () => {
        unsubscribe()
        stopWatching()
      }
    }

    #unwatch(): void {
      this.#stop?.()
      this.#stop = undefined
    }
  }
}
