import type {
  ChannelMode,
  ChannelOptions,
  ConnectionStateChange,
  InboundMessage,
  RealtimeChannel,
  RealtimeClient,
} from 'ably'
import type { CitationSource, CitationSourceOf } from './citationSource.ts'
import type { HydrationState } from './continuity.ts'
import { Continuity } from './continuity.ts'
import { Emitter } from './emitter.ts'
import { RejoinError, wrapError } from './errors.ts'
import type { StreamEvent } from './event.ts'
import type { Schedule } from './frame.ts'
import { perFrame } from './frame.ts'
import { history } from './hydrate/history.ts'
import type { Hydrator } from './hydrate/hydrator.ts'
import { Outbox } from './outbox.ts'
import type { OutgoingPrompt } from './outbox.ts'
import { PresenceWatch } from './presence.ts'
import type { Member } from './presence.ts'
import { Header, MessageName } from './protocol.ts'
import type { RegisteredData, RegisteredTools } from './register.ts'
import { Store } from './store.ts'
import type { Published } from './store.ts'
import type {
  DataTypes,
  Gap,
  MessageRef,
  PromptState,
  ResponseListener,
  ResponseState,
  Tools,
} from './types.ts'
import type { Codec, HeaderNames, MessageNames } from './wire.ts'
import { documented } from './wire.ts'

export type SessionStatus =
  /** Not attached yet, or reading the past for the first time. */
  | 'connecting'
  | 'live'
  /** The connection was lost; Ably is trying to get it back. What is shown stays. */
  | 'disconnected'
  /** Lost for longer than Ably keeps it; still trying. What was missed is read when it is back. */
  | 'suspended'
  /** The channel or connection refuses; see `error`. */
  | 'failed'
  | 'closed'

export interface SessionState {
  readonly status: SessionStatus
  /** The conversation in order. */
  readonly messages: readonly MessageRef[]
  /** `loadOlder()` would find more. */
  readonly hasOlder: boolean
  readonly hydration: HydrationState['status']
  readonly agents: readonly Member[]
  readonly users: readonly Member[]
  readonly error: Error | undefined
}

export interface SessionEvents {
  /** Text of a response is known to be missing. */
  gap: [event: { responseId: string; gaps: readonly Gap[] }]
  /** Nothing of it is missing any more. */
  healed: [event: { responseId: string }]
  /** Messages may have been missed; the past is being read. */
  discontinuity: [event: { reason: unknown }]
  /** A response has ended while this session watched. */
  finish: [event: { response: ResponseState; isAbort: boolean; isError: boolean }]
  error: [error: Error]
}

interface CommonOptions {
  /** How to learn the past: `history()` (default), `rewind()`, `seed()`, or a function of your own. */
  hydrate?: Hydrator
  /** The app's own message names, by the documented name each stands for. */
  names?: MessageNames
  /** The app's own header keys, by the documented key each stands for. */
  headers?: HeaderNames
  /** Reads another wire format. Default: the documented patterns (PROTOCOL.md). */
  codec?: Codec
  /** When to publish changes. Default: once per animation frame, and never throttled while hidden. */
  schedule?: Schedule
  /** Watch who is on the channel; needs the capability `presence` or `subscribe`. Default true. */
  presence?: boolean
  /**
   * Read citations one by one, as they come: give `citations` of this package. Needs the capability
   * `annotation-subscribe`. Without it, what is cited shows by source, with counts.
   */
  citations?: CitationSourceOf
}

export type SessionOptions = CommonOptions &
  (
    | {
        /** An Ably Realtime client: yours, of the default or the modular build. */
        client: Pick<RealtimeClient, 'channels' | 'connection' | 'auth'>
        channelName: string
        channelOptions?: ChannelOptions
        channel?: undefined
      }
    | { channel: RealtimeChannel; client?: undefined; channelName?: undefined; channelOptions?: undefined }
  )

/** Reports that a view of the session would want, once each: a bad publisher must not flood a log. */
const MAX_REPORTS = 100

export class Session<T extends Tools = RegisteredTools, D extends DataTypes = RegisteredData> {
  /** Hydrated and live. Rejects with a clear error when that cannot be. */
  readonly ready: Promise<void>
  readonly #options: SessionOptions
  readonly #channel: RealtimeChannel
  readonly #client: Pick<RealtimeClient, 'connection' | 'auth'> | undefined
  readonly #store: Store
  readonly #codec: Codec
  readonly #continuity: Continuity
  readonly #outbox: Outbox
  readonly #presence: PresenceWatch
  readonly #citations: CitationSource | undefined
  readonly #events = new Emitter<SessionEvents>((cause) => this.#listenerThrew(cause))
  readonly #reported = new Set<string>()
  #reporting = false
  /** About the message being read. */
  readonly #delivery = { epoch: undefined as number | undefined, live: false, ended: false }
  #snapshot: SessionState | undefined
  #stale = true
  #hydratedOnce = false
  #error: Error | undefined
  #closed = false
  #rejectClosing: (error: Error) => void = () => {}
  /** Rejects when the session is closed: nobody waits for what does not come. */
  readonly #closing = new Promise<never>((_, reject) => {
    this.#rejectClosing = reject
  })

  constructor(options: SessionOptions) {
    this.#options = options
    const { hydrate = history(), codec, names, headers, schedule = perFrame } = options
    this.#channel = open(options, hydrate)
    this.#client = options.client
    this.#codec = codec ?? documented({ names, headers })
    this.#store = new Store(this.#channel.name, {
      schedule,
      onPublish: (published) => this.#announce(published),
      onListenerError: (cause) => this.#listenerThrew(cause),
    })
    const { conversation } = this.#store
    this.#outbox = new Outbox(this.#channel, this.#store, () => this.#client?.auth.clientId, Date.now)
    this.#presence = new PresenceWatch(
      this.#channel,
      (clientId) => [...conversation.responses.values()].some((r) => r.clientId === clientId),
      () => this.#presenceChanged(),
    )
    this.#citations = options.citations?.(this.#channel, (event, live) => {
      conversation.apply(event, live)
      if (live) this.#store.changed()
    })
    this.#continuity = new Continuity(this.#channel, hydrate, this.#store, {
      apply: (message, epoch, live) => this.#apply(message, epoch, live),
      onChange: () => this.#stateChanged(),
      onDiscontinuity: (reason) => this.#events.emit('discontinuity', { reason }),
      onHydrated: () => {
        // Before the past is published, so that whoever watches is told of both at once.
        this.#hydratedOnce ||= this.#channel.state === 'attached'
        this.#presenceChanged()
      },
      onError: (error) => this.#fail(error),
    })
    this.#channel.on(this.#onChannelState)
    this.#client?.connection.on(this.#onConnectionState)
    this.ready = this.#start(options.presence ?? true)
    // Whoever does not await `ready` learns of its failure from the state and the error event.
    this.ready.catch((error: Error) => this.#fail(error))
  }

  getSnapshot = (): SessionState => {
    const snapshot = this.#snapshot
    const store = this.#store
    if (snapshot && !this.#stale && snapshot.messages === store.messages) return snapshot
    this.#stale = false
    const next: SessionState = {
      status: this.#status,
      messages: store.messages,
      hasOlder: this.#continuity.state.hasOlder,
      hydration: this.#continuity.state.status,
      ...this.#presence.current,
      error: this.#error,
    }
    const same =
      snapshot && (Object.keys(next) as (keyof SessionState)[]).every((key) => next[key] === snapshot[key])
    return same ? snapshot : (this.#snapshot = next)
  }

  /** Tells of changes to the list, to prompts and to the session's status: never per token. */
  subscribe = (listener: () => void): (() => void) => this.#store.subscribe(listener)

  getResponse = (id: string): ResponseState<T, D> | undefined =>
    this.#store.getResponse(id) as ResponseState<T, D> | undefined

  /** Tells of changes to one response, at most once per frame, and what they were. */
  subscribeResponse = (id: string, listener: ResponseListener): (() => void) =>
    this.#store.subscribeResponse(id, listener)

  getPrompt = (id: string): PromptState | undefined => this.#store.getPrompt(id)

  /** Publishes a prompt, shown at once with its delivery status. Resolves to its id. */
  sendMessage = (prompt: OutgoingPrompt): Promise<string> => this.#outbox.sendMessage(prompt)

  /** Sends a prompt again whose delivery `failed`. */
  retryMessage = (promptId: string): Promise<string> => this.#outbox.retry(promptId)

  /** Asks for another answer to the prompt of a response. Resolves to the id of the new prompt. */
  regenerate = async (responseId: string): Promise<string> => {
    const promptId = this.getResponse(responseId)?.promptId
    const prompt = promptId === undefined ? undefined : this.getPrompt(promptId)
    if (!prompt)
      throw new RejoinError(
        'invalid_argument',
        `unable to regenerate response "${responseId}"; its prompt is not known here. Send a message instead`,
      )
    return this.sendMessage({ text: prompt.text, data: { regenerate: responseId } })
  }

  /**
   * The reasoning of a response that its agent streams on a channel of its own, `{channel}:{responseId}`: a session
   * on that channel, whose one response is the reasoning. Open it when the user asks; close it when done.
   */
  openReasoning = (responseId: string, options?: { hydrate?: Hydrator }): Session => {
    if (!this.#options.client)
      throw new RejoinError(
        'invalid_argument',
        'unable to open a reasoning channel; create the session with `client` and `channelName` instead of `channel`',
      )
    return new Session({
      ...this.#options,
      channelName: `${this.#channel.name}:${responseId}`,
      hydrate: options?.hydrate ?? history(),
      presence: false,
    })
  }

  /** Asks the agent to stop a response; without an id, every response that is open. */
  stop = async (responseId?: string): Promise<void> => {
    const open = [...this.#store.conversation.responses.values()].filter((r) => r.open)
    const ids = responseId === undefined ? open.map((r) => r.id) : [responseId]
    await Promise.all(ids.map((id) => this.#outbox.cancel(id)))
  }

  /** The outcome of a tool that runs in the browser. */
  addToolResult = (result: {
    responseId: string
    toolCallId: string
    name: string
    result?: unknown
    error?: string
  }): Promise<void> => {
    const { responseId, toolCallId, name, error } = result
    return this.#outbox.publish(
      `publish the result of tool "${name}"`,
      MessageName.ToolResult,
      { [Header.ResponseId]: responseId, [Header.ToolCallId]: toolCallId },
      error === undefined ? { name, result: result.result } : { name, error },
    )
  }

  /** A person's decision on an approval that the agent asked for. */
  respondToApproval = (answer: {
    responseId: string
    toolCallId: string
    approved: boolean
    reason?: string
  }): Promise<void> => {
    const { responseId, toolCallId, approved, reason } = answer
    return this.#outbox.publish(
      `respond to approval "${toolCallId}"`,
      MessageName.ApprovalResponse,
      { [Header.ResponseId]: responseId, [Header.ToolCallId]: toolCallId },
      { decision: approved ? 'approved' : 'rejected', ...(reason !== undefined && { reason }) },
    )
  }

  /** Loads what came before the oldest message of the list. Resolves when it shows. */
  loadOlder = (): Promise<void> => this.#continuity.loadOlder()

  /**
   * Reads the citations that a response has already, one by one, which an attach does not bring. Resolves when they
   * show. Needs the option `citations`.
   */
  loadCitations = async (responseId: string): Promise<void> => {
    if (!this.#citations)
      throw new RejoinError(
        'invalid_argument',
        'unable to load citations; create the session with the option `citations`',
      )
    const serials = this.#store.conversation.find(responseId)?.parts.messages.keys() ?? []
    try {
      for (const serial of serials) await this.#citations.load(serial)
    } catch (cause) {
      throw wrapError(`load the citations of response "${responseId}"`, cause, 'hydration_failed')
    }
    this.#store.flush()
  }

  /** Listens to what is not state. Returns how to stop. */
  on = <E extends keyof SessionEvents>(
    event: E,
    listener: (...args: SessionEvents[E]) => void,
  ): (() => void) => this.#events.on(event, listener)

  /** Publishes what has arrived at once instead of with the next frame. */
  flush = (): void => this.#store.flush()

  /** Stops listening. The channel and client stay as they are: they are yours. */
  close = (): void => {
    if (this.#closed) return
    this.#closed = true
    this.#closing.catch(() => {})
    this.#rejectClosing(
      new RejoinError(
        'closed',
        'unable to finish opening the session; close() was called before it was ready',
      ),
    )
    this.#continuity.close()
    this.#presence.stop()
    this.#citations?.stop()
    this.#channel.off(this.#onChannelState)
    this.#client?.connection.off(this.#onConnectionState)
    this.#stateChanged()
    // Whoever listens learns that it is over; nothing is told after that.
    this.#store.flush()
    this.#store.close()
    this.#events.clear()
  }

  async #start(presence: boolean): Promise<void> {
    try {
      await Promise.race([this.#continuity.start(), this.#closing])
    } finally {
      // Attached but unable to read the past is still live: what arrives shows, with its beginning known missing.
      this.#hydratedOnce ||= this.#channel.state === 'attached'
    }
    if (this.#closed) return
    this.#citations
      ?.start()
      .catch((cause: unknown) =>
        this.#reportOnce('citations', () => wrapError('read citations', cause, 'not_allowed')),
      )
    if (presence)
      this.#presence
        .start()
        .catch((cause: unknown) =>
          this.#reportOnce('presence', () =>
            wrapError('watch who is on the channel', cause, 'not_allowed'),
          ),
        )
  }

  #apply(message: InboundMessage, epoch: number | undefined, live: boolean): void {
    this.#delivery.epoch = epoch
    this.#delivery.live = live
    this.#delivery.ended = false
    try {
      this.#codec.decode(message, this.#take)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      this.#reportOnce(
        `${String(message?.name)}: ${reason}`,
        () =>
          new RejoinError(
            'bad_message',
            `unable to read a message named "${String(message?.name)}"; ${reason}. It was skipped`,
            { cause },
          ),
      )
      return
    }
    if (live) this.#store.changed(this.#delivery.ended ? 'now' : 'frame')
  }

  /** Takes the events of the message being read; one function for all of them, since every token passes here. */
  readonly #take = (event: StreamEvent): void => {
    const delivery = this.#delivery
    event.epoch = delivery.epoch
    this.#store.conversation.apply(event, delivery.live)
    delivery.ended ||= isTerminal(event)
  }

  #announce(published: readonly Published[]): void {
    for (const { before, now } of published) {
      if (now.hasGap && !before?.hasGap) this.#events.emit('gap', { responseId: now.id, gaps: now.gaps })
      if (before?.hasGap && !now.hasGap) this.#events.emit('healed', { responseId: now.id })
      const { status } = now
      const ended = status !== 'streaming' && status !== 'interrupted'
      if (ended && before && (before.status === 'streaming' || before.status === 'interrupted'))
        this.#events.emit('finish', {
          response: now,
          isAbort: status === 'stopped',
          isError: status === 'error',
        })
    }
  }

  #presenceChanged(): void {
    const presence = this.#presence
    const store = this.#store
    if (presence.synced && this.#channel.state === 'attached')
      for (const response of store.conversation.responses.values())
        if (
          response.watched &&
          response.clientId !== undefined &&
          !presence.has(response.clientId) &&
          response.interrupt()
        )
          store.conversation.touch(response, true)
    this.#stateChanged()
  }

  get #status(): SessionStatus {
    if (this.#closed) return 'closed'
    const connection = this.#client?.connection.state
    const { state } = this.#channel
    if (state === 'failed' || connection === 'failed') return 'failed'
    if (state === 'suspended' || connection === 'suspended') return 'suspended'
    if (!this.#hydratedOnce) return this.#error ? 'failed' : 'connecting'
    if (connection !== undefined && connection !== 'connected') return 'disconnected'
    return state === 'attached' ? 'live' : 'disconnected'
  }

  readonly #onChannelState = (change: { current: string; reason?: unknown }): void => {
    if (change.current === 'attached') this.#error = undefined
    if (change.current === 'failed')
      this.#fail(wrapError(`stay on channel "${this.#channel.name}"`, change.reason, 'attach_failed'))
    this.#stateChanged()
  }

  readonly #onConnectionState = (change: ConnectionStateChange): void => {
    if (change.current === 'failed')
      this.#fail(wrapError('connect to Ably', change.reason, 'auth_failed'))
    this.#stateChanged()
  }

  #stateChanged(): void {
    this.#stale = true
    this.#store.stateChanged()
  }

  #fail(error: Error): void {
    if (this.#closed || this.#error === error) return
    this.#error = error
    this.#stateChanged()
    this.#report(error)
  }

  /** A listener of `error` that throws is not told of that. */
  #listenerThrew(cause: unknown): void {
    if (this.#reporting) return
    this.#reporting = true
    const text = `unable to notify a listener; it threw: ${String(cause)}`
    this.#report(new RejoinError('callback_failed', text, { cause }))
    this.#reporting = false
  }

  #report(error: Error): void {
    this.#events.emit('error', error)
  }

  #reportOnce(key: string, error: () => Error): void {
    if (this.#reported.has(key) || this.#reported.size >= MAX_REPORTS) return
    this.#reported.add(key)
    this.#report(error())
  }
}

/** Opens a session: attaches, reads the past, and keeps every response whole from then on. */
export function createSession<T extends Tools = RegisteredTools, D extends DataTypes = RegisteredData>(
  options: SessionOptions,
): Session<T, D> {
  return new Session<T, D>(options)
}

/** What a channel is attached with by default, and annotations. */
const withAnnotations: ChannelMode[] = [
  'PUBLISH',
  'SUBSCRIBE',
  'PRESENCE',
  'PRESENCE_SUBSCRIBE',
  'ANNOTATION_PUBLISH',
  'ANNOTATION_SUBSCRIBE',
]

/** The channel to read, with what the hydrator needs of it. */
function open(options: SessionOptions, hydrate: Hydrator): RealtimeChannel {
  if (options.channel) return options.channel
  const { client, channelName, channelOptions } = options
  if (typeof client?.channels?.get !== 'function')
    throw new RejoinError(
      'invalid_argument',
      'unable to create a session; pass an Ably Realtime client as `client`, or a `channel`',
    )
  if (typeof channelName !== 'string' || channelName === '')
    throw new RejoinError(
      'invalid_argument',
      'unable to create a session; channelName must be a non-empty string',
    )
  const params = { ...channelOptions?.params, ...hydrate.params }
  try {
    return client.channels.get(channelName, {
      ...channelOptions,
      ...(Object.keys(params).length && { params }),
      ...(options.citations && { modes: channelOptions?.modes ?? withAnnotations }),
    })
  } catch (cause) {
    // The channel exists with other options. Those stay: what a rewind would have brought, history brings.
    const channel = client.channels.get(channelName)
    if (channelOptions === undefined) return channel
    throw wrapError(
      `open channel "${channelName}" with these options; it exists with others`,
      cause,
      'invalid_argument',
    )
  }
}

function isTerminal(event: StreamEvent): boolean {
  return event.type === 'end' || ((event.type === 'text' || event.type === 'revise') && event.done === true)
}
