import type { Beat, Fate } from '../record/beats.ts'
import { BEAT } from '../record/beats.ts'
import { count } from '../record/sizeOf.ts'
import type { Span } from '../record/spans.ts'
import type { Timeline } from '../record/timeline.ts'
import { clock, svg } from './dom.ts'

/** Ticks in the whole width: all beats within one tick are drawn as one. */
const TICKS = 120
const HEIGHT = 196
const TALLEST = 18

/** Baselines of the lanes, and the room above each for its name. */
const lanes = {
  messages: { y: 40, name: 'Messages from the channel' },
  publishes: { y: 80, name: 'Publishes' },
  gap: { y: 108, name: 'Gaps in what you see' },
  away: { y: 136, name: 'Connection away' },
  agent: { y: 164, name: 'Agents present' },
} as const

const laneOf: { readonly [F in Fate]: 'messages' | 'publishes' } = {
  arrived: 'messages',
  past: 'messages',
  ignored: 'messages',
  waiting: 'publishes',
  stored: 'publishes',
  refused: 'publishes',
}

const percent = (part: number) => `${(part * 100).toFixed(2)}%`

/** The newest stretch of a timeline as a picture. The older end is left; times are those of the clock. */
export class Picture {
  readonly element = svg('svg', { class: 'picture', height: HEIGHT, role: 'img', 'aria-label': 'Timeline' })

  /** Draws what lies in the last `stretch` milliseconds. */
  draw(timeline: Timeline, stretch: number): void {
    const tickTime = Math.max(BEAT, stretch / TICKS)
    // A picture moves by whole ticks, so that each stays as it is while it moves.
    const to = Math.ceil((timeline.now() + 1) / tickTime) * tickTime
    const from = to - stretch
    const x = (at: number) => Math.min(1, Math.max(0, (at - from) / stretch))
    const visible = ({ to: end }: Span) => (end ?? to) > from
    this.element.replaceChildren(
      ...axis(from, to, stretch, x),
      ...Object.values(lanes).flatMap(({ y, name }) => lane(y, name)),
      ...timeline.beats.since(from, to, tickTime).map((beat) => tick(beat, x(beat.at))),
      ...timeline.spans.all.filter(visible).map((span) => bar(span, x(span.from), x(span.to ?? to))),
      ...timeline.marks.filter(({ at }) => at > from).map(({ at, text }) => mark(text, x(at))),
    )
  }
}

/** Round times, about five of them. */
function axis(from: number, to: number, stretch: number, x: (at: number) => number): SVGElement[] {
  const step = [5_000, 10_000, 30_000, 60_000, 120_000].find((one) => stretch / one <= 6) ?? 300_000
  const drawn: SVGElement[] = []
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    const place = x(at)
    drawn.push(svg('line', { class: 'grid', x1: percent(place), x2: percent(place), y1: 0, y2: HEIGHT - 18 }))
    // A label that the edge would cut is left out.
    if (place > 0.08 && place < 0.92)
      drawn.push(
        svg(
          'text',
          {
            class: `time ${rankOf(at / step, place)}`,
            x: percent(place),
            y: HEIGHT - 4,
            'text-anchor': 'middle',
          },
          clock(at),
        ),
      )
  }
  return drawn
}

/** Which labels to leave out in a narrow picture: every other one, then three of four, and any that an edge cuts. */
function rankOf(nth: number, place: number): string {
  if (nth % 2 !== 0) return 'between'
  return nth % 4 === 0 && place > 0.2 && place < 0.8 ? 'first' : 'second'
}

function lane(y: number, name: string): SVGElement[] {
  const tall = name === lanes.messages.name || name === lanes.publishes.name
  return [
    svg('text', { x: 0, y: y - (tall ? TALLEST + 8 : 10) }, name),
    svg('line', { class: 'rule', x1: 0, x2: '100%', y1: y, y2: y }),
  ]
}

const fateWords: { readonly [F in Fate]: string } = {
  arrived: 'arrived',
  past: 'of the past',
  ignored: 'ignored',
  waiting: 'on the way',
  stored: 'stored',
  refused: 'refused',
}

function tick({ fate, at, count: number, size }: Beat, x: number): SVGElement {
  const { y } = lanes[laneOf[fate]]
  const said = `${clock(at)}: ${count(number, 'message')}, ${count(size, 'character')}, ${fateWords[fate]}`
  const bad = fate === 'refused' || fate === 'ignored'
  const tall = bad ? 8 : Math.min(TALLEST, 4 + Math.sqrt(size))
  // A bad outcome is a dot above the others, so that it can be seen without colours.
  const shape = bad
    ? { y: y - TALLEST - 2, width: 8, height: 8, rx: 4 }
    : { y: y - tall, width: 3, height: tall, rx: 1 }
  return svg(
    'rect',
    { class: `tick ${fate}`, 'data-fate': fate, x: percent(x), ...shape },
    svg('title', {}, said),
  )
}

function bar({ lane: which, from, to, label }: Span, x: number, end: number): SVGElement {
  const time = to === undefined ? 'since' : `${((to - from) / 1000).toFixed(1)} s from`
  return svg(
    'rect',
    {
      class: `bar ${which} ${to === undefined ? 'open' : 'closed'}`,
      'data-span': which,
      x: percent(x),
      y: lanes[which].y - 4,
      width: percent(Math.max(0.006, end - x)),
      height: 8,
      rx: 4,
    },
    svg('title', {}, `${label}, ${time} ${clock(from)}`),
  )
}

function mark(text: string, x: number): SVGElement {
  return svg(
    'g',
    { class: 'mark', 'data-mark': text },
    svg('line', { x1: percent(x), x2: percent(x), y1: 0, y2: HEIGHT - 18 }),
    svg('rect', { x: percent(x), y: HEIGHT - 26, width: 8, height: 8, rx: 2 }),
    svg('title', {}, text),
  )
}
