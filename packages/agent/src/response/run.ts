import { checksum, type RejoinError, Phase } from '@rejoin/core/protocol'
import type { LastMessage } from '../publish/lastMessage.ts'
import { Backoff, isGone, isRateLimit, judge } from '../publish/backoff.ts'
import type { Lane, LaneHost } from '../publish/lane.ts'
import type { Sender } from '../publish/uplink.ts'
import { wrapRefusal } from '../publish/rights.ts'
import type { PastText } from './pastResponse.ts'
import type { RunWire } from './runWire.ts'
import { fitting, utf8Length } from './unicode.ts'

export interface RunHost extends LaneHost {
  readonly lane: Lane
  /** An operation was delivered or given up. */
  progressed(): void
  /** A text with a gap was repaired. */
  repaired(): void
  /** The message is full: `rest` belongs in the next one. */
  overflowed(rest: string, bytes: number): void
}

/**
 * A text that grows within one message (or, per token, one run of messages): sends text without waiting, watches every
 * outcome, and repairs itself. After a refusal it holds back further text, waits for the operations in flight, replaces
 * the whole text, and goes on (PROTOCOL.md §6.2).
 */
export class Run implements Sender {
  /** Bytes of UTF-8 in `text`. */
  bytes = 0
  /** Version of the last operation, if the service returns it. */
  version: string | undefined

  readonly wire: RunWire
  readonly #host: RunHost
  readonly #backoff: Backoff
  /** The text passed to the SDK; `#unsent` follows it. */
  #sent = ''
  #unsent = ''
  #state: 'new' | 'opening' | 'open' | 'closed' | 'lost' = 'new'
  #pending = 0
  /** Code units acknowledged, as far as known. */
  #confirmed = 0
  #broken: unknown
  /** Where to cut the text because the message is full. */
  #cut: number | undefined
  #finishing: Closing | undefined
  #tending = false
  #retracted = false
  #error: RejoinError | undefined
  #settled: (() => void)[] = []

  constructor(host: RunHost, wire: RunWire) {
    this.#host = host
    this.wire = wire
    this.#backoff = new Backoff(host.retry)
  }

  /** Takes over an unfinished message of a former process. */
  static adopt(host: RunHost, wire: RunWire, { text, done, version }: PastText): Run {
    const run = new Run(host, wire)
    run.#sent = text
    run.bytes = utf8Length(text)
    run.version = version
    if (done) {
      run.#state = 'closed'
      return run
    }
    run.#state = 'open'
    host.uplink.openRuns.add(run)
    // The former process's plan is unknown: from now on, the text is the message's content.
    run.#broken = new Doubt()
    run.#tend()
    return run
  }

  get text(): string {
    return this.#unsent === '' ? this.#sent : this.#sent + this.#unsent
  }

  /** Code units without an acknowledgement. */
  get backlog(): number {
    if (this.#state === 'closed' || this.#state === 'lost') return 0
    return this.#sent.length + this.#unsent.length - this.#confirmed
  }

  /** Why the text could not be delivered. */
  get error(): RejoinError | undefined {
    return this.#error
  }

  /** Whether the message's serial is known or not needed. */
  get lasts(): boolean {
    return this.wire.serial !== undefined || !this.wire.needsSerial
  }

  /** The whole text in one message; `undefined` if it is closed or cannot be published. */
  last(): LastMessage | undefined {
    if (!this.lasts || this.#state === 'new' || this.#state === 'closed') return undefined
    return this.wire.last(this.text, checksum(this.text))
  }

  /** Text that fits into this message. */
  write(text: string): void {
    this.#unsent += text
    this.bytes += utf8Length(text)
    if (this.#state === 'new') this.#open()
    else this.pump()
  }

  /** Publishes nothing more. */
  abandon(): void {
    this.#state = 'closed'
    this.#unsent = ''
    this.#host.uplink.openRuns.delete(this)
    this.#notify()
  }

  /** Withdraws the text: a message becomes empty; tokens stay and no longer count. */
  retract(): void {
    this.#retracted = true
    this.#unsent = ''
    this.#finishing = 'done'
    this.#cut = undefined
    if (this.#state === 'lost') return
    if (this.#state === 'new' || !this.wire.needsSerial) {
      this.#state = 'closed'
      this.#host.uplink.openRuns.delete(this)
      return this.#notify()
    }
    if (this.#state === 'closed') this.#state = 'open'
    this.#sent = ''
    this.bytes = this.#confirmed = 0
    this.#broken ??= new Doubt()
    this.#tend()
  }

  /** No text follows; `continued`: none in this message. */
  finish(closing: Closing = 'done'): void {
    this.#finishing ??= closing
    this.#tend()
  }

  /** Resolves when everything so far is acknowledged (after `finish`: and closed), or was given up. */
  async settled(): Promise<void> {
    while (!this.#isSettled()) await new Promise<void>((resolve) => this.#settled.push(resolve))
  }

  pump(): void {
    if (this.#state !== 'open' || this.#broken || this.#unsent === '') return
    if (!this.#host.uplink.acquire(this)) return
    const data = this.#unsent
    const start = this.#sent.length
    this.#sent += data
    this.#unsent = ''
    this.#pending++
    const end = this.#sent.length
    this.#host.uplink.track(
      () => this.wire.grow(data, end),
      (version) => {
        this.#pending--
        this.#seen(version)
        if (!this.#broken && !this.#retracted) {
          this.#confirmed = end
          this.#backoff.succeeded()
        }
        this.#after()
      },
      (error) => {
        this.#pending--
        this.#host.refused(error)
        if (judge(error) === 'split') this.#cut = Math.min(this.#cut ?? start, start)
        this.#broken ??= error
        this.#after()
      },
      () => (this.#broken ??= new Doubt()),
    )
  }

  /** Operations on a lost connection may be lost. An append to a lost message fails; lost tokens go unnoticed. */
  connectionReplaced(): void {
    if (this.wire.needsSerial || this.#state !== 'open') return
    this.#broken ??= new Doubt()
    this.#tend()
  }

  #isSettled(): boolean {
    if (this.#state === 'closed' || this.#state === 'lost') return true
    if (this.#finishing && this.#state !== 'new') return false
    return (
      this.#pending === 0 &&
      !this.#broken &&
      !this.#tending &&
      this.#unsent === '' &&
      this.#state !== 'opening'
    )
  }

  #after(): void {
    if (this.#pending === 0) this.#tend()
    this.#notify()
  }

  #notify(): void {
    this.#host.progressed()
    if (this.#settled.length === 0 || !this.#isSettled()) return
    for (const resolve of this.#settled.splice(0)) resolve()
  }

  #seen(version: string | undefined): void {
    if (version && !(this.version && this.version > version)) this.version = version
  }

  #open(opened = () => {}): void {
    this.#state = 'opening'
    this.#host.uplink.openRuns.add(this)
    this.#host.lane.push({
      make: () => {
        this.#sent += this.#unsent
        this.#unsent = ''
        return this.wire.open(this.#sent)
      },
      shrink: () => this.#shrink(),
      done: (serial) => {
        this.wire.serial = serial
        this.#seen(serial)
        if (this.#state !== 'opening') return opened()
        this.#state = 'open'
        // The opened message may have been withdrawn meanwhile.
        this.#broken = this.#retracted && this.#broken ? new Doubt() : undefined
        this.#confirmed = this.#sent.length
        if (!serial && this.wire.needsSerial) this.#lose(new Error('the channel returned no serial'))
        opened()
        this.pump()
        this.#after()
      },
      failed: (error) => {
        this.#lose(error)
        opened()
      },
    })
  }

  /** Even the opening message was too large: halves its text. */
  #shrink(): boolean {
    if (this.bytes < 2) return false
    const { text } = this
    this.#unsent = ''
    this.#keep(text, fitting(text, Math.floor(this.bytes / 2)) || fitting(text, 4))
    return true
  }

  /** Keeps the first `length` code units and passes the rest on. */
  #keep(text: string, length: number): void {
    this.#sent = text.slice(0, length)
    this.bytes = utf8Length(this.#sent)
    this.#confirmed = Math.min(this.#confirmed, length)
    if (this.#finishing) this.#finishing = 'continued'
    this.#host.overflowed(text.slice(length), this.bytes)
  }

  /** The slow path, one operation at a time: repairs, closes, or resumes the flow of text. */
  #tend(): void {
    if (this.#tending || this.#pending > 0 || this.#state !== 'open') {
      if (this.#state === 'new' && this.#finishing) this.#state = 'closed'
      return
    }
    if (!this.#broken && this.#unsent !== '') return this.pump()
    if (!this.#broken && !this.#finishing) return
    this.#tending = true
    void this.#mend().finally(() => {
      this.#tending = false
      this.#tend()
      this.#notify()
    })
  }

  async #mend(): Promise<void> {
    try {
      if (this.#broken) await this.#repair()
      else await this.#close()
    } catch (error) {
      this.#lose(error)
    }
  }

  async #repair(): Promise<void> {
    await this.#wait(this.#broken)
    if (this.#cut !== undefined) {
      const { text } = this
      this.#unsent = ''
      const cut = this.#cut
      this.#cut = undefined
      this.#keep(text, cut)
    } else {
      this.#sent += this.#unsent
      this.#unsent = ''
    }
    // A new message with the whole text replaces the lost one.
    if (this.#isGone(this.#broken)) {
      this.#host.repaired()
      return new Promise((resolve) => this.#open(resolve))
    }
    const { uplink } = this.#host
    const retracted = this.#retracted
    try {
      this.#seen(await uplink.send(() => this.wire.replace(this.#sent)))
      // Withdrawn meanwhile: the published text is no longer right.
      this.#broken = retracted === this.#retracted ? undefined : new Doubt()
      this.#confirmed = this.#sent.length
      this.#backoff.succeeded()
      this.#host.repaired()
    } catch (error) {
      this.#host.refused(error)
      // The text alone fits, but not with the update's name and headers: move a part of it to the next message.
      if (judge(error) === 'split') this.#cut = fitting(this.#sent, Math.floor(this.bytes / 2))
      if (this.#cut === 0) throw error
      this.#broken = error
    }
  }

  async #close(): Promise<void> {
    try {
      const sum = checksum(this.#sent)
      const phase = this.#finishing === 'continued' ? Phase.Streaming : Phase.Done
      this.#seen(await this.#host.uplink.send(() => this.wire.close(this.#sent.length, sum, phase)))
      // The connection was replaced meanwhile: repair the text, then close again.
      if (this.#broken) return
      this.#state = 'closed'
      this.#host.uplink.openRuns.delete(this)
    } catch (error) {
      this.#host.refused(error)
      // The close may have arrived; replacing the text and closing again is harmless.
      this.#broken = error
    }
  }

  /** Waits until another try makes sense; throws `error` if none does. */
  async #wait(error: unknown): Promise<void> {
    if (!(error instanceof Doubt) && !this.#isGone(error) && judge(error) === 'final') throw error
    const delay = this.#backoff.next()
    if (delay === undefined) throw error
    if (isRateLimit(error)) this.#host.uplink.pause(delay)
    // Unless the rate limit was hit, repair at once the first time.
    if (isRateLimit(error) || this.#backoff.repeated)
      await new Promise((resolve) => setTimeout(resolve, delay))
    await this.#host.uplink.usable(this.#host.channel, this.#backoff.left())
  }

  #isGone(error: unknown): boolean {
    return this.wire.needsSerial && isGone(error)
  }

  #lose(cause: unknown): void {
    this.#error = wrapRefusal('publish the text', cause, this.wire.right, this.#host.channel.name)
    this.#state = 'lost'
    this.#host.uplink.openRuns.delete(this)
    this.#notify()
  }
}

type Closing = 'done' | 'continued'

/** No operation was refused, but the channel's content is unknown. */
class Doubt {}
