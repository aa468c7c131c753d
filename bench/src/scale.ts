import type { Hydrator } from '@rejoin/core'
import { createSession, keepNewest } from '@rejoin/core'
import type { InboundMessage, PresenceMessage } from 'ably'
import { deliveriesOf, makeTokens } from '../../packages/core/test/model/deliveries.ts'
import { DirectChannel } from '../../packages/core/test/model/directChannel.ts'
import { Floor } from './floor.ts'
import { Frames } from './frames.ts'
import { interleave } from './interleave.ts'
import { retained } from './memory.ts'
import { patterns, short } from './reader.ts'
import { times } from './report.ts'
import type { Report } from './report.ts'

const SECTION = 'Scale'

type PresenceListener = (message: PresenceMessage) => void

/** A channel whose members are an array. */
export class PresentChannel extends DirectChannel {
  members: readonly PresenceMessage[] = []
  private listeners = new Set<PresenceListener>()
  readonly presence = {
    subscribe: (listener: PresenceListener) => Promise.resolve(void this.listeners.add(listener)),
    unsubscribe: (listener: PresenceListener) => void this.listeners.delete(listener),
    get: () => Promise.resolve(this.members),
  }

  present(message: PresenceMessage): void {
    for (const listener of this.listeners) listener(message)
  }
}

export const memberOf = (i: number): PresenceMessage =>
  ({
    clientId: `user-${i}`,
    connectionId: `connection-${i}`,
    action: 'enter',
    data: { name: `User ${i}` },
    timestamp: i + 1,
  }) as PresenceMessage

const nothing: Hydrator = { load: () => Promise.resolve() }

export function open(channel: DirectChannel, presence: boolean, keep?: number, hydrate: Hydrator = nothing) {
  const frames = new Frames()
  const session = createSession({
    channel: channel.asChannel(),
    hydrate,
    presence,
    schedule: frames.schedule,
    ...(keep !== undefined && { keep: keepNewest(keep) }),
  })
  return { frames, session }
}

/** Members that are there when a session opens, and members that come one by one, 64 a frame. */
async function measureMembers(report: Report, count: number): Promise<void> {
  const members = Array.from({ length: count }, (_, i) => memberOf(i))
  const watch = async (channel: PresentChannel, come: () => void) => {
    const { frames, session } = open(channel, true)
    await session.ready
    come()
    // The set of members is read a few turns of the microtask queue later.
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    frames.next()
    const { users } = session.getSnapshot()
    if (users.length !== count) throw new Error(`unable to measure members; ${users.length} of ${count} show`)
    session.close()
  }
  const there = async () => {
    const channel = new PresentChannel()
    channel.members = members
    await watch(channel, () => {})
  }
  const listed = () => {
    const byClient = new Map(members.map((member) => [member.clientId, member]))
    return [...byClient.values()].map(({ clientId, data }) => ({ clientId, data: data as unknown }))
  }
  const [ours, floor] = await interleave(
    [
      { name: 'there', prepare: () => there },
      { name: 'a Map and a list', prepare: () => () => void listed() },
    ],
    5,
  )
  const column = `${short(count)} members`
  const add = (name: string, value: number, least: number) =>
    report.add({ section: SECTION, name, column, unit: 'ns', value: value / count, floor: least / count })
  add('members that are there, each', ours!, floor!)
  report.aim({
    what: `presence of ${column}`,
    ours: `${(ours! / 1e6).toFixed(1)} ms`,
    floor: `${(floor! / 1e6).toFixed(1)} ms`,
    aim: '≤ 50 ms',
    reached: ours! <= 50e6,
  })
}

/** Responses that stream at the same time, a token each in turn; a frame every 64 deliveries. */
async function measureConcurrent(report: Report, count: number): Promise<void> {
  const tokens = makeTokens(4)
  for (const pattern of patterns) {
    const column = `${short(count)} at once, ${pattern}`
    const all = Array.from({ length: count }, (_, i) => deliveriesOf(pattern, `open-${i}`, tokens))
    const channel = new DirectChannel()
    const { frames, session } = open(channel, false)
    await session.ready
    let delivered = 0
    const deliver = (messages: readonly InboundMessage[]) => {
      for (const message of messages) {
        channel.deliver(message)
        if (++delivered % 64 === 0) frames.next()
      }
    }
    const texts = new Map<string, string>()
    const concatenate = (messages: readonly InboundMessage[]) => {
      for (const { data, extras } of messages) {
        const { responseId } = (extras as { headers: { responseId: string } }).headers
        texts.set(responseId, (texts.get(responseId) ?? '') + ((data as string | undefined) ?? ''))
      }
    }
    const stages: [name: string, messages: readonly InboundMessage[]][] = [
      ['a response begins', all.flatMap(({ first }) => first)],
      ['a token', [0, 1, 2].flatMap((i) => all.map((one) => one.tokens[i]!))],
      ['a response ends', all.flatMap(({ last }) => last)],
    ]
    for (const [name, messages] of stages) {
      const least = costOf(() => concatenate(messages))
      const value = costOf(() => deliver(messages))
      frames.next()
      report.add({
        section: SECTION,
        name: `${name}, a message`,
        column,
        unit: 'ns',
        value: value / messages.length,
        floor: least / messages.length,
      })
    }
    const { messages } = session.getSnapshot()
    const right = messages.every(({ id }, i) => session.getResponse(id)!.text === all[i]!.text)
    if (messages.length !== count || !right)
      throw new Error(`unable to measure ${column}; the reader got it wrong`)
    session.close()
  }
}

/** Nanoseconds of CPU. */
function costOf(work: () => void): number {
  globalThis.gc?.()
  const started = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(started)
  return (user + system) * 1_000
}

/** Of a day: an answer every ten seconds, about 960 characters each. */
const DAY = 8_640

/** Answers before those that are measured: they pay for compiled code. */
const WARM = 400

/** Bytes that the floor keeps of an answer: its text and snapshot, and the serial and length of each token, as they came. */
function keptByFloor(pattern: (typeof patterns)[number], tokens: readonly string[]): number {
  const floor = new Floor(0)
  const answer = (id: string) => floor.stream(deliveriesOf(pattern, id, tokens), 'ignore', 1)()
  for (let i = 0; i < WARM; i++) answer(`floor-warm-${pattern}-${i}`)
  const before = retained()
  for (let i = 0; i < WARM; i++) answer(`floor-${pattern}-${i}`)
  const bytes = retained() - before
  answer(`floor-last-${pattern}`)
  return bytes / WARM
}

/** Memory that a session keeps after so many answers, compared with their text. */
async function measureDay(report: Report, count: number, keep?: number): Promise<void> {
  const tokens = makeTokens(160)
  const how = keep === undefined ? '' : `, keep: ${keep}`
  for (const pattern of patterns) {
    const channel = new DirectChannel()
    const { frames, session } = open(channel, false, keep)
    await session.ready
    const answer = (id: string) => {
      const { first, tokens: later, last } = deliveriesOf(pattern, id, tokens)
      for (const message of [...first, ...later, ...last]) {
        channel.deliver(message)
        frames.next()
      }
    }
    for (let i = 0; i < WARM; i++) answer(`warm-${pattern}-${i}`)
    const before = retained()
    for (let i = 0; i < count; i++) answer(`day-${pattern}-${i}`)
    const bytes = retained() - before
    // With `keep`, a quarter more is kept before some go.
    const least = keep === undefined ? keptByFloor(pattern, tokens) / tokens.join('').length : 1
    const length = Math.min(count, (keep ?? Infinity) * 1.25) * tokens.join('').length
    report.add({
      section: SECTION,
      name: `memory after ${count.toLocaleString('en')} answers, a character of ${keep === undefined ? 'them' : 'what is kept'}`,
      column: `${pattern}${how}`,
      unit: 'bytes',
      value: bytes / length,
      floor: least,
    })
    report.atMost(
      3,
      `memory of ${count.toLocaleString('en')} answers${how}, ${pattern}, against ${keep === undefined ? 'their text' : 'the text of what is kept'}`,
      bytes / length,
      keep === undefined ? times(least) : undefined,
    )
    const { length: shown } = session.getSnapshot().messages
    if (keep === undefined ? shown !== count + WARM : shown < keep || shown > keep * 1.25)
      throw new Error('unable to measure a day; answers are missing')
    session.close()
  }
}

export async function measureScale(report: Report, isQuick: boolean): Promise<void> {
  if (!globalThis.gc) throw new Error('unable to measure memory; run node with --expose-gc')
  for (const count of isQuick ? [1_000, 4_000] : [1_000, 4_000, 10_000]) await measureMembers(report, count)
  for (const count of isQuick ? [1_000, 10_000] : [1_000, 100_000]) await measureConcurrent(report, count)
  await measureDay(report, isQuick ? DAY / 10 : DAY)
  await measureDay(report, isQuick ? DAY / 10 : DAY, 200)
}
