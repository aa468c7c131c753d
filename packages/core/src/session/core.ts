import type { ChannelMode, RealtimeChannel } from 'ably'
import type { ChannelSource } from '../ably/openChannel.ts'
import { openChannel } from '../ably/openChannel.ts'
import { Continuity } from '../past/continuity.ts'
import { history } from '../past/history.ts'
import type { Hydrator } from '../past/hydrator.ts'
import { Conversation } from '../response/conversation.ts'
import type { Ignored } from '../response/conversation.ts'
import { noLines } from '../response/lines.ts'
import type { MessageList } from '../response/lines.ts'
import type { Agents } from '../response/parties.ts'
import type { Produce, Structure } from '../response/reduce.ts'
import { perFrame } from '../store/frame.ts'
import type { Schedule } from '../store/frame.ts'
import { Store } from '../store/store.ts'
import type { ErrorCode } from '../types/errors.ts'
import { RejoinError, wrapError } from '../types/errors.ts'
import { same } from '../types/same.ts'
import { codecOf } from '../wire/codec.ts'
import type { Codec, NameOptions } from '../wire/codec.ts'
import { textReaders } from '../wire/text.ts'
import { followStatus } from './channelStatus.ts'
import { Events } from './events.ts'
import { kindsOf, readersOf, rowsOf } from './feature.ts'
import type { Feature } from './feature.ts'
import { Intake } from './intake.ts'
import { initialState, reduceSession, stateOf, viewOf } from './state.ts'
import type { SessionChange, SessionFacts, SessionState, SessionView } from './state.ts'

export interface ReadingOptions extends NameOptions {
  /** How to read the past: `history()` (default), `rewind()`, `seed()`, or a hydrator of your own. */
  hydrate?: Hydrator
  /** Reads another wire format. Default: the documented patterns (PROTOCOL.md). */
  codec?: Codec
  /**
   * Who may begin a response: `clientId`s, or a function of the `clientId` and of the claim that Ably verified
   * (`extras.userClaim`). They may continue each other's responses. Messages that anyone else publishes as an agent are
   * ignored and reported as `untrusted`. Default: anyone may begin one, and only they continue it (PROTOCOL.md §8).
   */
  agents?: Agents | undefined
  /** When to publish changes. Default: once per animation frame, and never throttled while hidden. */
  schedule?: Schedule
}

/** Hooks by which a session extends a reader. */
interface Parts {
  readonly features: readonly Feature[]
  readonly produce: Produce
  readonly modes?: ChannelMode[] | undefined
  /** Chooses the messages that show; default: all. */
  readonly pathOf?: (structure: Structure) => MessageList
  /** Part of the past was read and is about to show, or the channel is back. */
  onPast?(): void
  /** What changed is about to be published. */
  onFlush?(): void
  /** Live for the first time. */
  onReady?(): void
  onClose?(): void
}

/** Joins the parts of a reader: intake, continuity, store, state and events. */
export class SessionCore {
  readonly ready: Promise<void>
  readonly channel: RealtimeChannel
  readonly conversation: Conversation
  readonly store: Store
  readonly events = new Events()
  /** Number of messages ignored because their publishers may not send them. */
  ignored = 0
  readonly #parts: Parts
  readonly #continuity: Continuity
  readonly #unfollow: () => void
  #facts: SessionFacts
  #shown: { of: SessionFacts; view: SessionView; state: SessionState } | undefined
  #rejectClosing: (error: Error) => void = () => {}
  /** Rejects when the session is closed, so that `ready` does not stay pending. */
  readonly #closing = new Promise<never>((_, reject) => {
    this.#rejectClosing = reject
  })

  constructor(options: ChannelSource & ReadingOptions, parts: Parts) {
    const { hydrate = history(), codec, schedule = perFrame } = options
    const { features, modes, produce } = parts
    const channel = (this.channel = openChannel(options, { params: hydrate.params, modes }))
    const connection = options.client?.connection
    this.#parts = parts
    this.#facts = {
      ...initialState,
      messages: noLines.shown,
      entries: noLines.shown,
      channel: channel.state,
      connection: connection?.state,
      opened: false,
      closed: false,
    }
    this.conversation = new Conversation(channel.name, kindsOf(features), {
      produce,
      agents: options.agents,
      onIgnored: (ignored) => this.#ignore(ignored),
    })
    this.store = this.#makeStore(schedule)
    this.#continuity = this.#makeContinuity(
      hydrate,
      codec ?? codecOf({ ...textReaders, ...readersOf(features) }, options),
    )
    this.#unfollow = followStatus(channel, connection, this.dispatch)
    this.ready = this.#start()
    // An app that does not await `ready` learns of its failure from the state and the error event.
    this.ready.catch((error: Error) => this.dispatch({ type: 'failed', error }))
  }

  /** The public state; the same object until it changes. */
  readonly getSnapshot = (): SessionState => {
    const facts = this.#facts
    const known = this.#shown
    if (known?.of === facts) return known.state
    const view = viewOf(facts)
    const state = known && same(view, known.view) ? known.state : stateOf(view)
    this.#shown = { of: facts, view, state }
    return state
  }

  /** Applies an event of the session itself, and notifies the list's subscribers. */
  readonly dispatch = (change: SessionChange): void => {
    const { closed, error } = this.#facts
    if (change.type === 'failed' && (closed || error === change.error)) return
    this.#facts = reduceSession(this.#facts, change, this.#parts.produce)
    if (change.type !== 'list' && change.type !== 'streaming') this.store.stateChanged()
    if (change.type === 'failed') this.events.emit('error', change.error)
    if (change.type === 'channel' && change.state === 'attached') this.#parts.onPast?.()
  }

  loadOlder(): Promise<void> {
    return this.#continuity.loadOlder()
  }

  /** Reports, once, that something optional failed. */
  lacks(what: string, code: ErrorCode): (cause: unknown) => void {
    return (cause) => this.events.reportOnce(what, () => wrapError(what, cause, code))
  }

  close(): void {
    if (this.#facts.closed) return
    this.dispatch({ type: 'closed' })
    this.#closing.catch(() => {})
    this.#rejectClosing(
      new RejoinError(
        'closed',
        'unable to finish opening the session; close() was called before it was ready',
      ),
    )
    this.#continuity.close()
    this.#parts.onClose?.()
    this.#unfollow()
    // Subscribers are notified of the end, and of nothing after it.
    this.store.flush()
    this.store.close()
    this.events.clear()
  }

  async #start(): Promise<void> {
    await Promise.race([this.#continuity.start(), this.#closing])
  }

  /** Counts a message that its client may not send, and reports it once per client and response or prompt. */
  #ignore({ clientId, responseId, promptId, owner }: Ignored): void {
    this.ignored++
    const who = clientId === undefined ? 'a client without a clientId' : `"${clientId}"`
    const what =
      promptId === undefined ? `response "${responseId ?? this.channel.name}"` : `prompt "${promptId}"`
    const why = owner === undefined ? 'only those in `agents` may begin one' : `it belongs to "${owner}"`
    const text = `unable to take what ${who} said for ${what}; ${why}. It was ignored`
    this.events.reportOnce(text, () => new RejoinError('untrusted', text))
  }

  #makeStore(schedule: Schedule): Store {
    return new Store(this.conversation, {
      schedule,
      pathOf: this.#parts.pathOf,
      onFlush: () => this.#parts.onFlush?.(),
      onList: (messages, entries) => this.dispatch({ type: 'list', messages, entries }),
      onStreaming: (isStreaming) => this.dispatch({ type: 'streaming', isStreaming }),
      onPublish: (published) => this.events.announce(published),
      onListenerError: (cause) => this.events.listenerThrew(cause),
    })
  }

  #makeContinuity(hydrate: Hydrator, codec: Codec): Continuity {
    const { store, events, conversation } = this
    const intake = new Intake(codec, conversation, {
      onLive: (ended) => store.changed(ended ? 'now' : 'frame'),
      onTransient: ({ responseId, name, data }) =>
        events.emit('transient', { responseId: responseId ?? this.channel.name, name, data }),
      reportOnce: (key, error) => events.reportOnce(key, error),
    })
    const applyRow = rowsOf(this.#parts.features)
    const continuity: Continuity = new Continuity(this.channel, hydrate, store, {
      apply: (message, epoch, live) => intake.deliver(message, epoch, live),
      applyRow: (row) => applyRow(conversation, row),
      onChange: () => this.dispatch({ type: 'past', ...continuity.state }),
      onDiscontinuity: (reason) => events.emit('discontinuity', { reason }),
      onPast: (loaded) => {
        // Before the past is published, so that subscribers are notified of both at once. A session that could not read
        // the past is live too: new messages show, with their beginning marked missing.
        const first = loaded && !this.#facts.opened
        if (first) this.dispatch({ type: 'opened' })
        this.#parts.onPast?.()
        if (first) this.#parts.onReady?.()
      },
      onError: (error) => this.dispatch({ type: 'failed', error }),
    })
    return continuity
  }
}
