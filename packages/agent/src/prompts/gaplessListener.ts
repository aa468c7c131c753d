import type { ChannelStateChange, InboundMessage, RealtimeChannel } from 'ably'
import { ErrorCode, wrapError, type RejoinError } from '@rejoin/core/protocol'
import { Backoff, judge } from '../publish/backoff.ts'
import { missing, wrapRefusal } from '../publish/rights.ts'
import { newest, since } from './channelPast.ts'

export interface ListenerHost {
  /** Names of the messages to hear. */
  readonly names: string[]
  /** Nobody else will say how far the channel is known: find out when listening begins. */
  readonly fromNow: boolean
  /** A message, once and in order. `late`: it was missed, and read from history. */
  receive(message: InboundMessage, late: boolean): void
  report(error: RejoinError): void
}

/** Milliseconds for which reading the past is tried again. */
const READ_PATIENCE = 30_000

/** Hears a channel's messages without a gap: what was missed with the connection is read from history. */
export class GaplessListener {
  readonly #channel: RealtimeChannel
  readonly #host: ListenerHost
  readonly #listener = (message: InboundMessage) => {
    if (this.#held) this.#held.push(message)
    else this.#receive(message)
  }
  readonly #onState = (change: ChannelStateChange) => {
    if (change.current === 'failed') {
      const what = `listen on channel "${this.#channel.name}"`
      this.#host.report(wrapError(what, change.reason ?? new Error('it failed'), ErrorCode.AttachFailed))
    } else if (change.current === 'attached' && !change.resumed && this.isListening) this.#lose()
  }
  #listening: Promise<void> | undefined
  #isListening = false
  /** Serial of the last message heard, or of the last before listening; `undefined` while unknown. */
  #heard: string | undefined
  /** Resolves once `heard` is known or cannot be determined. */
  #standing: Promise<void> | undefined
  /** Continuity was lost, and the missed messages are not read yet. */
  #lost = false
  #closed = false
  /** Live messages held back. */
  #held: InboundMessage[] | undefined

  constructor(channel: RealtimeChannel, host: ListenerHost) {
    this.#channel = channel
    this.#host = host
  }

  get isListening(): boolean {
    return this.#isListening
  }

  /** Starts listening; idempotent. */
  listen(): Promise<void> {
    return (this.#listening ??= this.#listen().catch((error: unknown) => {
      this.#listening = undefined
      throw error
    }))
  }

  /** Holds live messages back until `release`. */
  hold(): void {
    this.#held = []
  }

  /** Everything up to this message is known. */
  reached(serial: string): void {
    this.#heard = serial
  }

  /** Reads missed messages, repeatedly if more were missed meanwhile, then releases the held live messages. */
  async release(): Promise<void> {
    while (this.#lost && !this.#closed) {
      this.#lost = false
      await this.#readMissed()
    }
    const held = this.#held ?? []
    this.#held = undefined
    for (const message of held) this.#receive(message)
  }

  close(): void {
    this.#closed = true
    this.#unlisten()
  }

  async #listen(): Promise<void> {
    const what = `listen on channel "${this.#channel.name}"`
    this.#unlisten()
    try {
      await this.#channel.subscribe(this.#host.names, this.#listener)
      await this.#channel.attach()
      this.#isListening = true
      this.#channel.on(['attached', 'update', 'failed'], this.#onState)
      // Record the position now, in case the connection is lost for long: this agent answers only later prompts.
      if (this.#host.fromNow) {
        this.#standing = newest(this.#channel).then(
          (serial) => void (this.#heard ??= serial),
          (error: unknown) => this.#unread('read where the channel stands', error),
        )
      }
    } catch (error) {
      throw wrapRefusal(what, error, 'subscribe', this.#channel.name, ErrorCode.AttachFailed)
    }
    const lack = missing(what, this.#channel, 'subscribe')
    if (lack) throw lack
  }

  #unlisten(): void {
    this.#channel.unsubscribe(this.#listener)
    this.#channel.off(this.#onState)
  }

  #receive(message: InboundMessage, late = false): void {
    const { serial = '' } = message
    if (serial > (this.#heard ?? '')) this.#heard = serial
    this.#host.receive(message, late)
  }

  /** Continuity was lost: the missed messages are only in history. */
  #lose(): void {
    const busy = this.#held !== undefined
    // Held messages came before the new attach point, so history has them as well.
    this.#held = []
    this.#lost = true
    if (!busy) void this.release()
  }

  async #readMissed(): Promise<void> {
    const failed = (error: unknown) => this.#unread('read what was missed', error)
    await this.#standing
    const heard = this.#heard
    if (heard === undefined) return failed(new Error('how far it had been heard is not known'))
    const backoff = new Backoff({ giveUpAfter: READ_PATIENCE })
    for (;;) {
      try {
        for (const message of await since(this.#channel, heard))
          if ((message.serial ?? '') > heard && this.#host.names.includes(message.name ?? ''))
            this.#receive(message, true)
        return
      } catch (error) {
        // Continuity was lost again: the next read covers this one.
        if (this.#lost || this.#closed) return
        const delay = judge(error) === 'retry' ? backoff.next() : undefined
        if (delay === undefined) return failed(error)
        await new Promise((resolve) => setTimeout(resolve, delay))
      }
    }
  }

  #unread(what: string, error: unknown): void {
    if (this.#closed) return
    this.#host.report(wrapRefusal(what, error, 'history', this.#channel.name, ErrorCode.HydrationFailed))
  }
}
