import type { ChannelMode, ConnectionStateChange, InboundMessage, RealtimeChannel } from 'ably'
import { Continuity } from '../past/continuity.ts'
import { Emitter } from './emitter.ts'
import type { ErrorCode } from '../types/errors.ts'
import { RejoinError, wrapError } from '../types/errors.ts'
import type { StreamEvent } from '../protocol/event.ts'
import type { Feature } from './feature.ts'
import { kindsOf, readersOf } from './feature.ts'
import type { Schedule } from '../store/frame.ts'
import { perFrame } from '../store/frame.ts'
import { history } from '../past/history.ts'
import type { Hydrator } from '../past/hydrator.ts'
import type { ChannelSource } from '../ably/openChannel.ts'
import { openChannel } from '../ably/openChannel.ts'
import type { Presence } from './presence.ts'
import type { RegisteredData, RegisteredTools } from '../types/register.ts'
import { same } from '../types/same.ts'
import type { SessionEvents, SessionState, SessionStatus } from './sessionState.ts'
import { Store } from '../store/store.ts'
import type { Published } from '../store/store.ts'
import type { DataTypes, PromptState, ResponseListener, ResponseState, Row, Tools } from '../types/types.ts'
import type { Codec, NameOptions } from '../wire/codec.ts'
import { codecOf } from '../wire/codec.ts'
import { textReaders } from '../wire/text.ts'

export interface ReadingOptions extends NameOptions {
  /** How to learn the past: `history()` (default), `rewind()`, `seed()`, or a function of your own. */
  hydrate?: Hydrator
  /** Reads another wire format. Default: the documented patterns (PROTOCOL.md). */
  codec?: Codec
  /** When to publish changes. Default: once per animation frame, and never throttled while hidden. */
  schedule?: Schedule
}

export type ReaderOptions = ChannelSource &
  ReadingOptions & {
    /** What to understand beside text, reasoning and prompts: `[toolParts, valueParts, …]`. */
    features?: readonly Feature[]
  }

/** Reports that a view would want, once each: a bad publisher must not flood a log. */
const MAX_REPORTS = 100

const nobody: Presence = Object.freeze({ agents: Object.freeze([]), users: Object.freeze([]) })

/** Turns what a channel carries into whole responses, and keeps them whole. Reads only: see `Session`. */
export class Reader<T extends Tools = RegisteredTools, D extends DataTypes = RegisteredData> {
  /** Hydrated and live. Rejects with a clear error when that cannot be. */
  readonly ready: Promise<void>
  protected readonly channel: RealtimeChannel
  protected readonly store: Store
  protected closed = false
  readonly #client: ReaderOptions['client']
  readonly #codec: Codec
  readonly #continuity: Continuity
  readonly #events = new Emitter<SessionEvents>((cause) => this.#listenerThrew(cause))
  readonly #reported = new Set<string>()
  #reporting = false
  /** About the message being read. */
  readonly #delivery = { epoch: undefined as number | undefined, live: false, ended: false }
  #snapshot: SessionState | undefined
  #stale = true
  #hydratedOnce = false
  #error: Error | undefined
  #rejectClosing: (error: Error) => void = () => {}
  /** Rejects when the session is closed: nobody waits for what does not come. */
  readonly #closing = new Promise<never>((_, reject) => {
    this.#rejectClosing = reject
  })

  constructor(options: ReaderOptions, modes?: ChannelMode[]) {
    const { hydrate = history(), features = [], codec, schedule = perFrame } = options
    this.channel = openChannel(options, { params: hydrate.params, modes })
    this.#client = options.client
    this.#codec = codec ?? codecOf({ ...textReaders, ...readersOf(features) }, options)
    this.store = new Store(this.channel.name, kindsOf(features), {
      schedule,
      onPublish: (published) => this.#announce(published),
      onListenerError: (cause) => this.#listenerThrew(cause),
    })
    this.#continuity = new Continuity(this.channel, hydrate, this.store, {
      apply: (message, epoch, live) => this.#apply(message, epoch, live),
      applyRow: (row) => this.#applyRow(features, row),
      onChange: () => this.stateChanged(),
      onDiscontinuity: (reason) => this.#events.emit('discontinuity', { reason }),
      onPast: (loaded) => {
        // Before the past is published, so that listeners are told of both at once.
        this.#hydratedOnce ||= loaded && this.channel.state === 'attached'
        this.onPast()
      },
      onError: (error) => this.#fail(error),
    })
    this.channel.on(this.#onChannelState)
    this.#client?.connection.on(this.#onConnectionState)
    this.ready = this.#start()
    // Whoever does not await `ready` learns of its failure from the state and the error event.
    this.ready.catch((error: Error) => this.#fail(error))
  }

  getSnapshot = (): SessionState => {
    const snapshot = this.#snapshot
    const { store } = this
    if (snapshot && !this.#stale && snapshot.messages === store.messages) return snapshot
    this.#stale = false
    const next: SessionState = {
      status: this.#status,
      messages: store.messages,
      hasOlder: this.#continuity.state.hasOlder,
      hydration: this.#continuity.state.status,
      ...this.present,
      error: this.#error,
    }
    if (!same(next, snapshot)) this.#snapshot = next
    return this.#snapshot!
  }

  /** Tells of changes to the list, to prompts and to the session's status: never per token. */
  subscribe = (listener: () => void): (() => void) => this.store.subscribe(listener)

  getResponse = (id: string): ResponseState<T, D> | undefined =>
    this.store.getResponse(id) as ResponseState<T, D> | undefined

  /** Tells of changes to one response, at most once per frame, and what they were. */
  subscribeResponse = (id: string, listener: ResponseListener): (() => void) =>
    this.store.subscribeResponse(id, listener)

  getPrompt = (id: string): PromptState | undefined => this.store.getPrompt(id)

  /** Loads what came before the oldest message of the list. Resolves when it shows. */
  loadOlder = (): Promise<void> => this.#continuity.loadOlder()

  /** Listens to what is not state. Returns how to stop. */
  on = <E extends keyof SessionEvents>(
    event: E,
    listener: (...args: SessionEvents[E]) => void,
  ): (() => void) => this.#events.on(event, listener)

  /** Publishes what has arrived at once instead of with the next frame. */
  flush = (): void => this.store.flush()

  /** Stops listening. The channel and client stay as they are: they are yours. */
  close = (): void => {
    if (this.closed) return
    this.closed = true
    this.#closing.catch(() => {})
    this.#rejectClosing(
      new RejoinError(
        'closed',
        'unable to finish opening the session; close() was called before it was ready',
      ),
    )
    this.#continuity.close()
    this.onClose()
    this.channel.off(this.#onChannelState)
    this.#client?.connection.off(this.#onConnectionState)
    this.stateChanged()
    // Whoever listens learns that it is over; nothing is told after that.
    this.store.flush()
    this.store.close()
    this.#events.clear()
  }

  /** Who is on the channel. */
  protected get present(): Presence {
    return nobody
  }

  /** The past, or a part of it, has been read, and is about to be published. */
  protected onPast(): void {}

  /** Hydrated and live for the first time. */
  protected onReady(): void {}

  protected onClose(): void {}

  protected stateChanged(): void {
    this.#stale = true
    this.store.stateChanged()
  }

  /** Something that the session can do without has failed: `error` tells, once. */
  protected readonly lacks =
    (what: string, code: ErrorCode) =>
    (cause: unknown): void =>
      this.#reportOnce(what, () => wrapError(what, cause, code))

  async #start(): Promise<void> {
    try {
      await Promise.race([this.#continuity.start(), this.#closing])
    } finally {
      // Attached but unable to read the past is still live: what arrives shows, with its beginning known missing.
      this.#hydratedOnce ||= this.channel.state === 'attached'
    }
    if (!this.closed) this.onReady()
  }

  #apply(message: InboundMessage, epoch: number | undefined, live: boolean): void {
    this.#delivery.epoch = epoch
    this.#delivery.live = live
    this.#delivery.ended = false
    try {
      this.#codec.decode(message, this.#take)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      const what = `unable to read a message named "${String(message?.name)}"; ${reason}. It was skipped`
      this.#reportOnce(what, () => new RejoinError('bad_message', what, { cause }))
      return
    }
    if (live) this.store.changed(this.#delivery.ended ? 'now' : 'frame')
  }

  /** Takes the events of the message being read; one function for all of them, since every token passes here. */
  readonly #take = (event: StreamEvent): void => {
    const delivery = this.#delivery
    event.epoch = delivery.epoch
    this.store.conversation.apply(event, delivery.live)
    delivery.ended ||= isTerminal(event)
  }

  #applyRow(features: readonly Feature[], row: Row): void {
    const { applyRow } = features.find((feature) => feature.applyRow) ?? {}
    if (!applyRow)
      throw new RejoinError(
        'invalid_argument',
        'unable to show rows of a database; give createReader() the feature `databaseRows`',
      )
    applyRow(this.store.conversation, row)
  }

  #announce(published: readonly Published[]): void {
    for (const { before, now } of published) {
      if (now.hasGap && !before?.hasGap) this.#events.emit('gap', { responseId: now.id, gaps: now.gaps })
      if (before?.hasGap && !now.hasGap) this.#events.emit('healed', { responseId: now.id })
      if (before && isOpen(before) && !isOpen(now))
        this.#events.emit('finish', {
          response: now,
          isAbort: now.status === 'stopped',
          isError: now.status === 'error',
        })
    }
  }

  get #status(): SessionStatus {
    if (this.closed) return 'closed'
    const connection = this.#client?.connection.state
    const { state } = this.channel
    if (state === 'failed' || connection === 'failed') return 'failed'
    if (state === 'suspended' || connection === 'suspended') return 'suspended'
    if (!this.#hydratedOnce) return this.#error ? 'failed' : 'connecting'
    if (connection !== undefined && connection !== 'connected') return 'disconnected'
    return state === 'attached' ? 'live' : 'disconnected'
  }

  readonly #onChannelState = (change: { current: string; reason?: unknown }): void => {
    if (change.current === 'attached') this.#error = undefined
    if (change.current === 'failed')
      this.#fail(wrapError(`stay on channel "${this.channel.name}"`, change.reason, 'attach_failed'))
    this.stateChanged()
  }

  readonly #onConnectionState = (change: ConnectionStateChange): void => {
    if (change.current === 'failed') this.#fail(wrapError('connect to Ably', change.reason, 'auth_failed'))
    this.stateChanged()
  }

  #fail(error: Error): void {
    if (this.closed || this.#error === error) return
    this.#error = error
    this.stateChanged()
    this.#events.emit('error', error)
  }

  /** A listener of `error` that throws is not told of that. */
  #listenerThrew(cause: unknown): void {
    if (this.#reporting) return
    this.#reporting = true
    const text = `unable to notify a listener; it threw: ${String(cause)}`
    this.#events.emit('error', new RejoinError('callback_failed', text, { cause }))
    this.#reporting = false
  }

  #reportOnce(key: string, error: () => Error): void {
    if (this.#reported.has(key) || this.#reported.size >= MAX_REPORTS) return
    this.#reported.add(key)
    this.#events.emit('error', error())
  }
}

/**
 * Opens a reader: attaches, reads the past, and keeps every response whole from then on. Understands text, reasoning,
 * prompts and how responses end, and what `features` add. For pages that count bytes; a chat wants `createSession`.
 */
export function createReader<T extends Tools = RegisteredTools, D extends DataTypes = RegisteredData>(
  options: ReaderOptions,
): Reader<T, D> {
  return new Reader<T, D>(options)
}

const isOpen = ({ status }: ResponseState): boolean => status === 'streaming' || status === 'interrupted'

function isTerminal(event: StreamEvent): boolean {
  return event.type === 'end' || ((event.type === 'text' || event.type === 'revise') && event.done === true)
}
