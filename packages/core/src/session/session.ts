import type { ChannelMode } from 'ably'
import type { CitationSource, CitationSourceOf } from './citationSource.ts'
import { RejoinError, wrapError } from '../types/errors.ts'
import { allFeatures } from './features.ts'
import { history } from '../past/history.ts'
import type { Hydrator } from '../past/hydrator.ts'
import type { ChannelSource } from '../ably/openChannel.ts'
import { Outbox } from './publish.ts'
import type { OutgoingPrompt } from './publish.ts'
import { PresenceWatch } from './presence.ts'
import type { Presence } from './presence.ts'
import { Header, MessageName } from '../protocol/names.ts'
import { Reader } from './reader.ts'
import type { ReadingOptions } from './reader.ts'
import type { RegisteredData, RegisteredTools } from '../types/register.ts'
import type { DataTypes, Tools } from '../types/types.ts'

export type SessionOptions = ChannelSource &
  ReadingOptions & {
    /** Watch who is on the channel; needs the capability `presence` or `subscribe`. Default true. */
    presence?: boolean
    /**
     * Read citations one by one, as they come: give `citations` of this package. Needs the capability
     * `annotation-subscribe`. Without it, what is cited shows by source, with counts.
     */
    citations?: CitationSourceOf
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

/** A reader of everything that takes part in the conversation: prompts, stops, tool results, decisions, presence. */
export class Session<T extends Tools = RegisteredTools, D extends DataTypes = RegisteredData> extends Reader<
  T,
  D
> {
  readonly #options: SessionOptions
  readonly #outbox: Outbox
  readonly #presence: PresenceWatch
  readonly #citations: CitationSource | undefined

  constructor(options: SessionOptions) {
    super({ ...options, features: allFeatures }, options.citations && withAnnotations)
    this.#options = options
    const { channel, store } = this
    const { conversation } = store
    this.#outbox = new Outbox(channel, store, () => options.client?.auth.clientId, Date.now)
    this.#presence = new PresenceWatch(
      channel,
      (clientId) => [...conversation.responses.values()].some((r) => r.clientId === clientId),
      () => this.onPast(),
    )
    this.#citations = options.citations?.(channel, (event, live) => {
      conversation.apply(event, live)
      if (live) store.changed()
    })
  }

  /** Publishes a prompt, shown at once with its delivery status. Resolves to its id. */
  sendMessage = (prompt: OutgoingPrompt): Promise<string> => this.#outbox.sendMessage(prompt)

  /** Sends a prompt again whose delivery `failed`. */
  retryMessage = (promptId: string): Promise<string> => this.#outbox.retry(promptId)

  /** Asks for another answer to the prompt of a response. Resolves to the id of the new prompt, which `replaces` it. */
  regenerate = async (responseId: string): Promise<string> => {
    const promptId = this.getResponse(responseId)?.promptId
    const prompt = promptId === undefined ? undefined : this.getPrompt(promptId)
    if (!prompt)
      throw new RejoinError(
        'invalid_argument',
        `unable to regenerate response "${responseId}"; its prompt is not known here. Send a message instead`,
      )
    return this.sendMessage({ text: prompt.text, replaces: prompt.id, data: { regenerate: responseId } })
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
      channelName: `${this.channel.name}:${responseId}`,
      hydrate: options?.hydrate ?? history(),
      presence: false,
    })
  }

  /** Asks the agent to stop a response; without an id, every response that is open. */
  stop = async (responseId?: string): Promise<void> => {
    const open = [...this.store.conversation.responses.values()].filter((r) => r.open)
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
    const serials = this.store.conversation.find(responseId)?.parts.messages.keys() ?? []
    try {
      for (const serial of serials) await this.#citations.load(serial)
    } catch (cause) {
      throw wrapError(`load the citations of response "${responseId}"`, cause, 'hydration_failed')
    }
    this.store.flush()
  }

  protected override get present(): Presence {
    return this.#presence.current
  }

  /** Whoever is gone, or was when the past was read, has left its responses open. */
  protected override onPast(): void {
    const presence = this.#presence
    const { channel, store } = this
    if (presence.synced && channel.state === 'attached')
      for (const response of store.conversation.responses.values())
        if (
          response.watched &&
          response.clientId !== undefined &&
          !presence.has(response.clientId) &&
          response.interrupt()
        )
          store.conversation.touch(response, true)
    this.stateChanged()
  }

  protected override onReady(): void {
    this.#citations?.start().catch(this.lacks('read citations', 'not_allowed'))
    if (this.#options.presence ?? true)
      this.#presence.start().catch(this.lacks('watch who is on the channel', 'not_allowed'))
  }

  protected override onClose(): void {
    this.#presence.stop()
    this.#citations?.stop()
  }
}

/** What one can do with a session, for bindings that hand its methods on. */
export const sessionActionNames = [
  'sendMessage',
  'retryMessage',
  'regenerate',
  'stop',
  'loadOlder',
  'addToolResult',
  'respondToApproval',
] as const

/** What one can do with a session; see `Session` for each. */
export type SessionActions = Pick<Session, (typeof sessionActionNames)[number]>

/** Opens a session: attaches, reads the past, and keeps every response whole from then on. */
export function createSession<T extends Tools = RegisteredTools, D extends DataTypes = RegisteredData>(
  options: SessionOptions,
): Session<T, D> {
  return new Session<T, D>(options)
}
