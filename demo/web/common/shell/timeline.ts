import { h, svg } from '../dom.ts'
import type { Happenings, Span } from '../happenings.ts'
import { watchPublishes, type Publish, type Publishes } from './publishes.ts'

const width = 310
const height = 102
const left = 4
/** What the picture shows at once, in milliseconds. */
const shownTime = 30_000
const rows = { publishes: 34, gaps: 66, connection: 94 }

/**
 * The stream as a picture: each publish and its fate, each gap from opening to healing, and when the connection
 * was away. It moves while something happens, and stands still when nothing does.
 */
export class Timeline {
  readonly element: HTMLElement
  readonly #happenings: Happenings
  readonly #svg = svg('svg', {
    viewBox: `0 0 ${width} ${height}`,
    role: 'img',
    'aria-label': 'Timeline of the stream',
  })
  readonly #caption = h('figcaption', {})
  readonly #stops: (() => void)[]
  #publishes: Publishes = { recent: new Map(), total: 0, refused: 0 }
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
    this.#timer ??= setTimeout(() => this.#draw(), 200)
  }

  #draw(): void {
    this.#timer = undefined
    const now = Date.now()
    const { gaps, away } = this.#happenings.get()
    const open = [...gaps, ...away].some(({ to }) => to === undefined)
    // What moved out of the picture needs a last few frames to leave.
    if (open || now - this.#changedAt < shownTime) this.#timer = setTimeout(() => this.#draw(), 200)
    const x = (at: number) => left + ((at - (now - shownTime)) / shownTime) * (width - left - 4)
    this.#svg.replaceChildren(
      label('Messages of the agent', rows.publishes - 20),
      rule(rows.publishes),
      ...ticksOf(this.#publishes.recent.values(), now - shownTime).map((publishes) =>
        tick(publishes, x(publishes.at)),
      ),
      label('Gaps in what you see', rows.gaps - 12),
      rule(rows.gaps),
      ...gaps.filter(visible(now)).map((span) => bar(span, x, now, rows.gaps, 'gap')),
      label('Your connection', rows.connection - 10),
      rule(rows.connection),
      ...away.filter(visible(now)).map((span) => bar(span, x, now, rows.connection, 'away')),
    )
    this.#describe()
  }

  #describe(): void {
    const { total, refused } = this.#publishes
    const { gaps } = this.#happenings.get()
    const healed = gaps.filter(({ to }) => to !== undefined).length
    this.#caption.textContent =
      total === 0 && gaps.length === 0
        ? 'The last 30 seconds. Nothing yet.'
        : `The last 30 seconds. In all: ${count(total, 'message', 'messages')}, ${refused} refused; ${count(gaps.length, 'gap', 'gaps')}, ${healed} filled.`
  }
}

const visible =
  (now: number) =>
  ({ to }: Span) =>
    (to ?? now) > now - shownTime

/** Publishes that would stand on one another: one tick for all of them of one fate. */
interface Tick {
  at: number
  fate: Publish['fate']
  count: number
  characters: number
}

/** So wide is a tick, in time. A model's tokens come faster than a picture of this size could show them. */
const tickTime = 250

function ticksOf(publishes: Iterable<Publish>, since: number): Tick[] {
  const ticks = new Map<string, Tick>()
  for (const { at, fate, characters } of publishes) {
    if (at < since) continue
    const slot = Math.floor(at / tickTime)
    const key = `${slot} ${fate}`
    const tick = ticks.get(key)
    if (tick) {
      tick.count++
      tick.characters += characters
    } else ticks.set(key, { at: slot * tickTime, fate, count: 1, characters })
  }
  return [...ticks.values()]
}

function tick({ fate, count: number, characters }: Tick, x: number): SVGElement {
  const title = svg('title', {}, `${count(number, 'message', 'messages')}, ${characters} characters: ${fate}`)
  if (fate === 'refused') {
    const [l, r, t, b] = [x - 3, x + 3, rows.publishes - 9, rows.publishes - 3]
    return svg(
      'path',
      { class: 'tick refused', 'data-fate': fate, d: `M${l} ${t}L${r} ${b}M${r} ${t}L${l} ${b}` },
      title,
    )
  }
  const tall = Math.min(16, 4 + Math.sqrt(characters))
  const place = { x: x.toFixed(1), y: rows.publishes - tall, width: 2, height: tall, rx: 1 }
  return svg('rect', { class: `tick ${fate}`, 'data-fate': fate, ...place }, title)
}

function bar(span: Span, x: (at: number) => number, now: number, y: number, kind: string): SVGElement {
  const from = Math.max(left, x(span.from))
  const length = Math.max(4, x(span.to ?? now) - from)
  return svg(
    'rect',
    {
      class: `bar ${kind} ${span.to === undefined ? 'open' : 'closed'}`,
      'data-span': kind,
      x: from.toFixed(1),
      y: y - 4,
      width: length.toFixed(1),
      height: 8,
      rx: 4,
    },
    svg(
      'title',
      {},
      span.to === undefined
        ? span.label
        : `${span.label}, for ${((span.to - span.from) / 1000).toFixed(1)} s`,
    ),
  )
}

const count = (number: number, one: string, many: string) => `${number} ${number === 1 ? one : many}`
const rule = (y: number) => svg('line', { class: 'rule', x1: left, x2: width - 4, y1: y, y2: y })
const label = (text: string, y: number) => svg('text', { x: left, y }, text)
