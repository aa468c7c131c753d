import { h, svg } from '../dom.ts'
import type { Happenings, Span } from '../happenings.ts'
import { watchPublishes, type Publish } from './publishes.ts'

const width = 310
const height = 102
const left = 4
/** What the picture shows at once, in milliseconds. */
const shownTime = 30_000
const rows = { publishes: 34, gaps: 66, connection: 94 }

/**
 * The stream as a picture: each publish and its fate, each hole from opening to healing, and when the connection
 * was away. It moves while something happens, and stands still when nothing does.
 */
export class Timeline {
  readonly element: HTMLElement
  readonly #happenings: Happenings
  readonly #svg = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': 'Timeline of the stream' })
  readonly #caption = h('figcaption', {})
  readonly #stops: (() => void)[]
  #publishes: ReadonlyMap<string, Publish> = new Map()
  #timer: ReturnType<typeof setTimeout> | undefined
  #changedAt = 0

  constructor(conversation: string, happenings: Happenings, embedded: boolean) {
    this.#happenings = happenings
    this.element = h('figure', { class: 'timeline' }, this.#svg as unknown as HTMLElement, this.#caption)
    this.#stops = [happenings.subscribe(() => this.#changed())]
    if (embedded)
      this.#stops.push(
        watchPublishes(conversation, (publishes) => {
          this.#publishes = publishes
          this.#changed()
        }),
      )
    this.#draw()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const stop of this.#stops) stop()
  }

  #changed(): void {
    this.#changedAt = Date.now()
    this.#timer ??= setTimeout(() => this.#draw(), 100)
  }

  #draw(): void {
    this.#timer = undefined
    const now = Date.now()
    const { gaps, away } = this.#happenings.get()
    const recent = [...this.#publishes.values()].filter(({ at }) => at > now - shownTime)
    const open = [...gaps, ...away].some(({ to }) => to === undefined)
    // What moved out of the picture needs a last few frames to leave.
    if (open || now - this.#changedAt < shownTime) this.#timer = setTimeout(() => this.#draw(), 200)
    const x = (at: number) => left + ((at - (now - shownTime)) / shownTime) * (width - left - 4)
    this.#svg.replaceChildren(
      label('Publishes of the agent', rows.publishes - 20),
      rule(rows.publishes),
      ...recent.map((publish) => tick(publish, x(publish.at))),
      label('Holes in what you see', rows.gaps - 12),
      rule(rows.gaps),
      ...gaps.filter(visible(now)).map((span) => bar(span, x, now, rows.gaps, 'hole')),
      label('Your connection', rows.connection - 10),
      rule(rows.connection),
      ...away.filter(visible(now)).map((span) => bar(span, x, now, rows.connection, 'away')),
    )
    this.#describe()
  }

  #describe(): void {
    const all = [...this.#publishes.values()]
    const refused = all.filter(({ fate }) => fate === 'refused').length
    const { gaps } = this.#happenings.get()
    const healed = gaps.filter(({ to }) => to !== undefined).length
    this.#caption.textContent =
      all.length === 0 && gaps.length === 0
        ? 'The last 30 seconds. Nothing yet.'
        : `The last 30 seconds. In all: ${count(all.length, 'publish', 'publishes')}, ${refused} refused; ${count(gaps.length, 'hole', 'holes')}, ${healed} filled.`
  }
}

const visible =
  (now: number) =>
  ({ to }: Span) =>
    (to ?? now) > now - shownTime

function tick({ id, at, fate, fateAt, characters, what }: Publish, x: number): SVGElement {
  const tall = Math.min(15, 4 + Math.sqrt(characters))
  const title = svg('title', {}, `${what}, ${characters} characters: ${fate}${fateAt ? ` after ${fateAt - at} ms` : ''}`)
  const line = { x: x.toFixed(1), y: rows.publishes - tall, width: 2, height: tall, rx: 1 }
  if (fate !== 'refused') return svg('rect', { class: `tick ${fate}`, 'data-publish': id, 'data-fate': fate, ...line }, title)
  const [l, r, t, b] = [x - 3, x + 3, rows.publishes - 9, rows.publishes - 3]
  return svg('path', { class: 'tick refused', 'data-publish': id, 'data-fate': fate, d: `M${l} ${t}L${r} ${b}M${r} ${t}L${l} ${b}` }, title)
}

function bar(span: Span, x: (at: number) => number, now: number, y: number, kind: string): SVGElement {
  const from = Math.max(left, x(span.from))
  const length = Math.max(4, x(span.to ?? now) - from)
  return svg(
    'rect',
    { class: `bar ${kind} ${span.to === undefined ? 'open' : 'closed'}`, 'data-span': kind, x: from.toFixed(1), y: y - 4, width: length.toFixed(1), height: 8, rx: 4 },
    svg('title', {}, span.to === undefined ? span.label : `${span.label}, for ${((span.to - span.from) / 1000).toFixed(1)} s`),
  )
}

const count = (number: number, one: string, many: string) => `${number} ${number === 1 ? one : many}`
const rule = (y: number) => svg('line', { class: 'rule', x1: left, x2: width - 4, y1: y, y2: y })
const label = (text: string, y: number) => svg('text', { x: left, y }, text)
