import type { RealtimeChannel, RealtimeClient } from 'ably'
import { ErrorCode, RejoinError, wrapPublishError } from '@rejoin/core/protocol'

/** Something with text to send: called when the connection may carry one more operation. */
export interface Sender {
  pump(): void
}

/** A text that is not closed yet. */
export interface OpenRun {
  /** The connection was lost, and another one has taken its place. */
  connectionReplaced(): void
}

interface Flight {
  readonly at: number
  fail(error: unknown): void
  readonly doubt: (() => void) | undefined
}

/**
 * All operations of one connection: how many may be on their way, at which rate, and what became of each.
 * Shared by every agent and response on the client, as Ably's limits are.
 */
export class Uplink {
  /** Milliseconds without an outcome, while connected, after which an operation counts as failed. */
  timeout = 30_000
  /** Operations that may be unacknowledged at once; beyond it, text waits and merges. */
  window = 128
  /** Messages a second; a burst of up to one fifth of that may go out at once. */
  rate = Infinity

  readonly openRuns = new Set<OpenRun>()
  readonly #client: RealtimeClient
  readonly #flights = new Set<Flight>()
  readonly #waiting = new Set<Sender>()
  #connectionId: string | undefined
  #credit = 1
  #creditAt = 0
  #pausedUntil = 0
  /** A timer will wake those who wait. */
  #alarm = false
  #watchTimer: ReturnType<typeof setTimeout> | undefined

  /** The one uplink of a client. */
  static of(client: RealtimeClient): Uplink {
    let uplink = outboxes.get(client)
    if (!uplink) outboxes.set(client, (uplink = new Uplink(client)))
    return uplink
  }

  private constructor(client: RealtimeClient) {
    this.#client = client
    this.#connectionId = client.connection.id
    client.connection.on('connected', () => this.#connected())
  }

  /** Operations without an outcome. */
  get inFlight(): number {
    return this.#flights.size
  }

  /** Takes the right to one operation. If there is none, `sender.pump()` is called when there is. */
  acquire(sender: Sender, messages = 1): boolean {
    if (this.#flights.size < this.window && this.#takeCredit(messages)) return true
    this.#waiting.add(sender)
    return false
  }

  /** As `acquire`, awaited. With no messages: waits until one could go out, and takes nothing. */
  slot(messages?: number): Promise<void> {
    return new Promise((resolve) => {
      const sender: Sender = { pump: () => this.acquire(sender, messages) && resolve() }
      sender.pump()
    })
  }

  /** Nothing goes out for so many milliseconds: a rate limit has spoken. */
  pause(milliseconds: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, Date.now() + milliseconds)
  }

  /**
   * Runs one SDK call and reports its outcome exactly once. `doubt` is called when the connection was
   * lost while the operation was unacknowledged. The SDK sends it again: an append may then count twice, and a
   * publish that was refused unheard may come after those that followed it.
   */
  track<T>(
    run: () => Promise<T>,
    done: (result: T) => void,
    failed: (error: unknown) => void,
    doubt?: () => void,
  ): void {
    const flight: Flight = {
      at: Date.now(),
      doubt,
      fail: (error) => {
        if (this.#land(flight)) failed(error)
      },
    }
    this.#flights.add(flight)
    this.#watch()
    // An SDK call may also throw at once (modular builds without a plugin).
    let outcome: Promise<T>
    try {
      outcome = run()
    } catch (error) {
      outcome = Promise.reject(error)
    }
    outcome.then(
      (result) => {
        if (this.#land(flight)) done(result)
      },
      (error: unknown) => flight.fail(error),
    )
  }

  /** As `track`, awaited, after taking a slot. */
  async send<T>(run: () => Promise<T>, messages?: number): Promise<T> {
    await this.slot(messages)
    return new Promise((resolve, reject) => this.track(run, resolve, reject))
  }

  /** Resolves once connected; rejects when that will not come by itself, or after `limit` milliseconds. */
  connected(limit?: number): Promise<void> {
    const { connection } = this.#client
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined
      const done = (error?: RejoinError) => {
        clearTimeout(timer)
        connection.off(check)
        if (error) reject(error)
        else resolve()
      }
      const check = () => {
        const { state, errorReason } = connection
        if (state === 'connected') return done()
        if (state !== 'failed' && state !== 'closed' && state !== 'closing') return
        const cause = errorReason ?? new Error(`the connection is ${state}`)
        done(wrapPublishError('publish', cause))
      }
      if (limit !== undefined) {
        const late = () =>
          done(new RejoinError(ErrorCode.Timeout, 'unable to publish; the connection did not return in time'))
        timer = setTimeout(late, limit)
      }
      connection.on(check)
      check()
    })
  }

  /** As `connected`; rejects also when the channel has failed for good. */
  async usable(channel: RealtimeChannel, limit: number): Promise<void> {
    await this.connected(limit)
    if (channel.state !== 'failed') return
    throw wrapPublishError('publish', channel.errorReason ?? new Error('the channel failed'))
  }

  #land(flight: Flight): boolean {
    if (!this.#flights.delete(flight)) return false
    if (this.#waiting.size > 0) this.#wake()
    return true
  }

  /** Lets those who wait try again, in order of asking; each takes one operation or waits on. */
  #wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const sender of waiting) sender.pump()
  }

  #takeCredit(messages: number): boolean {
    const now = Date.now()
    if (now < this.#pausedUntil) return this.#wakeAfter(this.#pausedUntil - now)
    if (this.rate === Infinity) return true
    const burst = Math.max(1, this.rate / 5)
    this.#credit = Math.min(burst, this.#credit + ((now - this.#creditAt) / 1000) * this.rate)
    this.#creditAt = now
    if (this.#credit < 1) return this.#wakeAfter(((1 - this.#credit) / this.rate) * 1000)
    // Several messages at once go into debt, which those after them wait for.
    this.#credit -= messages
    return true
  }

  #wakeAfter(milliseconds: number): false {
    if (this.#alarm) return false
    this.#alarm = true
    const wake = () => {
      this.#alarm = false
      this.#wake()
    }
    setTimeout(wake, Math.ceil(milliseconds))
    return false
  }

  /**
   * Resumed or not, what was unacknowledged was sent again by the SDK, and what came of the first time is unknown.
   */
  #connected(): void {
    const { id } = this.#client.connection
    const before = this.#connectionId
    this.#connectionId = id
    if (before === undefined) return
    for (const flight of this.#flights) flight.doubt?.()
    if (before !== id) for (const run of this.openRuns) run.connectionReplaced()
  }

  /** Fails operations whose outcome is overdue. While disconnected they wait for the SDK's own verdict. */
  #watch(): void {
    if (this.#watchTimer) return
    this.#watchTimer = setTimeout(
      () => {
        this.#watchTimer = undefined
        const { state } = this.#client.connection
        for (const flight of this.#flights) {
          if (state !== 'connected' || Date.now() - flight.at < this.timeout) break
          flight.fail(
            new RejoinError(
              ErrorCode.Timeout,
              `unable to publish; no acknowledgement within ${this.timeout} ms`,
            ),
          )
        }
        if (this.#flights.size > 0) this.#watch()
      },
      Math.min(1000, this.timeout),
    )
    unref(this.#watchTimer)
  }
}

const outboxes = new WeakMap<RealtimeClient, Uplink>()

/** In Node.js, a timer that does not keep the process alive. */
export function unref(timer: unknown): void {
  ;(timer as { unref?: () => void }).unref?.()
}
