import type { ChannelMode } from 'ably'
import { Immer } from 'immer'
import type { CitationSource, CitationSourceOf } from './citationSource.ts'
import { RejoinError, wrapError } from '../types/errors.ts'
import { allFeatures } from './features.ts'
import { history } from '../past/history.ts'
import type { Hydrator } from '../past/hydrator.ts'
import type { ChannelSource } from '../ably/openChannel.ts'
import { Branches } from './branches.ts'
import type { BranchOptions } from './branches.ts'
import type { Branch } from '../response/tree.ts'
import { Publisher } from './publisher.ts'
import type { ToolApprovalResponse, ToolOutput } from './publisher.ts'
import type { OutgoingPrompt, UploadFile } from './outgoing.ts'
import { PresenceWatch } from './presence.ts'
import { Reader } from './reader.ts'
import { SessionCore } from './core.ts'
import type { ReadingOptions } from './core.ts'
import type { RegisteredData, RegisteredTools } from '../types/register.ts'
import type { DataTypes, PromptState, Tools } from '../types/types.ts'

export type SessionOptions = ChannelSource &
  ReadingOptions & {
    /** Which versions of questions and answers this device shows, kept by the application. */
    branches?: BranchOptions
    /** Watch who is on the channel; needs the capability `presence` or `subscribe`. Default true. */
    presence?: boolean
    /**
     * Read citations one by one, as they come: give `citations` of this package. Needs the capability
     * `annotation-subscribe`. Without it, what is cited shows by source, with counts.
     */
    citations?: CitationSourceOf
    /** Takes files that a user attaches to your own storage. Without it they travel in the message, if they fit. */
    uploadFile?: UploadFile
  }

/** Nothing is frozen: presence data and errors are Ably's and the app's. */
const immer = /* @__PURE__ */ new Immer({ autoFreeze: false })

/** Ably's default modes, plus the annotation modes. */
const withAnnotations: ChannelMode[] = [
  'PUBLISH',
  'SUBSCRIBE',
  'PRESENCE',
  'PRESENCE_SUBSCRIBE',
  'ANNOTATION_PUBLISH',
  'ANNOTATION_SUBSCRIBE',
]

/** A reader of everything that takes part in the conversation: prompts, stops, tool outputs, decisions, presence. */
export class Session<T extends Tools = RegisteredTools, D extends DataTypes = RegisteredData> extends Reader<
  T,
  D
> {
  readonly #options: SessionOptions
  readonly #core: SessionCore
  readonly #branches: Branches
  readonly #publisher: Publisher
  readonly #presence: PresenceWatch
  readonly #citations: CitationSource | undefined

  constructor(options: SessionOptions) {
    const core = new SessionCore(options, {
      features: allFeatures,
      produce: immer.produce,
      pathOf: (structure) => this.#branches.pathOf(structure),
      modes: options.citations && withAnnotations,
      onPast: () => this.#interruptAbsent(),
      onReady: () => this.#onReady(),
      onClose: () => {
        this.#presence.stop()
        this.#citations?.stop()
        this.#publisher.close()
      },
    })
    super(core)
    const { channel, store, conversation } = core
    this.#options = options
    this.#core = core
    this.#branches = new Branches(options.branches ?? {}, () => store.showPath())
    const clientId = (): string | undefined => options.client?.auth.clientId
    this.#publisher = new Publisher(channel, store, this.#branches, clientId, Date.now, options.uploadFile)
    this.#presence = new PresenceWatch(
      channel,
      (clientId) => [...conversation.responses.values()].some((r) => r.clientId === clientId),
      (members) => {
        core.dispatch({ type: 'members', ...members })
        this.#interruptAbsent()
      },
    )
    this.#citations = options.citations?.(channel, (event, live) => {
      conversation.apply(event, live)
      if (live) store.changed()
    })
  }

  /** Publishes a prompt, shown at once with its delivery status. Resolves to its id. */
  sendMessage = (prompt: OutgoingPrompt): Promise<string> => this.#publisher.sendMessage(prompt)

  /** Sends a prompt again whose delivery `failed`. */
  retryMessage = (promptId: string): Promise<string> => this.#publisher.retry(promptId)

  /** Asks anew in other words: the new prompt `replaces` the other, and shows instead. Resolves to its id. */
  editMessage = (promptId: string, message: Omit<OutgoingPrompt, 'replaces'>): Promise<string> =>
    this.sendMessage({ ...message, replaces: promptId })

  /**
   * Asks for another answer to the prompt of a response, wherever in the conversation that is. Resolves to the id of
   * the new prompt, which `replaces` the other and is no line of its own.
   */
  regenerate = async (responseId: string): Promise<string> => {
    const promptId = this.getResponse(responseId)?.promptId
    const prompt = promptId === undefined ? undefined : this.getPrompt(promptId)
    if (!prompt)
      throw new RejoinError(
        'invalid_argument',
        `unable to regenerate response "${responseId}"; its prompt is not known here. Send a message instead`,
      )
    const { text, parts, metadata, data } = prompt
    return this.sendMessage({
      text,
      parts: parts as OutgoingPrompt['parts'],
      metadata,
      replaces: prompt.id,
      regenerate: responseId,
      ...(data && { data: { ...data } }),
    })
  }

  /** The versions beside a prompt or an answer, by the prompts that stand for them; `undefined` where there is one. */
  getBranch = (id: string): Branch | undefined => this.#branches.branch(id)

  /** Shows the version that a prompt stands for, on this device. */
  selectBranch = (promptId: string): void => this.#branches.select(promptId)

  /** Prompts that wait for their turn; the same array until it changes. */
  getQueue = (): readonly PromptState[] => this.#core.store.queue

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
      channelName: `${this.#core.channel.name}:${responseId}`,
      hydrate: options?.hydrate ?? history(),
      presence: false,
    })
  }

  /**
   * Asks the agent to stop a response, or a prompt whose answer has not begun: by its id, or, without one, all that is
   * open or waits. A prompt of this client is `stopped` on every device then, also while no agent is there.
   */
  stop = async (id?: string): Promise<void> => {
    const targets = id === undefined ? this.#unfinished() : [this.#targetOf(id)]
    await Promise.all(targets.map((target) => this.#publisher.cancel(target)))
  }

  #targetOf(id: string): { responseId?: string | undefined; promptId?: string | undefined } {
    const prompt = this.getResponse(id) ? undefined : this.getPrompt(id)
    return prompt ? { promptId: id, responseId: prompt.responseId } : { responseId: id }
  }

  /** Open responses, and the prompts that wait at the end of the conversation. */
  #unfinished(): { responseId?: string; promptId?: string }[] {
    const { conversation, store } = this.#core
    const open = [...conversation.responses.values()].filter((r) => r.open).map((r) => ({ responseId: r.id }))
    const waiting: { promptId: string }[] = []
    for (const { id, role } of store.entries.toReversed()) {
      if (role === 'assistant' && !conversation.find(id)?.open) break
      const prompt = role === 'user' ? store.getPrompt(id) : undefined
      if (prompt && (prompt.status === 'queued' || prompt.status === 'sent')) waiting.push({ promptId: id })
    }
    return [...open, ...waiting]
  }

  /** The output of a tool that runs in the browser, or why it failed. */
  addToolOutput = (output: ToolOutput): Promise<void> => this.#publisher.addToolOutput(output)

  /** A person's decision on an approval that the agent asked for. */
  addToolApprovalResponse = (answer: ToolApprovalResponse): Promise<void> =>
    this.#publisher.addToolApprovalResponse(answer)

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
    const serials = this.#core.conversation.find(responseId)?.parts.messages.keys() ?? []
    try {
      for (const serial of serials) await this.#citations.load(serial)
    } catch (cause) {
      throw wrapError(`load the citations of response "${responseId}"`, cause, 'hydration_failed')
    }
    this.flush()
  }

  /** Marks open responses of absent agents as interrupted. */
  #interruptAbsent(): void {
    const presence = this.#presence
    const { channel, conversation } = this.#core
    if (!presence.synced || channel.state !== 'attached') return
    for (const response of conversation.responses.values())
      if (
        response.watched &&
        response.speaker !== undefined &&
        !presence.has(response.speaker) &&
        response.interrupt()
      )
        conversation.touch(response, false)
  }

  #onReady(): void {
    this.#citations?.start().catch(this.#core.lacks('read citations', 'not_allowed'))
    if (this.#options.presence ?? true)
      this.#presence.start().catch(this.#core.lacks('watch who is on the channel', 'not_allowed'))
  }
}

/** What one can do with a session, for bindings that hand its methods on. */
export const sessionActionNames = [
  'sendMessage',
  'retryMessage',
  'editMessage',
  'regenerate',
  'selectBranch',
  'stop',
  'loadOlder',
  'addToolOutput',
  'addToolApprovalResponse',
] as const

/** What one can do with a session; see `Session` for each. */
export type SessionActions = Pick<Session, (typeof sessionActionNames)[number]>

/** Opens a session: attaches, reads the past, and keeps every response whole from then on. */
export function createSession<T extends Tools = RegisteredTools, D extends DataTypes = RegisteredData>(
  options: SessionOptions,
): Session<T, D> {
  return new Session<T, D>(options)
}
