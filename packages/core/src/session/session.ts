import type { ChannelMode } from 'ably'
import { Immer } from 'immer'
import type { CitationSource, CitationSourceOf } from './citationSource.ts'
import { quoted, RejoinError, wrapError } from '../types/errors.ts'
import { allFeatures } from './features.ts'
import { channelHistory } from '../past/channelHistory.ts'
import type { Hydrator } from '../past/hydrator.ts'
import type { ChannelSource } from '../ably/openChannel.ts'
import { Branches } from './branches.ts'
import type { BranchOptions } from './branches.ts'
import type { Branch } from '../response/tree.ts'
import { Publisher } from './publisher.ts'
import type { ToolApprovalResponse, ToolOutput } from './publisher.ts'
import type { OutgoingPrompt, UploadFile } from './outgoing.ts'
import { Waker } from './waker.ts'
import type { WakeAgent } from './waker.ts'
import { Absence } from './absence.ts'
import { keeperOf } from './keeper.ts'
import type { Keep, Keeper } from './keeper.ts'
import { PresenceWatch } from './presence.ts'
import { Queue } from './queue.ts'
import { Reader } from './reader.ts'
import { SessionCore } from './core.ts'
import type { ReadingOptions } from './core.ts'
import type { RegisteredData, RegisteredTools } from '../types/register.ts'
import type { DataTypes, PromptState, Tools } from '../types/types.ts'

export type SessionOptions = ChannelSource &
  ReadingOptions & {
    /** Keeps this device's choice between versions of prompts and answers. */
    branches?: BranchOptions
    /** Which messages to keep: `keepNewest(200)` of this package lets older ones go. Default: all. */
    keep?: Keep
    /** Watch who is on the channel; needs the capability `presence` or `subscribe`. Default true. */
    presence?: boolean
    /**
     * Shows citations one by one: pass `citations` of this package. Needs the capability `annotation-subscribe`. Without
     * it, each cited source shows with a count.
     */
    citations?: CitationSourceOf
    /** Uploads attached files to your own storage. Without it, files travel in the message, if they fit. */
    uploadFile?: UploadFile
    /**
     * Wakes an agent that does not run all the time: called for each prompt that the channel has, and again when its
     * agent dies; and for decisions and tool outputs that a suspended response waits for. A call that fails is
     * repeated for a minute, while no agent answers; then the session's `error` event reports it. `fetchWake(url)`
     * makes one that posts to a route.
     */
    wake?: WakeAgent
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

/** JavaScript may pass `wake: '/api/chat'` or `keep: 200`. */
function checkFunctions(options: SessionOptions): void {
  for (const name of ['wake', 'keep'] as const)
    if (typeof (options?.[name] ?? quoted) !== 'function')
      throw new RejoinError(
        'invalid_argument',
        `unable to create a session; \`${name}\` must be a function, such as ${name === 'wake' ? 'fetchWake(url)' : 'keepNewest(200)'}, and is ${quoted(options[name])}`,
      )
}

/** A reader that also takes part: prompts, stops, tool outputs, decisions, branches, presence. */
export class Session<T extends Tools = RegisteredTools, D extends DataTypes = RegisteredData> extends Reader<
  T,
  D
> {
  readonly #options: SessionOptions
  readonly #core: SessionCore
  readonly #queue = new Queue()
  readonly #branches: Branches
  readonly #publisher: Publisher
  readonly #presence: PresenceWatch
  readonly #waker: Waker | undefined
  readonly #absence: Absence
  readonly #citations: CitationSource | undefined
  readonly #keeper: Keeper | undefined
  #initial: Session<T, D> | undefined

  constructor(options: SessionOptions) {
    checkFunctions(options)
    const core = new SessionCore(options, {
      features: allFeatures,
      produce: immer.produce,
      pathOf: (structure) => this.#branches.pathOf(structure),
      modes: options?.citations && withAnnotations,
      onUnattended: () => this.#absence.judge(),
      onStructure: (structure) => this.#keeper?.trim(structure),
      onFlush: () => this.#presence?.update(),
      onReady: () => this.#onReady(),
      onClose: () => {
        this.#presence.stop()
        this.#citations?.stop()
        this.#publisher.close()
        this.#waker?.close()
      },
    })
    super(core)
    const { channel, store, conversation } = core
    this.#options = options
    this.#core = core
    this.#branches = new Branches(options.branches ?? {}, () => store.showPath())
    const clientId = (): string | undefined => options.client?.auth.clientId
    this.#waker =
      options.wake && new Waker(options.wake, channel.name, store, (error) => core.events.report(error))
    this.#publisher = new Publisher(channel, store, this.#branches, clientId, Date.now, options.uploadFile)
    this.#presence = new PresenceWatch(channel, {
      isAgent: (clientId) => conversation.speaks(clientId),
      onStale: () => store.stateChanged(),
      onEvent: (gone) => this.#absence.changed(gone),
      onChange: (members) => core.dispatch({ type: 'members', ...members }),
    })
    conversation.isHere = (clientId) => !this.#presence.synced || this.#presence.has(clientId)
    this.#absence = new Absence(core, this.#presence, ({ promptId }) => this.#waker?.interrupted(promptId))
    this.#citations = options.citations?.(channel, (event, live) => {
      conversation.apply(event, live)
      if (live) store.changed()
    })
    this.#keeper = keeperOf(options.keep, core, this.#branches.pathOf)
    core.begin()
  }

  /**
   * The session as it was made: what `initialRows` show, and nothing that came later. A server renders this, and a page
   * begins with it, so that both agree.
   */
  get initial(): Session<T, D> {
    const { initialRows = [], branches } = this.#options
    if (!this.#core.isStarted && !branches) return this
    return (this.#initial ??= new Session<T, D>({ channelName: this.#core.channel.name, initialRows }))
  }

  /** Loads messages older than the oldest in the list. Resolves when they show. */
  override loadOlder = (): Promise<void> => {
    const load = (): Promise<void> => this.#core.loadOlder()
    return this.#keeper?.whileLoading(load) ?? load()
  }

  /** Publishes a prompt, shown at once with its delivery status. Resolves to its id. */
  sendMessage = async (prompt: OutgoingPrompt): Promise<string> => {
    this.#core.use('send the message')
    const id = await this.#publisher.sendMessage(prompt)
    this.#waker?.prompted(id)
    return id
  }

  /** Sends a prompt whose delivery `failed` again. */
  retryMessage = async (promptId: string): Promise<string> => {
    this.#core.use('send the message again')
    const id = await this.#publisher.retry(promptId)
    this.#waker?.prompted(id)
    return id
  }

  /** Rewords a prompt: the new prompt `replaces` the old one and shows instead. Resolves to the new id. */
  editMessage = async (promptId: string, message: Omit<OutgoingPrompt, 'replaces'>): Promise<string> => {
    if (!this.getPrompt(promptId))
      throw new RejoinError('invalid_argument', `unable to edit "${promptId}"; no such prompt is known here`)
    return this.sendMessage({ ...message, replaces: promptId })
  }

  /**
   * Asks for another answer to a response's prompt, anywhere in the conversation. Resolves to the id of the new prompt,
   * which `replaces` the old one and is not a message of its own.
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

  /**
   * The prompt that a response answers, by its id; `null` if it ended without naming one, `undefined` while that is
   * unknown. For whole lists: unlike `getResponse`, it does not make the response.
   */
  getResponsePromptId = (responseId: string): string | null | undefined =>
    this.#core.store.getResponsePromptId(responseId)

  /** The versions of a prompt or answer, as ids of the prompts that stand for them; `undefined` if there is only one. */
  getBranch = (id: string): Branch | undefined => this.#branches.branch(id)

  /** The versions of what answers a prompt, by the prompts that ask for them; `undefined` if there is only one. */
  getAnswerBranch = (promptId: string): Branch | undefined => this.#branches.answers(promptId)

  /** Shows, on this device, the version that a prompt stands for. */
  selectBranch = (promptId: string): void => this.#branches.select(promptId)

  /** Prompts that wait for their turn; the same array until it changes. */
  getQueue = (): readonly PromptState[] => this.#queue.promptsOf(this.#core.store.structure)

  /**
   * A session on `{channel}:{responseId}`, where some agents stream a response's reasoning; its one response is that
   * reasoning. Open it when the user asks, and close it afterwards.
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
      hydrate: options?.hydrate ?? channelHistory(),
      presence: false,
    })
  }

  /**
   * Asks the agent to stop a response, or a prompt without an answer yet, by its id; without an id, all that are open or
   * waiting. This client's own waiting prompts become `stopped` on every device, even with no agent present.
   */
  stop = async (id?: string): Promise<void> => {
    this.#core.use('stop')
    if (id !== undefined) await this.#mustKnow(`stop "${id}"`, id)
    const targets = id === undefined ? this.#unfinished() : [this.#targetOf(id)]
    await Promise.all(targets.map((target) => this.#publisher.cancel(target)))
  }

  /** Asks agents to stop all open responses and waiting prompts. Takes no argument, so it can be a click handler. */
  stopAll = (): Promise<void> => this.stop()

  /** Rejects for a response, prompt or tool call that is still unknown when the past was read. */
  async #mustKnow(what: string, id: string, toolCallId?: string): Promise<void> {
    this.#core.use(what)
    const missing = (): string | undefined => {
      const response = this.getResponse(id)
      if (!response)
        return this.getPrompt(id) || this.#core.conversation.find(id) ? undefined : `no "${id}" is known here`
      const { parts, hasGap } = response
      if (toolCallId === undefined || hasGap) return undefined
      const isThere = parts.some((part) => 'toolCallId' in part && part.toolCallId === toolCallId)
      return isThere ? undefined : `response "${id}" has no tool call "${toolCallId}"`
    }
    if (missing() === undefined) return
    await this.ready.catch(() => {})
    const why = missing()
    if (why === undefined || this.getSnapshot().hydration !== 'whole') return
    throw new RejoinError(
      'invalid_argument',
      `unable to ${what}; ${why}. Pass an id that this session shows, after loadOlder() if it is older`,
    )
  }

  #targetOf(id: string): { responseId?: string | undefined; promptId?: string | undefined } {
    const prompt = this.getResponse(id) ? undefined : this.getPrompt(id)
    return prompt ? { promptId: id, responseId: prompt.responseId } : { responseId: id }
  }

  /** Open responses, and the waiting prompts at the end of the conversation. */
  #unfinished(): { responseId?: string; promptId?: string }[] {
    const { conversation, store } = this.#core
    const open = conversation.open().map((r) => ({ responseId: r.id }))
    const waiting: { promptId: string }[] = []
    for (const { id, role } of store.entries.refs.toReversed()) {
      if (role === 'assistant' && !conversation.find(id)?.open) break
      const prompt = role === 'user' ? store.getPrompt(id) : undefined
      if (prompt && (prompt.status === 'queued' || prompt.status === 'sent')) waiting.push({ promptId: id })
    }
    return [...open, ...waiting]
  }

  /** Publishes the output of a tool that runs in the browser, or why it failed. */
  addToolOutput = async (output: ToolOutput): Promise<void> => {
    const { responseId, toolCallId } = output
    await this.#mustKnow(`publish the output of tool call "${toolCallId}"`, responseId, toolCallId)
    await this.#publisher.addToolOutput(output)
    this.#waker?.decided(output.responseId, 'tool-result')
  }

  /** Publishes a person's decision on an approval that the agent asked for. */
  addToolApprovalResponse = async (answer: ToolApprovalResponse): Promise<void> => {
    const toolCallId = answer.toolCallId ?? answer.id
    await this.#mustKnow(`respond to approval "${toolCallId}"`, answer.responseId, toolCallId)
    await this.#publisher.addToolApprovalResponse(answer)
    this.#waker?.decided(answer.responseId, 'approval')
  }

  /**
   * Reads a response's earlier citations one by one, which an attach does not bring. Resolves when they show. Needs the
   * option `citations`.
   */
  loadCitations = async (responseId: string): Promise<void> => {
    if (!this.#citations)
      throw new RejoinError(
        'invalid_argument',
        'unable to load citations; create the session with the option `citations`',
      )
    const messages = this.#core.conversation.find(responseId)?.parts.messages ?? []
    try {
      for (const { serial } of messages) await this.#citations.load(serial)
    } catch (cause) {
      throw wrapError(`load the citations of response "${responseId}"`, cause, 'hydration_failed')
    }
    this.flush()
  }

  #onReady(): void {
    this.#citations?.start().catch(this.#core.lacks('read citations', 'annotation-subscribe'))
    if (this.#options.presence ?? true)
      this.#presence.start().catch(this.#core.lacks('watch who is on the channel', 'subscribe'))
  }
}

/** Names of a session's methods, for bindings that pass them on. */
export const sessionActionNames = [
  'sendMessage',
  'retryMessage',
  'editMessage',
  'regenerate',
  'selectBranch',
  'stop',
  'stopAll',
  'loadOlder',
  'addToolOutput',
  'addToolApprovalResponse',
] as const

/** A session's methods; see `Session` for each. */
export type SessionActions = Pick<Session, (typeof sessionActionNames)[number]>

/** Opens a session: attaches, reads the past, and keeps every response whole from then on. */
export function createSession<T extends Tools = RegisteredTools, D extends DataTypes = RegisteredData>(
  options: SessionOptions,
): Session<T, D> {
  return new Session<T, D>(options)
}
