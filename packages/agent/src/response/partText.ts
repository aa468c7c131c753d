import { type RejoinError, Header, newId } from '@rejoin/core/protocol'
import { Run, type RunHost } from './run.ts'
import type { PastText } from './pastResponse.ts'
import { runWire, type Pattern, type RunKind } from './runWire.ts'
import { storableText } from '../inbound/storable.ts'
import { endsInHighSurrogate, fitting, utf8Length } from './unicode.ts'

export interface PartTextHost extends Omit<RunHost, 'overflowed'> {
  readonly pattern: Pattern
  /** Bytes that a message may have, name and headers included. */
  readonly maxMessageSize: number
}

/** Room for operation metadata, the client id and anything else that a service may count. */
const SLACK = 256

/**
 * One text of a response: a text part, reasoning, or the arguments of a tool call. It spans as many messages as its
 * size needs, in sequence; the next opens when the previous one holds all of its text.
 */
export class PartText {
  /** Header `part`, assigned when the first message is made. If each message has its own, the first one's. */
  part: string | undefined
  readonly runs: Run[] = []

  readonly #host: PartTextHost
  readonly #kind: RunKind
  readonly #name: () => string
  #room: number
  /** Text that waits for the next message. */
  #queue = ''
  /** The first half of a surrogate pair, until the second comes (PROTOCOL.md §4.5). */
  #half = ''
  #finished = false
  #turning: Promise<void> | undefined

  constructor(host: PartTextHost, kind: RunKind, name: () => string) {
    this.#host = host
    this.#kind = kind
    this.#name = name
    const overhead = utf8Length(JSON.stringify(kind.headers)) + SLACK
    this.#room = Math.max(64, host.maxMessageSize - overhead)
  }

  get text(): string {
    return this.runs.map((run) => run.text).join('') + this.#queue + this.#half
  }

  get backlog(): number {
    return (this.runs.at(-1)?.backlog ?? 0) + this.#queue.length
  }

  get error(): RejoinError | undefined {
    return this.runs.find((run) => run.error)?.error
  }

  /** Whether the `last()` messages of its runs hold the whole text. */
  get lasts(): boolean {
    return this.#queue === '' && this.runs.every((run) => run.lasts)
  }

  get finished(): boolean {
    return this.#finished
  }

  append(text: string): void {
    if (text === '' || this.#finished) return
    let chunk = this.#half + text
    this.#half = ''
    if (endsInHighSurrogate(chunk)) {
      this.#half = chunk.slice(-1)
      chunk = chunk.slice(0, -1)
    }
    this.#write(storableText(chunk))
  }

  /** Takes over the messages of a former process, in order; further text follows the last one unless it is closed. */
  adopt(pieces: Iterable<PastText>): void {
    const all = [...pieces]
    for (const piece of all) {
      const wire = this.#wire()
      wire.serial = piece.serial
      // A message that another one followed was closed.
      const closed = piece.done || piece !== all.at(-1)
      this.runs.push(Run.adopt(this.#segmentHost(), wire, { ...piece, done: closed }))
    }
    this.#finished = all.at(-1)?.done ?? false
  }

  finish(): void {
    if (this.#finished) return
    if (this.#half !== '') this.#write(storableText(this.#half))
    this.#half = ''
    this.#finished = true
    if (!this.#turning) this.runs.at(-1)?.finish()
  }

  /** Makes its first message even without text. */
  begin(): void {
    if (this.runs.length === 0) this.#next().write('')
  }

  /** Publishes nothing more. */
  abandon(): void {
    this.#queue = this.#half = ''
    this.#finished = true
    for (const run of this.runs) run.abandon()
  }

  /** Withdraws the text: its messages become empty. */
  retract(): void {
    this.#queue = this.#half = ''
    this.#finished = true
    for (const run of this.runs) run.retract()
  }

  /** Resolves when everything so far is acknowledged (after `finish`: and closed), or was given up. */
  async settled(): Promise<void> {
    for (;;) {
      while (this.#turning) await this.#turning
      const count = this.runs.length
      for (const run of this.runs) await run.settled()
      if (!this.#turning && count === this.runs.length) return
    }
  }

  #write(chunk: string): void {
    if (chunk === '') return
    if (this.#turning || this.error) {
      this.#queue += chunk
      return
    }
    const current = this.runs.at(-1) ?? this.#next()
    const room = this.#room - current.bytes
    // A code unit takes at most three bytes, so most chunks need no exact count.
    const fits = chunk.length * 3 <= room ? chunk.length : fitting(chunk, room)
    if (fits > 0) current.write(chunk.slice(0, fits))
    if (fits < chunk.length) this.#turn(chunk.slice(fits))
  }

  #turn(rest: string): void {
    this.#queue = rest + this.#queue
    this.#turning ??= this.#turnOver().finally(() => {
      this.#turning = undefined
      if (this.#queue !== '' && !this.error) {
        const queue = this.#queue
        this.#queue = ''
        this.#write(queue)
      }
      if (this.#finished && !this.#turning) this.runs.at(-1)?.finish()
      this.#host.progressed()
    })
  }

  /**
   * Waits until the current message is closed and holds all its text, or has given some back. The next message then
   * proves to a reader that nothing before it is missing (PROTOCOL.md §1.3).
   */
  async #turnOver(): Promise<void> {
    const current = this.runs.at(-1)!
    await current.settled()
    current.finish('continued')
    await current.settled()
    if (!current.error) this.#next()
  }

  #next(): Run {
    const run = new Run(this.#segmentHost(), this.#wire())
    this.runs.push(run)
    return run
  }

  #wire() {
    const { pattern } = this.#host
    const index = this.runs.length
    this.part ??= this.#name()
    // A reader of a later run alone must know that there are earlier ones (PROTOCOL.md §1.3).
    const part = index > 0 ? `${this.part}.${index}` : this.part
    const headers = { ...this.#kind.headers, [Header.Part]: part }
    return runWire(pattern, { ...this.#kind, headers }, newId)
  }

  #segmentHost(): RunHost {
    const host = this.#host
    return {
      channel: host.channel,
      uplink: host.uplink,
      retry: host.retry,
      listening: () => host.listening(),
      lane: host.lane,
      refused: (error) => host.refused(error),
      repaired: () => host.repaired(),
      progressed: () => host.progressed(),
      overflowed: (rest, bytes) => {
        this.#room = Math.max(64, Math.min(this.#room, bytes))
        this.#turn(rest)
      },
    }
  }
}
