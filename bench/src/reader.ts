import type { Session } from '@rejoin/core'
import { createSession } from '@rejoin/core'
import type { Deliveries, Pattern } from '../../packages/core/test/model/deliveries.ts'
import { deliveriesOf, makeTokens, wholeMessage } from '../../packages/core/test/model/deliveries.ts'
import { DirectChannel } from '../../packages/core/test/model/directChannel.ts'
import { Floor } from './floor.ts'
import { Frames } from './frames.ts'
import { interleave } from './interleave.ts'
import { amount } from './report.ts'
import type { Figure, Report } from './report.ts'
import { appendChanges, readWhole, screen } from './view.ts'
import type { View } from './view.ts'

export const patterns: readonly Pattern[] = ['message-per-response', 'message-per-token']

/** A session that already shows `messages` whole responses, fed by hand. */
export class Conversation {
  readonly channel = new DirectChannel()
  readonly frames = new Frames()
  readonly session: Session
  private open: { deliveries: Deliveries; stop: () => void }[] = []

  private constructor(messages: number) {
    const past = Array.from({ length: messages }, (_, i) => wholeMessage(`past-${i}`, 'An earlier answer.'))
    this.session = createSession({
      channel: this.channel.asChannel(),
      schedule: this.frames.schedule,
      presence: false,
      hydrate: { load: (context) => Promise.resolve(context.apply(past.flat())) },
    })
  }

  static async with(messages: number): Promise<Conversation> {
    const conversation = new Conversation(messages)
    await conversation.session.ready
    const shown = conversation.session.getSnapshot().messages.length
    if (shown !== messages)
      throw new Error(`unable to prepare ${messages} messages; the session shows ${shown}`)
    return conversation
  }

  /** Begins a response and returns what streams it: `frame` deliveries, then a frame. */
  stream(deliveries: Deliveries, view: View, frame: number): () => void {
    return this.streamAll([deliveries], view, frame)
  }

  /** The same for several that are open at once; one after the other is streamed. */
  streamAll(all: readonly Deliveries[], view: View, frame: number): () => void {
    this.finish()
    const each = all.map((deliveries) => this.begin(deliveries, view))
    return () => {
      for (const tokens of each) this.feed(tokens, frame)
    }
  }

  private begin(deliveries: Deliveries, view: View): Deliveries['tokens'] {
    const { channel, frames, session } = this
    const { responseId, tokens } = deliveries
    for (const message of deliveries.first) channel.deliver(message)
    frames.next()
    const stop =
      view === 'ignore' ? () => {} : session.subscribeResponse(responseId, viewOf(session, responseId, view))
    this.open.push({ deliveries, stop })
    return tokens
  }

  /** A method, not a closure made for each response: the engine compiles it once, and not in each sample again. */
  private feed(tokens: Deliveries['tokens'], frame: number): void {
    const { channel, frames } = this
    let left = frame
    for (const message of tokens) {
      channel.deliver(message)
      if (--left > 0) continue
      left = frame
      frames.next()
    }
    frames.next()
  }

  /** Stops observing the response that streams; it goes on. */
  forget(): void {
    for (const { stop } of this.open.splice(0)) stop()
  }

  /** Ends what is open, and checks that each text is the text sent. */
  finish(): void {
    for (const { deliveries, stop } of this.open.splice(0)) this.end(deliveries, stop)
  }

  private end(deliveries: Deliveries, stop: () => void): void {
    for (const message of deliveries.last) this.channel.deliver(message)
    this.frames.next()
    stop()
    const response = this.session.getResponse(deliveries.responseId)
    if (response?.text !== deliveries.text || !response.verified || response.status !== 'complete')
      throw new Error(`unable to measure ${deliveries.responseId}; the reader got it wrong`)
  }
}

function viewOf(session: Session, id: string, view: View) {
  if (view === 'whole') return () => readWhole(session.getResponse(id)!.text)
  return appendChanges
}

const views: Record<View, string> = {
  ignore: 'nobody reads the text',
  whole: 'one view reads the whole text each frame',
  append: 'one view appends what changed',
}

interface Grid {
  tokens: readonly number[]
  messages: readonly number[]
}

/** Tokens in a sample. */
const SAMPLE = 10_000

/** Nanoseconds per token, from the delivered Ably message to the published snapshot. */
export async function measureReader(report: Report, grid: Grid, isQuick: boolean): Promise<void> {
  await warmUp()
  for (const messages of grid.messages) {
    const conversation = await Conversation.with(messages)
    const floor = new Floor(messages)
    for (const tokens of grid.tokens) {
      const texts = makeTokens(tokens + 1)
      // As many tokens in each sample, in one response or several: a sample begins after a collection, when all is cold,
      // and a short one would measure that.
      const count = Math.max(1, SAMPLE / tokens)
      const rounds = tokens <= SAMPLE ? (isQuick ? 5 : 9) : 3
      for (const frame of [64, 1])
        for (const view of Object.keys(views) as View[])
          for (const pattern of patterns) {
            // Reading a text of half a megabyte a hundred thousand times measures memcpy.
            if (view === 'whole' && frame === 1 && tokens > 10_000) continue
            const supply = severalInRounds(pattern, texts, count)
            const [ours, least, fixed] = await interleave(
              [
                { name: 'reader', prepare: (round) => conversation.streamAll(supply(round), view, frame) },
                { name: 'floor', prepare: (round) => floor.streamAll(supply(round), view, frame) },
                { name: 'fixed', prepare: () => fixedWork },
              ],
              rounds,
            )
            conversation.finish()
            report.add({
              section: 'Reader: one token, from the delivered message to the published snapshot',
              name: `${views[view]}, ${frame === 1 ? 'one delivery' : `${frame} deliveries`} a frame`,
              column: `${short(tokens)} tokens, ${short(messages)} messages, ${pattern}`,
              unit: 'ns',
              value: ours! / tokens / count,
              floor: least! / tokens / count,
              group: `${view}/${frame}`,
              details: { view, frame, pattern, tokens, messages, fixed },
            })
          }
    }
    conversation.session.close()
  }
  judge(report)
}

/** Whether the aims hold for what has been measured. */
function judge(report: Report): void {
  const cells = report.figures.filter((f) => f.group)
  for (const [frame, most] of [
    [1, 6],
    [64, 5],
  ] as const)
    for (const view of Object.keys(views) as View[]) {
      const own = cells.filter((f) => f.group === `${view}/${frame}`)
      if (own.length === 0) continue
      const ratio = (f: Figure) => f.value / f.floor!
      const worst = own.reduce((a, b) => (ratio(b) > ratio(a) ? b : a))
      const frames = frame === 1 ? 'one delivery' : `${frame} deliveries`
      const what = `one token, ${views[view]}, ${frames} a frame, in the worst cell (${worst.column})`
      report.atMost(most, what, ratio(worst), `${amount(worst.floor!)} ns`)
    }
  for (const group of ['ignore/64', 'append/64', 'ignore/1', 'append/1'])
    for (const pattern of patterns) {
      const own = cells.filter((f) => f.group === group && f.details!.pattern === pattern)
      if (own.length === 0) continue
      // Against the fixed work of the same rounds: the machine's speed changes under the cells.
      const values = own.map((f) => f.value / (f.details!.fixed as number))
      const spread = Math.max(...values) / Math.min(...values)
      report.atMost(1.3, `flat: dearest cell against cheapest, ${group}, ${pattern}`, spread)
    }
}

/** The same work in each cell, whatever it measures. */
function fixedWork(): void {
  const texts = new Map<string, string>()
  for (let i = 0; i < 20_000; i++) {
    const id = `id-${i % 100}`
    texts.set(id, `${(texts.get(id) ?? '').slice(-20)} w${i}`)
  }
  screen.length = texts.size
}

/**
 * Two sessions, one after the other. When the first closes, it publishes an empty frame, and the next has hooks of its own:
 * V8 has seen neither in the loop of tokens, and drops the code of a frame. The first cell would measure how it comes back.
 */
export async function warmUp(): Promise<void> {
  for (let i = 0; i < 2; i++) await warmUpOnce()
}

async function warmUpOnce(): Promise<void> {
  const conversation = await Conversation.with(100)
  const texts = makeTokens(SAMPLE / 4)
  // The same work as the samples, often enough that no sample measures the compiler.
  for (let i = 0; i < 8; i++)
    for (const pattern of patterns)
      for (const view of Object.keys(views) as View[]) {
        for (const frame of [64, 1]) {
          const all = severalInRounds(pattern, texts, 2)(i)
          conversation.streamAll(all, view, frame)()
          new Floor(10).streamAll(all, view, frame)()
        }
      }
  conversation.finish()
  conversation.session.close()
}

let responses = 0

/** The same deliveries to everyone in a round; new responses in the next. */
function severalInRounds(
  pattern: Pattern,
  texts: readonly string[],
  count: number,
): (round: number) => readonly Deliveries[] {
  let last: { round: number; all: readonly Deliveries[] } | undefined
  return (round) => {
    if (last?.round !== round) {
      const all = Array.from({ length: count }, () => deliveriesOf(pattern, `live-${++responses}`, texts))
      last = { round, all }
    }
    return last.all
  }
}

/** The same for one response. */
export function inRounds(pattern: Pattern, texts: readonly string[]): (round: number) => Deliveries {
  const several = severalInRounds(pattern, texts, 1)
  return (round) => several(round)[0]!
}

export function short(count: number): string {
  return count >= 1_000 ? `${count / 1_000}k` : String(count)
}
