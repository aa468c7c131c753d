import type {
  ChannelStateChange,
  ConnectionState,
  InboundMessage,
  RealtimeChannel,
  RealtimeClient,
} from 'ably'
import { ErrorCode, wrapError, type RejoinError, Header, MessageName } from '@rejoin/core/protocol'
import { Backoff, judge, type RetryOptions } from '../publish/backoff.ts'
import { catchUp, doneAbout, isDormant, newest, since, type Judge, type Missed } from './catchUp.ts'
import type { Checkpoint, CheckpointStore } from './checkpoint.ts'
import { Answers } from '../inbound/answers.ts'
import type { PastResponse } from '../response/pastResponse.ts'
import { headersOf, senderOf } from '../inbound/fields.ts'
import { promptIdOf, readPrompt, type Prompt } from '../inbound/prompt.ts'
import { Claimant } from './claimant.ts'
import type { ClaimStore } from './claims.ts'
import { PromptTexts } from '../inbound/promptTexts.ts'
import { mayCancelBy } from './mayCancel.ts'
import { CheckpointKeeper } from './checkpointKeeper.ts'
import {
  PromptQueue,
  type Active,
  type AllowCancel,
  type Task,
  type Interrupted,
  type PromptOptions,
} from './promptQueue.ts'
import { ownId } from '../publish/ownId.ts'
import type { PromptStatusData } from './promptStatus.ts'
import { missing, wrapRefusal } from '../publish/rights.ts'
import type { Origin, ResponseIds, ResponseWriter, Suspension } from '../response/responseWriter.ts'
import { SuspendedPrompts } from './suspendedPrompts.ts'

export interface InboxHost {
  readonly checkpoints: CheckpointStore | undefined
  readonly claims: ClaimStore | undefined
  /** Milliseconds. */
  readonly claimTtl: number
  readonly retry: RetryOptions
  respond(ids: ResponseIds, origin: Origin): ResponseWriter
  responses(): Iterable<ResponseWriter>
  /** Stores a response that is complete on the channel and perhaps not in the store. */
  recompleted(responseId: string, past: PastResponse, prompt: Prompt): Promise<boolean>
  /** Publishes a prompt's delivery state. */
  announce(promptId: string, data: PromptStatusData): void
  /** Who may cancel responses that no prompt handler answers. */
  readonly allowCancel: AllowCancel | undefined
  /** An answer waits for people, and no handler runs for it. */
  suspended(prompt: Prompt, suspension: Suspension): void
  report(error: RejoinError): void
}

const NAMES: string[] = [
  MessageName.UserInput,
  MessageName.PromptText,
  MessageName.Cancel,
  MessageName.Start,
  MessageName.ResponseEnd,
  MessageName.Stop,
  MessageName.Cancelled,
  MessageName.Value,
  MessageName.ToolResult,
  MessageName.ApprovalResponse,
]

/** Connection states after which no message arrives. */
const GONE: ConnectionState[] = ['closing', 'closed', 'failed']

/** Milliseconds for which reading the past is tried again. */
const READ_PATIENCE = 30_000

/** Receives an agent's messages: prompts, cancels, decisions, results of client-side tools. */
export class Inbox {
  readonly answers: Answers
  readonly #texts = new PromptTexts()
  readonly #client: RealtimeClient
  readonly #channel: RealtimeChannel
  readonly #host: InboxHost
  readonly #ledger: CheckpointKeeper
  readonly #listener = (message: InboundMessage) => {
    if (this.#held) this.#held.push(message)
    else this.#receive(message)
  }
  readonly #onState = (change: ChannelStateChange) => {
    if (change.current === 'failed') {
      const what = `listen on channel "${this.#channel.name}"`
      this.#host.report(wrapError(what, change.reason ?? new Error('it failed'), ErrorCode.AttachFailed))
    } else if (change.current === 'attached' && !change.resumed && this.#listened) this.#lose()
  }
  readonly #onGone = () => this.#claimant?.retire()
  #queue: PromptQueue | undefined
  readonly #claimant: Claimant | undefined
  readonly #suspended = new SuspendedPrompts()
  /** Prompts whose answers this process has begun; used only without claims. */
  readonly #begun = new Set<string>()
  #warned = false
  #reported: string | undefined
  #options: PromptOptions = {}
  #mayCancel: AllowCancel
  #listening: Promise<void> | undefined
  #ready: Promise<void> | undefined
  #listened = false
  #deaf = false
  /** Serial of the last message heard, or of the last before listening; `undefined` while unknown. */
  #heard: string | undefined
  /** Resolves once `heard` is known or cannot be determined. */
  #standing: Promise<void> | undefined
  /** Continuity was lost, and the missed messages are not read yet. */
  #lost = false
  #closed = false
  #draining = false
  /** The agent's checkpoint is unusable. */
  #barred = false
  /** Live messages held until the past is processed. */
  #held: InboundMessage[] | undefined

  constructor(client: RealtimeClient, channel: RealtimeChannel, host: InboxHost) {
    this.#client = client
    this.#channel = channel
    this.#host = host
    this.answers = new Answers((error) => host.report(error))
    this.#mayCancel = mayCancelBy(host.allowCancel, (error) => host.report(error))
    this.#claimant = host.claims && this.#claimantOf(host.claims)
    if (this.#claimant) client.connection.on(GONE, this.#onGone)
    this.#ledger = new CheckpointKeeper(host.checkpoints, channel.name, {
      retry: host.retry,
      loading: (error) => this.#reportOnce(this.#unloaded(error)),
      unsaved: (error) => host.report(wrapError('save a checkpoint', error, ErrorCode.CallbackFailed)),
      closed: () => this.#closed,
    })
  }

  #claimantOf(store: ClaimStore): Claimant {
    return new Claimant({
      store,
      channelName: this.#channel.name,
      ttl: this.#host.claimTtl,
      alive: () => !GONE.includes(this.#client.connection.state),
      won: (prompt, review) => this.#won(prompt, review),
      lost: ({ id }) => this.#queue!.abandon(id, (active) => this.#goesOn(active)),
      answered: (prompt) => {
        this.#queue!.remember(prompt.id)
        void this.#ledger.record({ type: 'settled', promptId: prompt.id })
      },
      report: (error) => this.#host.report(error),
    })
  }

  get ready(): Promise<void> {
    return this.#ready ?? this.check()
  }

  get answersPrompts(): boolean {
    return this.#queue !== undefined
  }

  /** Whether the next process will resume this response. */
  resumes(response: ResponseWriter): boolean {
    const { interrupted = this.#claimant ? 'restart' : 'mark' } = this.#options
    return (
      this.#host.checkpoints !== undefined && interrupted !== 'mark' && this.#queue?.has(response) === true
    )
  }

  /** Resolves when cancels and answers are received, or when that is impossible, which is reported once. */
  async hear(): Promise<void> {
    if (this.#listened || this.#closed) return
    try {
      await this.listen()
    } catch (error) {
      if (!this.#deaf && !this.#closed) this.#host.report(error as RejoinError)
      this.#deaf = true
    }
  }

  /** Starts listening, and checks that the agent may publish. */
  async check(): Promise<void> {
    await this.listen()
    const lack = missing(`answer on channel "${this.#channel.name}"`, this.#channel, 'publish')
    if (lack) throw lack
  }

  /** Starts listening; idempotent. */
  listen(): Promise<void> {
    return (this.#listening ??= this.#listen().catch((error: unknown) => {
      this.#listening = undefined
      throw error
    }))
  }

  answer(handler: (prompt: Prompt, response: ResponseWriter) => unknown, options: PromptOptions): void {
    this.#options = options
    if (options.allowCancel)
      this.#mayCancel = mayCancelBy(options.allowCancel, (error) => this.#host.report(error))
    this.#queue = new PromptQueue(handler, options, {
      respond: (task) => this.#respond(task),
      mayCancel: (who, answer) => this.#mayCancel(who, answer),
      announce: (promptId, status) => this.#host.announce(promptId, { status }),
      report: (error) => this.#host.report(error),
      started: (prompt, response) => {
        if (!this.#claimant) this.#begun.add(prompt.id)
        return this.#ledger.record({ type: 'begun', prompt, responseId: response.responseId })
      },
      unsettled: (prompt, response) => this.#unsettled(prompt, response),
      settled: (prompt) => this.#settled(prompt),
    })
    this.#held = []
    this.#ready = this.#start()
    this.#ready.catch((error: RejoinError) => this.#reportOnce(error))
  }

  /** A response has taken a steering prompt. */
  steered(prompt: Prompt, responseId: string, part: string): void {
    this.#queue?.steered(prompt, responseId)
    this.#host.announce(prompt.id, { status: 'steered', responseId, part })
  }

  close(): void {
    this.#closed = true
    this.#unlisten()
    this.#client.connection.off(this.#onGone)
    this.#claimant?.close()
    this.#queue?.close(this.#host.checkpoints !== undefined)
  }

  /** Accepts no more prompts, but still receives messages about accepted ones. */
  drain(): void {
    this.#draining = true
    this.#claimant?.close()
  }

  async idle(): Promise<void> {
    await this.#queue?.idle()
  }

  /** Releases the claims of unfinished prompts for the next process. */
  async release(): Promise<void> {
    await this.#claimant?.releaseAll()
  }

  async #listen(): Promise<void> {
    const what = `listen on channel "${this.#channel.name}"`
    this.#unlisten()
    try {
      await this.#channel.subscribe(NAMES, this.#listener)
      await this.#channel.attach()
      this.#listened = true
      this.#channel.on(['attached', 'update', 'failed'], this.#onState)
      // Record the position now, in case the connection is lost for long: this agent answers only later prompts.
      if (!this.#host.checkpoints) {
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

  async #start(): Promise<void> {
    try {
      await this.check()
      if (this.#host.checkpoints) await this.#dealWithPast()
    } finally {
      await this.#refill()
    }
  }

  /** Continuity was lost: the missed messages are only in history. */
  #lose(): void {
    const busy = this.#held !== undefined
    // Held messages came before the new attach point, so history has them as well.
    this.#held = []
    this.#lost = true
    if (!busy) void this.#refill()
  }

  /** Reads missed messages, repeatedly if more were missed meanwhile, then releases the held live messages. */
  async #refill(): Promise<void> {
    while (this.#lost && !this.#closed) {
      this.#lost = false
      await this.#readMissed()
    }
    const held = this.#held ?? []
    this.#held = undefined
    for (const message of held) this.#receive(message)
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
          if ((message.serial ?? '') > heard && NAMES.includes(message.name ?? ''))
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

  #unreadable(error: unknown): RejoinError {
    const what = 'catch up with the channel'
    return wrapRefusal(what, error, 'history', this.#channel.name, ErrorCode.HydrationFailed)
  }

  #unread(what: string, error: unknown): void {
    if (this.#closed) return
    this.#host.report(wrapRefusal(what, error, 'history', this.#channel.name, ErrorCode.HydrationFailed))
  }

  /** Without its checkpoint the agent cannot know which prompts it has answered, so it answers none. */
  async #loadCheckpoint(): Promise<Checkpoint | undefined> {
    try {
      return await this.#ledger.load()
    } catch (error) {
      this.#barred = true
      throw this.#unloaded(error)
    }
  }

  #unloaded(error: unknown): RejoinError {
    const what = `load the checkpoint of channel "${this.#channel.name}", and answer its prompts`
    return wrapError(what, error, ErrorCode.HydrationFailed)
  }

  /** The failures of a store that is asked again and again are one error. */
  #reportOnce(error: RejoinError): void {
    if (error.message === this.#reported) return
    this.#reported = error.message
    this.#host.report(error)
  }

  async #dealWithPast(): Promise<void> {
    let missed: Missed
    try {
      const checkpoint = await this.#loadCheckpoint()
      missed = await catchUp(this.#channel, checkpoint, this.#judge, this.#host.report)
      for (const promptId of checkpoint?.recent ?? []) this.#queue!.remember(promptId)
    } catch (error) {
      if (this.#barred) throw error
      throw this.#unreadable(error)
    }
    this.#ledger.caughtUp()
    for (const message of missed.answers) this.answers.receive(message)
    for (const promptId of missed.unreadable) this.#host.announce(promptId, { status: 'failed' })
    if (this.#claimant) {
      // Other processes may have these prompts: only the process with the claim acts.
      for (const { prompt } of [...missed.answered, ...missed.cancelled, ...missed.taken, ...missed.prompts])
        this.#take(prompt, true)
    } else await this.#dealWith(missed)
    this.#heard = missed.serial
    await this.#ledger.record({ type: 'reached', serial: missed.serial })
  }

  #take(prompt: Prompt, review: boolean): void {
    void this.#ledger.record({ type: 'received', prompt, accepted: true })
    void this.#claimant!.take(prompt, review)
  }

  /** This process has the claim: does the remaining work for the prompt. */
  async #won(prompt: Prompt, review: boolean): Promise<void> {
    const left = review ? await doneAbout(this.#channel, prompt, this.#judge, this.#host.report) : undefined
    const own = ({ prompt: { id } }: { prompt: Prompt }) => id === prompt.id
    const open = left?.prompts.find(own)
    const taken = left?.taken.find(own)
    if (taken) return this.#keep(taken)
    if (left?.answered.some(own) || left?.cancelled.some(own)) return this.#dealWith({ ...left, prompts: [] })
    for (const message of left?.answers ?? []) this.answers.receive(message)
    if (open && isDormant(open, left?.answers ?? [])) return this.#suspend(prompt, suspensionOf(open.past))
    const choice = open?.past && this.#choose(prompt, open.past)
    if (open && choice === 'mark') return this.#mark(open)
    if (open?.past && choice === 'restart') this.#withdraw(open.past)
    this.#add(prompt, choice === 'resume' ? { past: open?.past, responseId: open?.responseId } : {})
  }

  /** Discards another process's unfinished answer: this process answers anew. */
  #withdraw(past: PastResponse): void {
    const response = this.#host.respond({ responseId: past.responseId }, { past })
    void response.withdraw().catch(() => {})
  }

  /** Ends another process's unfinished answer. */
  #mark({ prompt, past, responseId }: Task): void {
    this.#queue!.remember(prompt.id)
    const response = this.#respond({ prompt, past, responseId })
    const reason = { message: 'the agent was restarted before it had finished', code: 'interrupted' }
    void response
      .fail(reason)
      .catch(() => {})
      .then(() => this.#settled(prompt))
  }

  /** Whether a process that takes over resumes the response that this one has begun. */
  #goesOn({ prompt, response }: Active): boolean {
    return GONE.includes(this.#client.connection.state) || this.#choose(prompt, response) !== 'restart'
  }

  #add(prompt: Prompt, left: Omit<Task, 'prompt'>): void {
    if (!this.#queue!.add(prompt, left)) this.#claimant?.release(prompt.id)
  }

  #respond({ prompt, responseId, past }: Task): ResponseWriter {
    const claimant = this.#claimant
    return this.#host.respond(
      { promptId: prompt.id, ...(responseId && { responseId }) },
      { prompt, past, ...(claimant && { holds: (patient) => claimant.holds(prompt.id, patient) }) },
    )
  }

  async #dealWith(missed: Missed): Promise<void> {
    for (const { prompt, past } of missed.answered) {
      this.#queue!.remember(prompt.id)
      if (await this.#host.recompleted(past.responseId, past, prompt)) await this.#settled(prompt)
    }
    for (const { prompt, responseId, past } of missed.cancelled) {
      this.#queue!.remember(prompt.id)
      void this.#ledger.record({ type: 'received', prompt, accepted: true })
      const response = this.#respond({ prompt, responseId, past })
      void response
        .cancel()
        .catch(() => {})
        .then(() => this.#settled(prompt))
    }
    for (const entry of missed.taken) this.#keep(entry)
    for (const entry of missed.prompts)
      if (!isDormant(entry, missed.answers)) this.#answerLate(entry)
      else {
        void this.#ledger.record({ type: 'received', prompt: entry.prompt, accepted: true })
        this.#queue!.remember(entry.prompt.id)
        this.#suspend(entry.prompt, suspensionOf(entry.past))
      }
  }

  /** A suspended answer has taken the prompt. */
  #keep({ prompt, past }: Missed['taken'][number]): void {
    void this.#ledger.record({ type: 'received', prompt, accepted: true })
    this.#queue!.remember(prompt.id)
    this.#queue!.keep(prompt, past.responseId)
    this.#host.suspended(prompt, suspensionOf(past))
  }

  #answerLate(entry: Task): void {
    const { prompt, past, responseId } = entry
    void this.#ledger.record({ type: 'received', prompt, accepted: true })
    const choice = past && this.#choose(prompt, past)
    if (choice === 'mark') return this.#mark(entry)
    if (past && choice === 'restart') this.#withdraw(past)
    const left = choice === 'restart' ? {} : { responseId, past }
    if (!this.#queue!.add(prompt, left)) void this.#settled(prompt)
  }

  async #settled(prompt: Prompt): Promise<void> {
    this.#begun.delete(prompt.id)
    // Overtaken at the last moment: the other process settles the prompt.
    if ((await this.#claimant?.settle(prompt.id)) === false) return
    return this.#ledger.record({ type: 'settled', promptId: prompt.id })
  }

  /** No handler runs until an answer comes; any process may then continue. */
  #suspend(prompt: Prompt, suspension: Suspension): void {
    this.#suspended.add(prompt, suspension)
    this.#claimant?.release(prompt.id)
    // An answer came while the handler was being suspended.
    if (this.answers.hasKept(suspension.toolCallIds, suspension.judged)) this.#resume(prompt)
    else this.#host.suspended(prompt, suspension)
  }

  #resume(prompt: Prompt): void {
    this.#suspended.delete(prompt.id)
    if (this.#closed) return
    if (this.#claimant) return void this.#claimant.take(prompt, true)
    this.#won(prompt, true).catch((error: unknown) => {
      this.#unread('read what was answered', error)
    })
  }

  /** Leaves a response that was not stored to the next process that gets the claim, perhaps this one. */
  #unsettled(prompt: Prompt, { delivered, suspended }: ResponseWriter): void {
    if (suspended) return this.#suspend(prompt, suspended)
    this.#claimant?.release(prompt.id)
    if (delivered && !this.#closed) this.#claimant?.standBy(prompt)
  }

  #choose(prompt: Prompt, left: { readonly text: string; readonly wasSuspended?: boolean }): Interrupted {
    const { text, wasSuspended } = left
    // Keep people's decisions: they must be neither lost nor requested again.
    if (wasSuspended) return 'resume'
    const { interrupted = this.#claimant ? 'restart' : 'mark' } = this.#options
    if (typeof interrupted !== 'function') return interrupted
    try {
      return interrupted(prompt, { text })
    } catch (error) {
      this.#host.report(wrapError('call interrupted', error, ErrorCode.CallbackFailed))
      return 'mark'
    }
  }

  #receive(message: InboundMessage, late = false): void {
    const { serial = '' } = message
    if (serial > (this.#heard ?? '')) this.#heard = serial
    switch (message.name) {
      case MessageName.UserInput: {
        if (this.#draining || this.#barred) return
        const prompt = this.#queue && this.#read(message, late)
        if (!prompt) return
        if (!this.#claimant)
          void this.#ledger.record({ type: 'received', prompt, accepted: this.#queue!.add(prompt) })
        else if (this.#queue!.isNew(prompt)) this.#take(prompt, late)
        return
      }
      case MessageName.Start:
      case MessageName.ResponseEnd:
      case MessageName.Stop:
      case MessageName.Cancelled:
        return this.#heardReplica(message)
      case MessageName.PromptText:
        return this.#texts.add(message)
      case MessageName.Cancel:
        return this.#cancel(message)
      default:
        if (this.#isOwn(message)) return
        this.answers.receive(message)
        for (const prompt of this.#suspended.answered(message)) this.#resume(prompt)
    }
  }

  readonly #judge: Judge = {
    isOurs: (prompt) => this.#queue!.accepts(prompt),
    isOwn: (message) => message.clientId === ownId(this.#client),
    mayCancel: (who, answer) => this.#mayCancel(who, answer),
  }

  /** Another process that answers with the same clientId. */
  #heardReplica(message: InboundMessage): void {
    const { [Header.PromptId]: promptId, [Header.ResponseId]: responseId } = headersOf(message)
    if (promptId === undefined || message.clientId !== ownId(this.#client)) return
    if (message.connectionId === this.#client.connection.id) return
    if (message.name !== MessageName.Start) {
      if (responseId !== undefined) this.#queue?.endedElsewhere(responseId)
      return this.#claimant?.heardEnd(promptId)
    }
    if (!this.#begun.has(promptId) || this.#warned) return
    this.#warned = true
    console.warn(
      `[rejoin] Another process answers on channel "${this.#channel.name}" as "${message.clientId}" too, and both answer every prompt. Pass \`claims\` to createAgent.`,
    )
  }

  #read(message: InboundMessage, late: boolean): Prompt | undefined {
    try {
      return readPrompt(message, late, this.#texts)
    } catch (error) {
      this.#host.report(error as RejoinError)
      const promptId = promptIdOf(message)
      if (promptId !== undefined) this.#host.announce(promptId, { status: 'failed' })
      return undefined
    }
  }

  /** Whether this connection or a former process of this agent published the message, so that it is not an answer. */
  #isOwn(message: InboundMessage): boolean {
    const { connection } = this.#client
    if (message.connectionId !== undefined && message.connectionId === connection.id) return true
    return Header.Rejoin in headersOf(message) && message.clientId === ownId(this.#client)
  }

  #cancel(message: InboundMessage): void {
    const headers = headersOf(message)
    const responseId = headers[Header.ResponseId]
    const promptId = headers[Header.PromptId]
    const who = senderOf(message)
    this.#queue?.cancel({ responseId, promptId }, who)
    const mayCancel = (prompt: Prompt) => this.#mayCancel(who, { prompt })
    for (const prompt of this.#suspended.cancelled(message, mayCancel)) this.#resume(prompt)
    // Responses that the application began itself.
    for (const response of this.#host.responses()) {
      if (this.#queue?.has(response)) continue
      const all = responseId === undefined && promptId === undefined
      const meant =
        responseId === undefined ? response.promptId === promptId : response.responseId === responseId
      if (!(all || meant) || !this.#mayCancel(who, { response })) continue
      void response.cancel(new DOMException('Cancelled', 'AbortError')).catch(() => {})
    }
  }
}

function suspensionOf({ responseId, suspendedFor, judged }: PastResponse): Suspension {
  return { responseId, toolCallIds: suspendedFor ?? [], judged }
}
