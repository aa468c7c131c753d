import type { Message, RealtimeChannel } from 'ably'
import { ErrorCode, RejoinError, newId } from '@rejoin/core/protocol'
import { Backoff, isRateLimit, judge, type RetryOptions } from './backoff.ts'
import type { Uplink } from './uplink.ts'
import { wrapRefusal } from './rights.ts'

export interface LaneEntry {
  /** Replaces a waiting entry with the same key. */
  readonly key?: string | undefined
  /** Ephemeral: shown to present readers and not stored, so sent apart from stored messages. */
  readonly ephemeral?: boolean | undefined
  /** Builds the message when its turn comes. */
  make(): Message
  /** Called when the message was too large. Returns `true` after making it smaller: `make` is called again. */
  shrink?(): boolean
  /** Called when the message was too large. Returns entries that replace it. */
  split?(): LaneEntry[] | undefined
  /** Entries to deliver immediately before this one, which is then sent alone. */
  before?(): LaneEntry[]
  done(serial: string | undefined): void
  failed(error: RejoinError): void
}

export interface LaneHost {
  readonly channel: RealtimeChannel
  readonly uplink: Uplink
  readonly retry: RetryOptions
  /** Awaited before the first message. */
  listening(): Promise<void>
  /** Called when an operation was refused; it may still be retried. */
  refused(error: unknown): void
}

const closed = () => new RejoinError(ErrorCode.Closed, 'unable to publish; the response was abandoned')

/** Messages sent together. Their total stays well below the size limit, including the text that opens a part. */
const MAX_BATCH = 16

/**
 * The messages of one response whose order matters: openings of parts, tools, sources, data, the end marker. Each must
 * be accepted before the next is sent, so a retried message never changes places with the one after it (PROTOCOL.md
 * §6.4). Waiting messages are sent together.
 */
export class Lane {
  readonly #host: LaneHost
  readonly #entries: LaneEntry[] = []
  #running: Promise<void> | undefined
  #closed = false
  #listening: Promise<void> | undefined

  constructor(host: LaneHost) {
    this.#host = host
  }

  /** Sends nothing more; waiting entries fail. */
  close(): void {
    this.#closed = true
    for (const entry of this.#entries.splice(0)) entry.failed(closed())
  }

  push(entry: LaneEntry): void {
    if (this.#closed) return entry.failed(closed())
    const { key } = entry
    const older = key === undefined ? -1 : this.#entries.findIndex((one) => one.key === key)
    if (older < 0) this.#entries.push(entry)
    else this.#entries[older] = entry
    // Wait a turn, so that text written in this turn still enters the message that opens its part.
    this.#running ??= Promise.resolve().then(() => this.#run())
  }

  get busy(): boolean {
    return this.#running !== undefined
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running
  }

  async #run(): Promise<void> {
    await (this.#listening ??= this.#host.listening())
    while (this.#entries.length > 0) await this.#deliver(await this.#nextBatch())
    this.#running = undefined
  }

  /** Take entries as late as possible: until then, newer versions replace older ones. */
  async #nextBatch(): Promise<LaneEntry[]> {
    await this.#host.uplink.slot(0)
    if (this.#entries.length === 0) return []
    const { ephemeral = false } = this.#entries[0]!
    const other = this.#entries.findIndex(
      (entry, index) => (entry.ephemeral ?? false) !== ephemeral || (index > 0 && entry.before !== undefined),
    )
    if (this.#entries[0]!.before) return this.#entries.splice(0, 1)
    return this.#entries.splice(0, Math.min(MAX_BATCH, other < 0 ? MAX_BATCH : other))
  }

  async #deliver(entries: LaneEntry[]): Promise<void> {
    if (entries.length === 0) return
    if (this.#closed) return entries.forEach((entry) => entry.failed(closed()))
    for (const piece of entries[0]?.before?.() ?? []) await this.#deliver([piece])
    const id = newId()
    const messages = entries.map((entry, index) => ({ ...entry.make(), id: `${id}:${index}` }))
    try {
      const serials = await this.#publish(messages)
      entries.forEach((entry, index) => entry.done(serials[index] ?? undefined))
    } catch (error) {
      const verdict = judge(error)
      let halves: LaneEntry[] | undefined
      // Send separately, so that one oversized message does not fail the others.
      if (verdict !== 'retry' && entries.length > 1) for (const entry of entries) await this.#deliver([entry])
      else if (verdict === 'split' && entries[0]!.shrink?.()) await this.#deliver(entries)
      else if (verdict === 'split' && (halves = entries[0]!.split?.()))
        for (const half of halves) await this.#deliver([half])
      else
        for (const entry of entries)
          entry.failed(wrapRefusal('publish', error, 'publish', this.#host.channel.name))
    }
  }

  /** Retries with the same ids, so that a message that had arrived is not duplicated (§6.5). */
  async #publish(messages: Message[]): Promise<(string | null)[]> {
    const { channel, uplink, retry } = this.#host
    const backoff = new Backoff(retry)
    let unnamed = 5
    for (;;) {
      try {
        const result = await uplink.send(() => channel.publish(messages), messages.length)
        const serials = result?.serials ?? []
        if (serials.length === messages.length || --unnamed === 0) return serials
        // An acknowledgement was lost, and the SDK took a later one for it: publish again to learn the serials.
        await new Promise((resolve) => setTimeout(resolve, backoff.next()))
      } catch (error) {
        this.#host.refused(error)
        const delay = judge(error) === 'retry' ? backoff.next() : undefined
        if (delay === undefined) throw error
        if (isRateLimit(error)) uplink.pause(delay)
        await new Promise((resolve) => setTimeout(resolve, delay))
        await uplink.usable(channel, backoff.left())
      }
    }
  }
}
