import type { Hydrator, ResponseRow } from '@rejoin/core'
import { createSession, history, seed } from '@rejoin/core'
import type { InboundMessage } from 'ably'
import { deliveriesOf, makeTokens, wholeMessage } from '../../packages/core/test/model/deliveries.ts'
import { DirectChannel } from '../../packages/core/test/model/directChannel.ts'
import { AnswerFloor } from './answerFloor.ts'
import { Frames } from './frames.ts'
import { interleave } from './interleave.ts'
import { short } from './reader.ts'
import type { Report } from './report.ts'

const SECTION = 'A long conversation'
const answer = makeTokens(60).join('')
/** Messages in one measured batch. */
const BATCH = 500

function open(hydrate: Hydrator, past: readonly InboundMessage[] = []) {
  const channel = new DirectChannel()
  channel.past = past
  const frames = new Frames()
  const session = createSession({
    channel: channel.asChannel(),
    hydrate,
    presence: false,
    schedule: frames.schedule,
  })
  return { channel, frames, session }
}

type Opened = ReturnType<typeof open>

/** Nanoseconds of CPU that something takes. */
async function costOf(work: () => void | Promise<void>): Promise<number> {
  globalThis.gc?.()
  const started = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(started)
  return (user + system) * 1_000
}

let answers = 0

/** Takes messages, and has frames. */
interface Taker {
  readonly channel: { deliver(message: InboundMessage): void }
  readonly frames: Frames
}

/** Finished answers, one a frame. */
function finishAnswers(taker: Taker, count: number): () => void {
  const messages = Array.from({ length: count }, () => wholeMessage(`more-${++answers}`, answer))
  return () => finish(taker, messages)
}

/** A function of its own, as `feed`. */
function finish({ channel, frames }: Taker, messages: readonly InboundMessage[][]): void {
  for (const both of messages) {
    for (const message of both) channel.deliver(message)
    frames.next()
  }
}

/** Whether a message costs the same at the end of a long conversation as in a short one. */
async function measureOneMore(report: Report, counts: readonly number[]): Promise<void> {
  const sessions = await Promise.all(
    counts.map(async (count) => {
      const past = Array.from({ length: count }, (_, i) => wholeMessage(`past-${i}`, 'An answer.')).flat()
      const one = open({ load: (context) => Promise.resolve(context.apply(past)) })
      await one.session.ready
      return one
    }),
  )
  const least = new AnswerFloor()
  const all = await interleave(
    [
      ...sessions.map((one, i) => ({ name: String(counts[i]), prepare: () => finishAnswers(one, BATCH) })),
      { name: 'least', prepare: () => finishAnswers({ channel: least, frames: least.frames }, BATCH) },
    ],
    // The first ten thousand are V8's compiler, more than the reader.
    32,
  )
  const costs = all.slice(0, -1)
  if (least.told % BATCH !== 0) throw new Error('unable to measure; the floor got it wrong')
  costs.forEach((cost, i) =>
    report.add({
      section: SECTION,
      name: 'one more finished answer, in a frame of its own',
      column: `${short(counts[i]!)} answers before`,
      unit: 'ns',
      value: cost / BATCH,
      floor: costs[0]! / BATCH,
    }),
  )
  const ratio = Math.max(...costs) / Math.min(...costs)
  const most = short(Math.max(...counts))
  report.atMost(1.3, `one more finished answer: dearest against cheapest, up to ${most} before`, ratio)
  const floor = all.at(-1)! / BATCH
  const dearest = Math.max(...costs) / BATCH
  report.aim({
    what: 'one more finished answer, in a frame of its own',
    ours: `${(dearest / 1_000).toFixed(0)} µs`,
    floor: `${(floor / 1_000).toFixed(1)} µs`,
    aim: '≤ 20 µs',
    reached: dearest <= 20_000,
  })
  for (const { session } of sessions) session.close()
}

/** Opens a conversation of so many messages, scrolls up to its first, and streams at its end. */
async function measureLong(report: Report, count: number): Promise<void> {
  const column = `${short(count)} messages`
  const rows: ResponseRow[] = Array.from({ length: count }, (_, i) => ({
    id: `row-${i}`,
    role: 'assistant',
    text: answer,
    createdAt: i + 1,
  }))
  const PAGE = 200
  const pageBefore = (cursor = String(count)) => {
    const end = Number(cursor)
    const from = Math.max(0, end - PAGE)
    return { rows: rows.slice(from, end), ...(from > 0 && { cursor: String(from) }) }
  }
  const one = open(seed({ load: (cursor) => Promise.resolve(pageBefore(cursor)) }))
  const add = (name: string, value: number, floor?: number) =>
    report.add({ section: SECTION, name, column, unit: 'ns', value, ...(floor && { floor }) })
  const { session, frames } = one
  add('open it', await costOf(() => session.ready))
  let length = 0
  const scroll = async (pages: number) => {
    for (let i = 0; i < pages && session.getSnapshot().hasOlder; i++) {
      await session.loadOlder()
      frames.next()
      const { messages } = session.getSnapshot()
      for (const { id } of messages.slice(0, PAGE)) length += session.getResponse(id)!.text.length
    }
  }
  const all = count / PAGE - 1
  const tenth = Math.floor(all / 10)
  const first = await costOf(() => scroll(tenth))
  await scroll(all - 2 * tenth)
  const last = await costOf(() => scroll(Infinity))
  if (session.getSnapshot().messages.length !== count || length !== (count - PAGE) * answer.length)
    throw new Error(`unable to scroll up; ${session.getSnapshot().messages.length} of ${count} messages came`)
  const parsing = await costOf(() => void JSON.parse(JSON.stringify(rows.slice(0, PAGE))))
  add('scroll up, a page of 200, the first pages', first / tenth, parsing)
  add('scroll up, a page of 200, the last pages', last / tenth, parsing)
  await measureStream(report, one, column)
  session.close()
}

/** Whether a token at the end of a long conversation costs what it costs in an empty one. */
/** A function of its own, not a closure for each sample: the engine compiles it once. */
function feed({ channel, frames }: Taker, tokens: readonly InboundMessage[]): void {
  for (let i = 0; i < tokens.length; i++) {
    channel.deliver(tokens[i]!)
    if (i % 64 === 0) frames.next()
  }
}

async function measureStream(report: Report, long: Opened, column: string): Promise<void> {
  const TOKENS = 10_000
  const empty = open({ load: () => Promise.resolve() })
  await empty.session.ready
  const tokens = makeTokens(TOKENS + 1)
  const stream = ({ channel, frames, session }: Opened) => {
    const deliveries = deliveriesOf('message-per-response', `streams-${++answers}`, tokens)
    for (const message of deliveries.first) channel.deliver(message)
    frames.next()
    return () => {
      feed({ channel, frames }, deliveries.tokens)
      for (const message of deliveries.last) channel.deliver(message)
      if (session.getResponse(deliveries.responseId)?.text !== deliveries.text)
        throw new Error('unable to measure a stream; the reader got it wrong')
    }
  }
  const [least, value] = await interleave(
    [
      { name: 'empty', prepare: () => stream(empty) },
      { name: 'long', prepare: () => stream(long) },
    ],
    7,
  )
  empty.session.close()
  report.add({
    section: SECTION,
    name: 'stream at its end, a token; the floor: in an empty one',
    column,
    unit: 'ns',
    value: value! / TOKENS,
    floor: least! / TOKENS,
  })
  report.atMost(1.3, `a token at the end of ${column}, against an empty conversation`, value! / least!)
}

/** So many messages of the past, in pages of history. */
async function measurePast(report: Report, count: number): Promise<void> {
  const past = Array.from({ length: count / 2 }, (_, i) => wholeMessage(`past-${i}`, answer))
    .flat()
    .reverse()
  const { session } = open(history({ limit: 1_000, maxPages: Infinity }), past)
  const first = await costOf(() => session.ready)
  const value =
    first +
    (await costOf(async () => {
      while (session.getSnapshot().hasOlder) await session.loadOlder()
    }))
  const { length } = session.getSnapshot().messages
  if (length !== count / 2)
    throw new Error(`unable to read the past; ${length} of ${count / 2} responses came`)
  report.add({
    section: SECTION,
    name: 'read its past from history, a message',
    column: `${short(count)} messages`,
    unit: 'ns',
    value: value / count,
  })
  session.close()
}

/** A prompt and its answer; every tenth prompt of a conversation with branches rewords the one three before it. */
function turnOf(i: number, branches: boolean): InboundMessage[] {
  const [, end] = wholeMessage(`p${i}`, '')
  const data = {
    promptId: `p${i}`,
    text: `Question ${i}?`,
    ...(branches && i % 10 === 9 && { replaces: `p${i - 3}` }),
  }
  const prompt = { ...end!, name: 'user-input', clientId: 'user', data, extras: {} }
  const answers = wholeMessage(`a${i}`, answer).map((message) => {
    const { headers } = message.extras as { headers: Record<string, string> }
    return { ...message, extras: { headers: { ...headers, promptId: `p${i}` } } }
  })
  return [prompt, ...answers]
}

/** Whether a token costs the same where prompts and answers have other versions. */
async function measureBranches(report: Report): Promise<void> {
  const TURNS = 5_000
  const TOKENS = 10_000
  const sessions = await Promise.all(
    [false, true].map(async (branches) => {
      const past = Array.from({ length: TURNS }, (_, i) => turnOf(i, branches)).flat()
      const one = open({ load: (context) => Promise.resolve(context.apply(past)) })
      await one.session.ready
      if (one.session.getSnapshot().entries.length !== 2 * TURNS)
        throw new Error('unable to measure branches; messages are missing')
      return one
    }),
  )
  const [flat, tree] = sessions as [Opened, Opened]
  if (flat.session.getSnapshot().messages.length === tree.session.getSnapshot().messages.length)
    throw new Error('unable to measure branches; there are none')
  const tokens = makeTokens(TOKENS + 1)
  for (const frame of [1, 64]) {
    const stream = ({ channel, frames }: Opened) => {
      const deliveries = deliveriesOf('message-per-response', `branch-${++answers}`, tokens)
      for (const message of deliveries.first) channel.deliver(message)
      frames.next()
      return () =>
        deliveries.tokens.forEach((message, i) => {
          channel.deliver(message)
          if (i % frame === 0) frames.next()
        })
    }
    const [least, value] = await interleave(
      [
        { name: 'flat', prepare: () => stream(flat) },
        { name: '500 branches', prepare: () => stream(tree) },
      ],
      7,
    )
    const deliveries = frame === 1 ? 'one delivery' : `${frame} deliveries`
    report.add({
      section: SECTION,
      name: `a token where ${TURNS / 10} prompts have other versions, ${deliveries} a frame; the floor: where none has`,
      column: `${short(2 * TURNS)} messages`,
      unit: 'ns',
      value: value! / TOKENS,
      floor: least! / TOKENS,
    })
    report.atMost(
      1.3,
      `a token among ${short(2 * TURNS)} messages with ${TURNS / 10} branches, against a flat conversation, ${deliveries} a frame`,
      value! / least!,
    )
  }
  for (const { session } of sessions) session.close()
}

export async function measureConversation(report: Report, isQuick: boolean): Promise<void> {
  await measureOneMore(report, isQuick ? [100, 10_000] : [100, 10_000, 100_000])
  await measureBranches(report)
  await measureLong(report, isQuick ? 20_000 : 100_000)
  for (const count of isQuick ? [10_000, 50_000] : [10_000, 100_000, 1_000_000])
    await measurePast(report, count)
}
