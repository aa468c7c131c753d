import type { Config, Conversation } from '../api.ts'
import { channelOf, type Connection } from '../connect.ts'
import { h, icon } from '../dom.ts'
import { ProofPane } from '../proof/proofPane.ts'
import { Snippet } from '../proof/snippet.ts'
import type { Step, Tour } from './tour.ts'

/** Below the conversation: the same channel as a plain reader shows it, and what "Break it for me" does. */
export class Dock {
  readonly element = h('section', { class: 'dock', 'aria-label': 'Proof', hidden: true })
  readonly #config: Config
  readonly #steps = h('ol', { class: 'steps', 'aria-live': 'polite' })
  readonly #again = h('button', { type: 'button', class: 'button', hidden: true }, 'Replay')
  #shown: { conversation: Conversation; connection: Connection } | undefined
  #snippet: Snippet | undefined
  #proof: ProofPane | undefined
  #tour: AbortController | undefined
  /** What had the keyboard's focus when it opened. */
  #opener: HTMLElement | undefined

  constructor(config: Config) {
    this.#config = config
    this.#again.addEventListener('click', () => this.breakIt())
  }

  show(shown: { conversation: Conversation; connection: Connection } | undefined): void {
    this.close()
    this.#shown = shown
    this.#snippet?.close()
    // It listens from the beginning, also while hidden: it should be wrong only by its own mistakes, not for being late.
    this.#snippet = shown && new Snippet(shown.connection.client.channels.get(channelOf(shown.conversation)))
  }

  /** Shows the plain reader beside ours, or hides it. Returns whether it shows now. */
  compare(): boolean {
    if (this.#proof) this.close()
    else this.#open()
    return this.#proof !== undefined
  }

  breakIt(): void {
    const proof = this.#open()
    if (!proof || !this.#shown) return
    this.#tour?.abort()
    const tour = new AbortController()
    this.#tour = tour
    this.#again.hidden = true
    const parts = { ...this.#shown, config: this.#config, signal: tour.signal }
    const onChange = (steps: readonly Step[]) => tour.signal.aborted || this.#tell(steps)
    run({ ...parts, onChange, snippetWrong: () => proof.wrong }).then(
      () => {
        this.#again.hidden = tour.signal.aborted
        this.#again.scrollIntoView({ block: 'nearest' })
      },
      () => {},
    )
  }

  close(): void {
    this.#tour?.abort()
    this.#proof?.close()
    this.#proof = undefined
    this.#steps.replaceChildren()
    this.#again.hidden = true
    const had = this.element.contains(document.activeElement)
    this.#show(false)
    if (had) this.#opener?.focus({ preventScroll: true })
  }

  #open(): ProofPane | undefined {
    if (!this.#shown || !this.#snippet || this.#proof) return this.#proof
    this.#proof = new ProofPane(this.#shown.connection, this.#snippet)
    this.#opener = document.activeElement as HTMLElement
    const close = () => this.close()
    this.element.replaceChildren(
      h('button', { type: 'button', class: 'tool', 'aria-label': 'Close', onclick: close }, icon('close')),
      h(
        'div',
        { class: 'tour', tabindex: 0, role: 'group', 'aria-label': 'Steps' },
        this.#steps,
        this.#again,
      ),
      this.#proof.element,
    )
    this.#show(true)
    return this.#proof
  }

  /** Its neighbours make room. A style that looked for it with `:has` would search the conversation at each frame. */
  #show(shown: boolean): void {
    this.element.hidden = !shown
    this.element.parentElement?.toggleAttribute('data-docked', shown)
  }

  #tell(steps: readonly Step[]): void {
    this.#steps.replaceChildren(
      ...steps.map(({ title, told, state }) =>
        h('li', { 'data-state': state }, h('strong', {}, title), told !== undefined && h('span', {}, told)),
      ),
    )
    this.#steps.querySelector('[data-state=running]')?.scrollIntoView({ block: 'nearest' })
  }
}

async function run(parts: ConstructorParameters<typeof Tour>[0]): Promise<void> {
  const { Tour: Loaded } = await import('./tour.ts')
  await new Loaded(parts).run()
}
