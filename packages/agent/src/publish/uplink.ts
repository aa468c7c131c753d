import type { RealtimeChannel, RealtimeClient } from 'ably'
import { ErrorCode, RejoinError, wrapPublishError } from '@rejoin/core/protocol'

/** A writer with text to send: called when the connection may carry one more operation. */
export interface Sender {
  pump(): void
}

/** A text that is still open. */
export interface OpenRun {
  /** Called when a new connection has replaced a lost one. */
  connectionReplaced(): void
}

interface Flight {
  readonly at: number
  fail(error: unknown): void
  readonly doubt: (() => void) | undefined
}

/**
 * All operations of one connection: how many may be in flight, at what rate, and the outcome of each.
 * Every agent and response of a client shares it, because Ably's limits apply to the connection.
 */
export class Uplink {
  /** Milliseconds without an outcome, while connected, after which an operation counts as failed. */
  timeout = 30_000
  /** Operations that may be unacknowledged at once. At this limit, text waits and is merged. */
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
  /** A timer is set to wake the waiting senders. */
  #alarm = false
  #watchTimer: ReturnType<typeof setTimeout> | undefined

  /** Returns the client's only uplink. */
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

  /** Takes a slot for one operation. If none is free, `sender.pump()` is called when one is. */
  acquire(sender: Sender, messages = 1): boolean {
    if (this.#flights.size < this.window && this.#takeCredit(messages)) return true
    this.#waiting.add(sender)
    return false
  }

  /** As `acquire`, awaited. With no messages, waits for a free slot without taking it. */
  slot(messages?: number): Promise<void> {
    return new Promise((resolve) => {
      const sender: Sender = { pump: () => this.acquire(sender, messages) && resolve() }
      sender.pump()
    })
  }

  /** Pauses all sending for this many milliseconds, after a rate limit was hit. */
  pause(milliseconds: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, Date.now() + milliseconds)
  }

  /**
   * Runs one SDK call and reports its outcome exactly once. `doubt` is called when the connection was lost while the
   * operation was unacknowledged. The SDK sends the operation again: an append may then count twice, and a publish
   * whose refusal was lost may arrive after later ones.
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

  /** Resolves once connected. Rejects if the client will not connect by itself, or after `limit` milliseconds. */
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

  /** Wakes the waiting senders in order of asking; each takes one slot or keeps waiting. */
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
    // A batch may exceed the budget; later operations wait until it has recovered.
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
   * Resumed or not, the SDK has sent the unacknowledged operations again, and the first outcome is unknown.
   */
  #connected(): void {
    const { id } = this.#client.connection
    const before = this.#connectionId
    this.#connectionId = id
    if (before === undefined) return
    for (const flight of this.#flights) flight.doubt?.()
    if (before !== id) for (const run of this.openRuns) run.connectionReplaced()
  }

  /** Fails overdue operations. While disconnected, operations wait for the SDK's own outcome. */
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
