import type { Timeline } from '../record/timeline.ts'
import { h, say } from './dom.ts'

const whole = (number: number) => Math.round(number).toLocaleString('en')

/** The numbers above the picture. */
const facts: readonly [name: string, value: (timeline: Timeline) => string, title: string][] = [
  ['Messages', ({ totals }) => whole(totals.messages), 'Live messages of the channel'],
  ['A second', ({ rate }) => whole(rate.messages), 'Live messages in the last 5 seconds'],
  ['Characters', ({ totals }) => whole(totals.size), 'Characters of their data'],
  ['A second', ({ rate }) => whole(rate.size), 'Characters in the last 5 seconds'],
  ['Largest', ({ totals }) => whole(totals.largest), 'Characters of the largest message'],
  ['Past', ({ totals }) => whole(totals.past), 'Messages read from history or rewound'],
  ['Gaps', ({ totals }) => `${whole(totals.healed)} of ${whole(totals.gaps)} filled`, 'Gaps that opened'],
  ['Ignored', ({ totals }) => whole(totals.ignored), 'Messages whose publishers may not send them'],
]

/** Sizes, rates and counts. */
export class Facts {
  readonly element = h('dl', { class: 'facts' })
  readonly #values = facts.map(([name, , title]) => {
    const value = h('dd')
    this.element.append(h('div', { title }, h('dt', {}, name), value))
    return value
  })

  show(timeline: Timeline): void {
    for (const [i, [, value]] of facts.entries()) say(this.#values[i]!, value(timeline))
  }
}
