import type { InboundMessage } from 'ably'
import { EventEmitter } from 'eventemitter3'
import { quoted, reasonOf, RejoinError } from '../types/errors.ts'
import { isOpen } from '../types/status.ts'
import type { Transition } from '../store/store.ts'
import type { Gap, ResponseState } from '../types/types.ts'

/** Events beside the state; listen with `on`. */
export interface SessionEvents {
  /** Text of a response is known to be missing. */
  gap: [event: { responseId: string; gaps: readonly Gap[] }]
  /** All gaps of a response are filled. */
  healed: [event: { responseId: string }]
  /** Messages may have been missed; the session reads the past again. */
  discontinuity: [event: { reason: unknown }]
  /** A response has ended while this session watched. */
  finish: [event: { response: ResponseState; isAbort: boolean; isError: boolean }]
  /** Application data for the clients now present; it is not kept. */
  transient: [event: { responseId: string; name: string; data: unknown }]
  /** Something went wrong, which may also show in the state: `code` says what, `cause` keeps the original. */
  error: [error: RejoinError]
  /**
   * A message as the channel delivered it, after the session has taken it in: for tools that show what arrives. Emitted
   * for every token, and without a listener nothing is done for it.
   */
  message: [event: { message: InboundMessage; from: MessageSource }]
}

const names: string[] = [
  'gap',
  'healed',
  'discontinuity',
  'finish',
  'transient',
  'error',
  'message',
] satisfies (keyof SessionEvents)[]

/** How a message came: as it was published, with the attach (`rewind`), or read from history. */
export type MessageSource = 'live' | 'rewind' | 'history'

/** Maximum number of different reports, each made once, so that a bad publisher cannot flood a log. */
const MAX_REPORTS = 100

/** Events of a session. If a listener throws, the others are still called, and `error` reports it. */
export class Events {
  readonly #emitter = new EventEmitter()
  readonly #reported = new Set<string>()
  #reporting = false
  /** Whether anybody listens for messages, which is asked for every token. */
  hearsMessages = false

  /** Returns a function that stops listening. */
  on<E extends keyof SessionEvents>(event: E, listener: (...args: SessionEvents[E]) => void): () => void {
    if (!names.includes(event) || typeof listener !== 'function')
      throw new RejoinError(
        'invalid_argument',
        `unable to listen to ${quoted(event)}; pass one of ${names.join(', ')}, and a function`,
      )
    const isolated = (...args: SessionEvents[E]): void => {
      try {
        listener(...args)
      } catch (cause) {
        this.listenerThrew(cause)
      }
    }
    this.#emitter.on(event, isolated)
    this.hearsMessages = this.hears('message')
    return () => {
      this.#emitter.off(event, isolated)
      this.hearsMessages = this.hears('message')
    }
  }

  emit<E extends keyof SessionEvents>(event: E, ...args: SessionEvents[E]): void {
    this.#emitter.emit(event, ...args)
  }

  /** Whether anybody listens: what is emitted for every token is made only then. */
  hears(event: keyof SessionEvents): boolean {
    return this.#emitter.listenerCount(event) > 0
  }

  /** Emits an error, once for each different one. */
  reportOnce(key: string, error: () => RejoinError): void {
    if (this.#reported.has(key) || this.#reported.size >= MAX_REPORTS) return
    this.#reported.add(key)
    this.report(error())
  }

  /** Emits an error that no state shows. Without a listener for `error`, it is written to the console. */
  report(error: RejoinError): void {
    if (!this.#emitter.emit('error', error)) console.warn('[rejoin]', error)
  }

  /** A listener of `error` that itself throws is not called again for that. */
  listenerThrew(cause: unknown): void {
    if (this.#reporting) return
    this.#reporting = true
    const text = `unable to notify a listener; it threw: ${reasonOf(cause)}`
    this.report(new RejoinError('callback_failed', text, { cause }))
    this.#reporting = false
  }

  /** Emits the events that follow from what was published. */
  announce(transitions: readonly Transition[]): void {
    for (const { before, now, isLive } of transitions) {
      if (!now) continue
      if (now.hasGap && !before?.hasGap) this.emit('gap', { responseId: now.id, gaps: now.gaps })
      if (before?.hasGap && !now.hasGap) this.emit('healed', { responseId: now.id })
      if ((before ? isOpen(before.status) : isLive) && !isOpen(now.status))
        this.emit('finish', {
          response: now,
          isAbort: now.status === 'stopped',
          isError: now.status === 'error',
        })
    }
  }

  clear(): void {
    this.#emitter.removeAllListeners()
    this.hearsMessages = false
  }
}
