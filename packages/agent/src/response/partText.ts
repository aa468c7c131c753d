import { type RejoinError, Header, newId } from '@rejoin/core/protocol'
import { Run, type RunHost } from './run.ts'
import { runWire, type Pattern, type RunKind } from './runWire.ts'
import { storableText } from '../inbound/storable.ts'
import { endsInHighSurrogate, fitting, utf8Length } from './unicode.ts'

export interface PartTextHost extends Omit<RunHost, 'overflowed'> {
  readonly pattern: Pattern
  /** Bytes that a message may have, name and headers included. */
  readonly maxMessageSize: number
}

/** For operation metadata, the client id and what else a service may count. */
const SLACK = 256

/**
 * One text of a response: a text part, reasoning, or the arguments of a tool call. It spans as many messages
 * as its size demands, one after another; the next opens when the former holds all of its text.
 */
export class PartText {
  /** Header `part`, given when the first message is made; the first message's, where each has its own. */
  part: string | undefined
  readonly runs: Run[] = []

  readonly #host: PartTextHost
  readonly #kind: RunKind
  readonly #name: () => string
  #room: number
  /** Text that waits for a further message. */
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

  /** Whether the last words of its runs are all of it. */
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

  /** Takes over messages of a former process, in order; further text follows the last, unless that is done. */
  adopt(pieces: Iterable<{ serial: string; text: string; done: boolean }>): void {
    const all = [...pieces]
    for (const piece of all) {
      const wire = this.#wire()
      wire.serial = piece.serial
      // Whoever was followed was closed.
      const closed = piece.done || piece !== all.at(-1)
      this.runs.push(Run.adopt(this.#segmentHost(), wire, piece.text, closed))
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

  /** Makes its first message, although there is no text yet. */
  begin(): void {
    if (this.runs.length === 0) this.#next().write('')
  }

  /** Publishes nothing more. */
  abandon(): void {
    this.#queue = this.#half = ''
    this.#finished = true
    for (const run of this.runs) run.abandon()
  }

  /** Takes it back: its messages become empty. */
  retract(): void {
    this.#queue = this.#half = ''
    this.#finished = true
    for (const run of this.runs) run.retract()
  }

  /** Resolves when everything so far is acknowledged (after `finish`: and closed), or given up. */
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
    // Three bytes a code unit at most: most chunks need no exact count.
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
   * Waits until the current message holds all its text, should it have to give some back, and is closed: a reader
   * knows by the next that nothing is missing before it (PROTOCOL.md §1.3).
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
    // Whoever reads a later run alone knows that there are others (PROTOCOL.md §1.3).
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
