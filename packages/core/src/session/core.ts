import type { ChannelMode, RealtimeChannel, RealtimeClient } from 'ably'
import type { ChannelSource } from '../ably/openChannel.ts'
import { isEncrypted, openChannel } from '../ably/openChannel.ts'
import { Continuity } from '../past/continuity.ts'
import { channelHistory } from '../past/channelHistory.ts'
import type { Hydrator } from '../past/hydrator.ts'
import { Conversation } from '../response/conversation.ts'
import type { Ignored } from '../response/conversation.ts'
import type { MessageList } from '../response/lines.ts'
import type { Agents } from '../response/parties.ts'
import type { Structure } from '../response/reduce.ts'
import { perFrame } from '../store/frame.ts'
import type { Schedule } from '../store/frame.ts'
import { Store } from '../store/store.ts'
import { lacking, quoted, RejoinError, wrapError } from '../types/errors.ts'
import type { Row } from '../types/types.ts'
import { same } from '../types/same.ts'
import { codecOf } from '../wire/codec.ts'
import type { Codec, NameOptions } from '../wire/codec.ts'
import { textReaders } from '../wire/text.ts'
import { followStatus } from './channelStatus.ts'
import { Events } from './events.ts'
import { streamExample } from './example.ts'
import { kindsOf, readersOf, rowsOf } from './feature.ts'
import type { Feature } from './feature.ts'
import { HiddenEnds } from './hiddenEnds.ts'
import { Intake } from './intake.ts'
import { initialState, reduceSession, stateOf, viewOf } from './state.ts'
import type { Produce, SessionChange, SessionFacts, SessionState, SessionView } from './state.ts'

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
  /**
   * Messages to begin with, the newest of the conversation, as a server read them: they show at once, also while
   * rendering on a server. The session then attaches when it is first used: subscribed to, `ready` awaited, a message
   * sent. Reading the past goes back to them.
   */
  initialRows?: readonly Row[] | undefined
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
  /** Responses may have appeared, or changed, while nobody watched whether their agents leave. */
  onUnattended?(): void
  /** The conversation has changed, and is about to show. */
  onStructure?(structure: Structure): void
  /** What changed is about to be published. */
  onFlush?(): void
  /** Live for the first time. */
  onReady?(): void
  onClose?(): void
}

/**
 * A session in which answers stream, made when a first answer ends or a first session closes. V8 drops optimized code
 * that knows the objects of a class when the last of them is collected: without this, the next answer, and the next
 * session of the page, would have all of the reader compiled anew. (Measured: 10,000 messages of history are read in a
 * third of the time.)
 */
let example: { core: SessionCore; met: unknown } | undefined

/** Joins the parts of a reader: intake, continuity, store, state and events. */
export class SessionCore {
  readonly channel: RealtimeChannel
  readonly conversation: Conversation
  readonly store: Store
  readonly events = new Events()
  /** Number of messages ignored because their publishers may not send them. */
  ignored = 0
  readonly #parts: Parts
  readonly #applyRows: (rows: readonly Row[]) => RejoinError | undefined
  readonly #continuity: Continuity
  readonly #initialRows: readonly Row[] | undefined
  readonly #connection: RealtimeClient['connection'] | undefined
  readonly #hasChannel: boolean
  readonly #hiddenEnds = new HiddenEnds(this)
  #unfollow = (): void => {}
  #started = false
  #facts: SessionFacts
  #shown: { of: SessionFacts; view: SessionView; state: SessionState } | undefined
  #settle: { resolve: () => void; reject: (error: RejoinError) => void } = { resolve() {}, reject() {} }
  readonly #ready = new Promise<void>((resolve, reject) => (this.#settle = { resolve, reject }))

  constructor(options: ChannelSource & ReadingOptions, parts: Parts) {
    const { hydrate = channelHistory(), codec, schedule = perFrame } = options ?? {}
    if (typeof hydrate?.load !== 'function')
      throw wrongOption('hydrate', 'history(), rewind(), seed() or an object with load()', hydrate)
    if (codec && typeof codec.decode !== 'function')
      throw wrongOption('codec', 'an object with decode()', codec)
    if (typeof schedule !== 'function') throw wrongOption('schedule', 'a function', schedule)
    const { features, modes } = parts
    const channel = (this.channel = openChannel(options, { params: hydrate.params, modes }))
    this.#parts = parts
    const applyRows = rowsOf(features)
    this.#applyRows = (rows) => applyRows(this.conversation, rows)
    this.#initialRows = options.initialRows
    this.#connection = options.client?.connection
    this.#hasChannel = (options.client ?? options.channel) !== undefined
    this.#facts = {
      ...initialState,
      channel: options.initialRows ? 'initialized' : channel.state,
      connection: options.initialRows ? undefined : this.#connection?.state,
      unreachable: false,
      opened: false,
      closed: false,
    }
    this.conversation = new Conversation(channel.name, kindsOf(features), {
      agents: options.agents,
      onIgnored: (ignored) => this.#ignore(ignored),
      onOddRow: (what) => this.events.reportOnce(what, () => new RejoinError('invalid_argument', what)),
      hearsGaps: () => this.events.hears('gap'),
    })
    this.store = this.#makeStore(schedule)
    this.#continuity = this.#makeContinuity(
      hydrate,
      codec?.forSession?.() ?? codec ?? codecOf({ ...textReaders, ...readersOf(features) }, options),
    )
    // An app that does not await `ready` learns of its failure from the state and the error event.
    this.#ready.catch((error: RejoinError) => this.dispatch({ type: 'failed', error }))
  }

  /** Shows what there is at the beginning, or attaches. Called once the session is made. */
  begin(): void {
    if (!this.#initialRows) return this.start()
    const error = this.#applyRows(this.#initialRows)
    if (error) throw error
    this.store.changed('now')
  }

  get ready(): Promise<void> {
    this.start()
    return this.#hasChannel ? this.#ready : Promise.reject(noClient('become live'))
  }

  /** Call before anything that needs the channel: starts the session, or throws the reason why it cannot. */
  use(what: string): void {
    if (this.#facts.closed)
      throw new RejoinError('closed', `unable to ${what}; the session was closed. Create another one`)
    if (!this.#hasChannel) throw noClient(what)
    this.start()
  }

  /** The session has been used, so it may show more than its first rows. */
  get isStarted(): boolean {
    return this.#started
  }

  /** Attaches and reads the past, once. */
  start(): void {
    if (this.#started || !this.#hasChannel || this.#facts.closed) return
    this.#started = true
    const { channel } = this
    const connection = this.#connection
    if (this.#initialRows) {
      this.dispatch({ type: 'channel', state: channel.state })
      if (connection) this.dispatch({ type: 'connection', state: connection.state })
    }
    this.#unfollow = followStatus(channel, connection, this.dispatch)
    this.#continuity.start().then(this.#settle.resolve, this.#settle.reject)
  }

  /** The public state; the same object until it changes. */
  readonly getSnapshot = (): SessionState => {
    const facts = this.#facts
    const { messages, entries, isStreaming } = this.store
    const known = this.#shown
    if (
      known?.of === facts &&
      known.view.messages === messages &&
      known.view.entries === entries &&
      known.view.isStreaming === isStreaming
    )
      return known.state
    const view = viewOf(facts, this.store)
    const state = known && same(view, known.view) ? known.state : stateOf(view)
    this.#shown = { of: facts, view, state }
    return state
  }

  /** Applies an event of the session itself, and notifies the list's subscribers. */
  readonly dispatch = (change: SessionChange): void => {
    const { closed, error, opened } = this.#facts
    if (change.type === 'failed' && (closed || error === change.error)) return
    // Every attempt to connect fails for the same reason.
    if (change.type === 'unreachable' && (closed || opened || error?.message === change.error.message)) return
    this.#facts = reduceSession(this.#facts, change, this.#parts.produce)
    this.store.stateChanged()
    if (change.type === 'failed' || change.type === 'unreachable') this.events.emit('error', change.error)
    if (change.type === 'channel' && change.state === 'attached') this.#judge()
  }

  #judge(): void {
    this.#parts.onUnattended?.()
    this.#hiddenEnds.judge()
  }

  async loadOlder(): Promise<void> {
    // A closed session has nothing older.
    if (!this.#facts.closed) this.use('load older messages')
    return this.#continuity.loadOlder()
  }

  /** Nothing of the past is being read. */
  get isAtRest(): boolean {
    return this.#continuity.isAtRest
  }

  /** Older messages were let go. */
  forget(...without: Parameters<Continuity['forget']>): void {
    this.#continuity.forget(...without)
  }

  /** Reports, once, that something optional failed. */
  lacks(what: string, capability: string): (cause: unknown) => void {
    const cures = [lacking(capability, this.channel.name)]
    return (cause) => this.events.reportOnce(what, () => wrapError(what, cause, 'not_allowed', cures))
  }

  close(): void {
    if (this.#facts.closed) return
    this.#keepExample()
    this.dispatch({ type: 'closed' })
    this.#settle.reject(
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

  #keepExample(): void {
    if (example) return
    const { features, produce } = this.#parts
    const core = new SessionCore({ channelName: 'none', initialRows: [] }, { features, produce })
    example = { core, met: streamExample(core.conversation) }
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
      onStructure: (structure) => this.#parts.onStructure?.(structure),
      onTransitions: (transitions) => this.events.announce(transitions),
      onListenerError: (cause) => this.events.listenerThrew(cause),
    })
  }

  #makeContinuity(hydrate: Hydrator, codec: Codec): Continuity {
    const { store, events, conversation } = this
    const intake = new Intake(codec, conversation, {
      onTaken: (message, epoch, live) => {
        if (!events.hearsMessages) return
        const from = live ? 'live' : epoch === undefined ? 'history' : 'rewind'
        events.emit('message', { message, from })
      },
      onLive: (ended) => {
        if (conversation.unattended) this.#judge()
        conversation.unattended = false
        if (ended) this.#keepExample()
        store.changed(ended ? 'now' : 'frame')
      },
      onTransient: ({ responseId, name, data }) =>
        events.emit('transient', { responseId: responseId ?? this.channel.name, name, data }),
      reportOnce: (key, error) => events.reportOnce(key, error),
      isEncrypted: () => isEncrypted(this.channel),
    })
    const continuity: Continuity = new Continuity(this.channel, hydrate, store, this.#initialRows, {
      apply: intake.deliver.bind(intake),
      applyRows: this.#applyRows,
      onChange: () => this.dispatch({ type: 'past', ...continuity.state }),
      onDiscontinuity: (reason) => events.emit('discontinuity', { reason }),
      onPast: (loaded) => {
        // Before the past is published, so that subscribers are notified of both at once. A session that could not read
        // the past is live too: new messages show, with their beginning marked missing.
        const first = loaded && !this.#facts.opened
        if (first) this.dispatch({ type: 'opened' })
        this.#judge()
        if (first) this.#parts.onReady?.()
      },
      onError: (error) => this.dispatch({ type: 'failed', error }),
    })
    return continuity
  }
}

function noClient(what: string): RejoinError {
  return new RejoinError(
    'invalid_argument',
    `unable to ${what}; the session has no \`client\`, as on a server. Create it with a client in the page`,
  )
}

function wrongOption(name: string, wanted: string, given: unknown): RejoinError {
  const called = typeof given === 'function' ? `; call it: \`${name}: ${given.name || name}()\`` : ''
  return new RejoinError(
    'invalid_argument',
    `unable to create a session; \`${name}\` must be ${wanted}, and is ${quoted(given)}${called}`,
  )
}
