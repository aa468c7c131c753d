import type { Session } from '@rejoin/core'
import { createSession } from '@rejoin/core'
import type { Deliveries, Pattern } from '../../packages/core/test/model/deliveries.ts'
import { deliveriesOf, makeTokens, wholeMessage } from '../../packages/core/test/model/deliveries.ts'
import { DirectChannel } from '../../packages/core/test/model/directChannel.ts'
import { Frames } from './frames.ts'
import { interleave } from './interleave.ts'
import type { Report } from './report.ts'

/**
 * What a view does with a response, once a frame:
 * `ignore`: the text is never read; `whole`: reads the whole text; `append`: takes what was appended.
 */
export type View = 'ignore' | 'whole' | 'append'

export const patterns: readonly Pattern[] = ['message-per-response', 'message-per-token']

/** A session that already shows `messages` whole responses, fed by hand. */
export class Conversation {
  readonly channel = new DirectChannel()
  readonly frames = new Frames()
  readonly session: Session
  private open: { deliveries: Deliveries; stop: () => void } | undefined

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
    this.finish()
    const { channel, frames, session } = this
    const { responseId } = deliveries
    for (const message of deliveries.first) channel.deliver(message)
    frames.next()
    const stop =
      view === 'ignore' ? () => {} : session.subscribeResponse(responseId, viewOf(session, responseId, view))
    this.open = { deliveries, stop }
    return () => {
      let left = frame
      for (const message of deliveries.tokens) {
        channel.deliver(message)
        if (--left > 0) continue
        left = frame
        frames.next()
      }
      frames.next()
    }
  }

  /** Lets go of the response that streams, which goes on. */
  forget(): void {
    this.open?.stop()
    this.open = undefined
  }

  /** Ends the response, and checks that its text is the text sent. */
  finish(): void {
    if (!this.open) return
    const { deliveries, stop } = this.open
    this.open = undefined
    for (const message of deliveries.last) this.channel.deliver(message)
    this.frames.next()
    stop()
    const response = this.session.getResponse(deliveries.responseId)
    if (response?.text !== deliveries.text || !response.verified || response.status !== 'complete')
      throw new Error(`unable to measure ${deliveries.responseId}; the reader got it wrong`)
  }
}

/** Where views put what they read, so that no engine may leave the reading out. */
export const screen = { length: 0, last: 0 }

export function readWhole(text: string): void {
  screen.length = text.length
  screen.last = text.charCodeAt(text.length - 1)
}

function viewOf(session: Session, id: string, view: View) {
  if (view === 'whole') return () => readWhole(session.getResponse(id)!.text)
  return (changes: readonly object[]) => {
    for (const change of changes)
      if ('appended' in change) screen.length += (change.appended as string).length
  }
}

/** The cheapest that anybody could do: a `Map` and string concatenation. */
export class Floor {
  private readonly texts = new Map<string, string>()

  constructor(messages: number) {
    for (let i = 0; i < messages; i++) this.texts.set(`past-${i}`, 'An earlier answer.')
  }

  stream(deliveries: Deliveries, view: View, frame: number): () => void {
    const { texts } = this
    const id = deliveries.responseId
    texts.set(id, deliveries.first.at(-1)!.data as string)
    return () => {
      let left = frame
      for (const message of deliveries.tokens) {
        const { responseId } = (message.extras as { headers: { responseId: string } }).headers
        texts.set(responseId, texts.get(responseId)! + (message.data as string))
        if (--left > 0) continue
        left = frame
        if (view === 'whole') readWhole(texts.get(id)!)
      }
    }
  }
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

/** Nanoseconds per token, from the delivered Ably message to the published snapshot. */
export async function measureReader(report: Report, grid: Grid): Promise<void> {
  await warmUp()
  for (const messages of grid.messages) {
    const conversation = await Conversation.with(messages)
    const floor = new Floor(messages)
    for (const tokens of grid.tokens) {
      const texts = makeTokens(tokens + 1)
      const rounds = tokens <= 1_000 ? 21 : tokens <= 10_000 ? 7 : 3
      for (const frame of [64, 1])
        for (const view of Object.keys(views) as View[])
          for (const pattern of patterns) {
            // Reading a text of half a megabyte a hundred thousand times measures memcpy.
            if (view === 'whole' && frame === 1 && tokens > 10_000) continue
            const supply = inRounds(pattern, texts)
            const [ours, least] = await interleave(
              [
                { name: 'reader', prepare: (round) => conversation.stream(supply(round), view, frame) },
                { name: 'floor', prepare: (round) => floor.stream(supply(round), view, frame) },
              ],
              rounds,
            )
            conversation.finish()
            report.add({
              section: 'Reader: one token, from the delivered message to the published snapshot',
              name: `${views[view]}, ${frame === 1 ? 'one delivery' : `${frame} deliveries`} a frame`,
              column: `${short(tokens)} tokens, ${short(messages)} messages, ${pattern}`,
              unit: 'ns',
              value: ours! / tokens,
              floor: least! / tokens,
              group: `${view}/${frame}`,
              details: { view, frame, pattern, tokens, messages },
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
  for (const view of Object.keys(views) as View[]) {
    const ratios = cells.filter((f) => f.group === `${view}/64`).map((f) => f.value / f.floor!)
    if (ratios.length === 0) continue
    const most = Math.max(...ratios)
    report.aim(
      `within 5 times the floor, ${views[view]}, 64 deliveries a frame`,
      most <= 5,
      `${Math.min(...ratios).toFixed(1)} to ${most.toFixed(1)} times`,
    )
  }
  for (const group of ['ignore/64', 'append/64', 'ignore/1', 'append/1'])
    for (const pattern of patterns) {
      const values = cells
        .filter((f) => f.group === group && f.details!.pattern === pattern)
        .map((f) => f.value)
      if (values.length === 0) continue
      const spread = Math.max(...values) / Math.min(...values)
      report.aim(
        `flat, ${group}, ${pattern}`,
        spread <= 1.3,
        `dearest is ${spread.toFixed(2)} times the cheapest`,
      )
    }
}

export async function warmUp(): Promise<void> {
  const conversation = await Conversation.with(100)
  const texts = makeTokens(5_000)
  for (let i = 0; i < 6; i++)
    for (const pattern of patterns)
      for (const view of Object.keys(views) as View[]) {
        const deliveries = inRounds(pattern, texts)(i)
        conversation.stream(deliveries, view, 64)()
        new Floor(10).stream(deliveries, view, 64)()
      }
  conversation.finish()
  conversation.session.close()
}

let responses = 0

/** The same deliveries to everyone in a round; a new response in the next. */
export function inRounds(pattern: Pattern, texts: readonly string[]): (round: number) => Deliveries {
  let last: { round: number; deliveries: Deliveries } | undefined
  return (round) => {
    if (last?.round !== round)
      last = { round, deliveries: deliveriesOf(pattern, `live-${++responses}`, texts) }
    return last.deliveries
  }
}

export function short(count: number): string {
  return count >= 1_000 ? `${count / 1_000}k` : String(count)
}
