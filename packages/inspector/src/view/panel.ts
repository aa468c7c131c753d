import { BEAT } from '../record/beats.ts'
import type { Timeline } from '../record/timeline.ts'
import { h, say } from './dom.ts'
import { Facts } from './facts.ts'
import { List } from './list.ts'
import { Picture } from './picture.ts'

const stretches: readonly [milliseconds: number, name: string][] = [
  [30_000, '30 seconds'],
  [120_000, '2 minutes'],
  [300_000, '5 minutes'],
]

const choices: readonly [value: string, name: string][] = [
  ['all', 'Everything'],
  ['events', 'Without messages'],
  ['trouble', 'Trouble only'],
]

/** How the inspector's page begins. */
interface Beginning {
  open: boolean
  /** Which rows show; see `choices`. */
  rows: 'all' | 'events'
}

/** The inspector's page: painted once a frame at most, and only while something moves. */
export class Panel {
  readonly element: HTMLElement
  readonly #timeline: Timeline
  readonly #picture = new Picture()
  readonly #facts = new Facts()
  readonly #list = new List()
  readonly #status = h('span', { class: 'status' })
  readonly #summary = h('figcaption')
  readonly #fold = h('button', { type: 'button', class: 'fold', 'aria-controls': 'body' }, 'Rejoin inspector')
  readonly #pause = h('button', { type: 'button', 'aria-pressed': 'false' }, 'Pause')
  readonly #body = h('div', { id: 'body', class: 'body' })
  #stretch = stretches[0]![0]
  #paused = false
  #frame: number | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #drawnAt = 0
  #isOpen = false
  #shownStatus = ''

  constructor(timeline: Timeline, { open, rows }: Beginning) {
    this.#timeline = timeline
    const clear = h('button', { type: 'button' }, 'Clear')
    const stretch = select('Time shown', stretches, (value) => {
      this.#stretch = Number(value)
      this.#redraw()
    })
    const choice = select('Rows shown', choices, (value) => {
      this.#list.element.dataset['show'] = value
    })
    this.#list.element.dataset['show'] = rows
    this.#fold.addEventListener('click', () => this.#open(!this.#isOpen))
    this.#pause.addEventListener('click', () => this.#setPaused(!this.#paused))
    clear.addEventListener('click', () => timeline.clear())
    this.#body.append(
      h('div', { class: 'controls' }, this.#pause, clear, stretch, choice),
      this.#facts.element,
      h('figure', {}, this.#picture.element, this.#summary),
      this.#list.element,
    )
    this.element = h(
      'section',
      { 'aria-label': 'Rejoin inspector' },
      h('header', {}, this.#fold, this.#status),
      this.#body,
    )
    this.#open(open)
  }

  set status(status: string) {
    this.#shownStatus = status
    this.changed()
  }

  /** Something changed: paints with the next frame. */
  readonly changed = (): void => {
    this.#frame ??= requestAnimationFrame(() => this.#paint())
  }

  stop(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame)
    clearTimeout(this.#timer)
    this.#frame = this.#timer = undefined
  }

  #open(open: boolean): void {
    this.#isOpen = open
    this.#body.hidden = !open
    this.#fold.setAttribute('aria-expanded', String(open))
    this.#redraw()
  }

  #setPaused(paused: boolean): void {
    this.#paused = paused
    this.#pause.setAttribute('aria-pressed', String(paused))
    this.#redraw()
  }

  #redraw(): void {
    this.#drawnAt = 0
    this.changed()
  }

  #paint(): void {
    this.#frame = undefined
    say(this.#status, this.#shownStatus)
    this.element.dataset['status'] = this.#shownStatus
    if (!this.#isOpen || (this.#paused && this.#drawnAt > 0)) return
    const timeline = this.#timeline
    const now = timeline.now()
    this.#facts.show(timeline)
    this.#list.show(timeline.rows)
    say(this.#summary, timeline.summary)
    // The picture moves once a beat, so a change within a beat can wait.
    if (now - this.#drawnAt >= BEAT) {
      this.#drawnAt = now
      this.#picture.draw(timeline, this.#stretch)
    }
    this.#paintLater(now)
  }

  /** The picture moves until everything has left it, or the last frame has drawn the last beat. */
  #paintLater(now: number): void {
    const { spans, changedAt } = this.#timeline
    const moves = now - changedAt < this.#stretch + 2 * BEAT || spans.all.some(({ to }) => to === undefined)
    if (!moves || this.#paused) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.changed()
    }, BEAT)
  }
}

function select(
  label: string,
  options: readonly (readonly [value: number | string, name: string])[],
  onChange: (value: string) => void,
): HTMLElement {
  const element = h(
    'select',
    { 'aria-label': label },
    ...options.map(([value, name]) => h('option', { value }, name)),
  )
  element.addEventListener('change', () => onChange(element.value))
  return element
}
