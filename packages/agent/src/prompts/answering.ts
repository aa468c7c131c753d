import type { ConnectionState, InboundMessage, RealtimeChannel, RealtimeClient } from 'ably'
import { ErrorCode, wrapError, type RejoinError, Header, MessageName } from '@rejoin/core/protocol'
import type { Answers } from '../inbound/answers.ts'
import { headersOf, senderOf } from '../inbound/fields.ts'
import type { Prompt } from '../inbound/prompt.ts'
import type { RetryOptions } from '../publish/backoff.ts'
import { ownId } from '../publish/ownId.ts'
import { wrapRefusal } from '../publish/rights.ts'
import type { PastResponse } from '../response/pastResponse.ts'
import type { ResponseWriter } from '../response/responseWriter.ts'
import type { Origin, ResponseIds, Suspension } from '../response/writerHost.ts'
import { catchUp, doneAbout, type KnownPast } from './catchUp.ts'
import { isDormant, type Judge, type Missed } from './missed.ts'
import type { Checkpoint, CheckpointStore } from './checkpoint.ts'
import { CheckpointKeeper } from './checkpointKeeper.ts'
import { Claimant } from './claimant.ts'
import type { ClaimStore } from './claims.ts'
import { InterruptedAnswers } from './interruptedAnswers.ts'
import type { PromptStatusData } from './promptStatus.ts'
import { PromptQueue, type Active, type AllowCancel, type PromptOptions, type Task } from './promptQueue.ts'
import { Replicas } from './replicas.ts'
import { SuspendedPrompts, suspensionOf } from './suspendedPrompts.ts'

export interface AnsweringHost {
  readonly checkpoints: CheckpointStore | undefined
  readonly claims: ClaimStore | undefined
  /** Milliseconds. */
  readonly claimTtl: number
  readonly retry: RetryOptions
  respond(ids: ResponseIds, origin: Origin): ResponseWriter
  /** Stores a response that is complete on the channel and perhaps not in the store. */
  recompleted(responseId: string, past: PastResponse, prompt: Prompt): Promise<boolean>
  /** Publishes a prompt's delivery state. */
  announce(promptId: string, data: PromptStatusData): void
  /** An answer waits for people, and no handler runs for it. */
  suspended(prompt: Prompt, suspension: Suspension): void
  report(error: RejoinError): void
}

/** Who answers, and how. */
export interface Answerer {
  readonly handler: (prompt: Prompt, response: ResponseWriter) => unknown
  readonly options: PromptOptions
  readonly answers: Answers
  readonly mayCancel: AllowCancel
}

/** Connection states after which no message arrives. */
const GONE: ConnectionState[] = ['closing', 'closed', 'failed']

/** What becomes of each prompt, in this process or another: claimed, answered, suspended, taken over, settled. */
export class Answering {
  readonly #client: RealtimeClient
  readonly #channel: RealtimeChannel
  readonly #host: AnsweringHost
  readonly #answers: Answers
  readonly #queue: PromptQueue
  readonly #ledger: CheckpointKeeper
  readonly #claimant: Claimant | undefined
  readonly #suspended = new SuspendedPrompts()
  readonly #judge: Judge
  readonly #replicas: Replicas
  readonly #interrupted: InterruptedAnswers
  readonly #onGone = () => this.#claimant?.retire()
  #reported: string | undefined
  #closed = false
  /** The agent's checkpoint is unusable. */
  #barred = false
  #draining = false

  constructor(
    client: RealtimeClient,
    channel: RealtimeChannel,
    host: AnsweringHost,
    { handler, options, answers, mayCancel }: Answerer,
  ) {
    this.#client = client
    this.#channel = channel
    this.#host = host
    this.#answers = answers
    this.#claimant = host.claims && this.#claimantOf(host.claims)
    if (this.#claimant) client.connection.on(GONE, this.#onGone)
    this.#ledger = new CheckpointKeeper(host.checkpoints, channel.name, {
      retry: host.retry,
      loading: (error) => this.reportOnce(this.#unloaded(error)),
      unsaved: (error) => host.report(wrapError('save a checkpoint', error, ErrorCode.CallbackFailed)),
      closed: () => this.#closed,
    })
    this.#replicas = new Replicas(client, channel.name)
    this.#interrupted = new InterruptedAnswers(options.interrupted ?? (host.claims ? 'restart' : 'mark'), {
      respond: (task) => this.#respond(task),
      begin: (promptId) => this.#queue.remember(promptId),
      settled: (prompt) => this.#settled(prompt),
      withdraw: (past) => host.respond({ responseId: past.responseId }, { past }).withdraw(),
      report: (error) => host.report(error),
    })
    this.#queue = new PromptQueue(handler, options, {
      respond: (task) => this.#respond(task),
      mayCancel,
      announce: (promptId, status) => host.announce(promptId, { status }),
      report: (error) => host.report(error),
      started: (prompt, response) => {
        // With claims, only one process answers a prompt.
        if (!this.#claimant) this.#replicas.begin(prompt.id)
        return this.#ledger.record({ type: 'begun', prompt, responseId: response.responseId })
      },
      unsettled: (prompt, response) => this.#unsettled(prompt, response),
      settled: (prompt) => this.#settled(prompt),
    })
    this.#judge = {
      isOurs: (prompt) => this.#queue.accepts(prompt),
      isOwn: (message) => message.clientId === ownId(client),
      mayCancel,
    }
  }

  #claimantOf(store: ClaimStore): Claimant {
    return new Claimant({
      store,
      channelName: this.#channel.name,
      ttl: this.#host.claimTtl,
      alive: () => !GONE.includes(this.#client.connection.state),
      won: (prompt, review) => this.#won(prompt, review),
      lost: ({ id }) => this.#queue.abandon(id, (active) => this.#goesOn(active)),
      answered: (prompt) => {
        this.#queue.remember(prompt.id)
        void this.#ledger.record({ type: 'settled', promptId: prompt.id })
      },
      report: (error) => this.#host.report(error),
    })
  }

  /** Whether new prompts are accepted. */
  get isOpen(): boolean {
    return !this.#draining && !this.#barred
  }

  has(response: ResponseWriter): boolean {
    return this.#queue.has(response)
  }

  /** Whether the next process will resume this response. */
  resumes(response: ResponseWriter): boolean {
    return this.#host.checkpoints !== undefined && !this.#interrupted.areMarked && this.has(response)
  }

  /** Answers what came before this process listened. Resolves to the serial of the last message. */
  async dealWithPast(): Promise<string> {
    let missed: Missed
    try {
      const checkpoint = await this.#loadCheckpoint()
      missed = await catchUp(this.#channel, checkpoint, this.#judge, this.#host.report)
      for (const promptId of checkpoint?.recent ?? []) this.#queue.remember(promptId)
    } catch (error) {
      if (this.#barred) throw error
      throw this.#unreadable('catch up with the channel', error)
    }
    this.#ledger.caughtUp()
    for (const message of missed.answers) this.#answers.receive(message)
    for (const promptId of missed.unreadable) this.#host.announce(promptId, { status: 'failed' })
    if (this.#claimant) {
      // Other processes may have these prompts: only the process with the claim acts.
      for (const { prompt } of [...missed.answered, ...missed.cancelled, ...missed.taken, ...missed.prompts])
        this.#take(prompt, true)
    } else await this.#dealWith(missed)
    await this.#ledger.record({ type: 'reached', serial: missed.serial })
    return missed.serial
  }

  /** A prompt has arrived, live or (`late`) from history. */
  prompted(prompt: Prompt, late: boolean): void {
    if (!this.#claimant)
      void this.#ledger.record({ type: 'received', prompt, accepted: this.#queue.add(prompt) })
    else if (this.#queue.isNew(prompt)) this.#take(prompt, late)
  }

  /** A decision or a result has arrived. */
  answered(message: InboundMessage): void {
    for (const prompt of this.#suspended.answered(message)) this.#resume(prompt)
  }

  cancelled(message: InboundMessage): void {
    const { [Header.ResponseId]: responseId, [Header.PromptId]: promptId } = headersOf(message)
    const who = senderOf(message)
    this.#queue.cancel({ responseId, promptId }, who)
    const mayCancel = (prompt: Prompt) => this.#judge.mayCancel(who, { prompt })
    for (const prompt of this.#suspended.cancelled(message, mayCancel)) this.#resume(prompt)
  }

  /** Another process that answers with the same clientId. */
  heardReplica(message: InboundMessage): void {
    if (!this.#replicas.isOther(message)) return
    const { [Header.PromptId]: promptId, [Header.ResponseId]: responseId } = headersOf(message)
    if (promptId === undefined) return
    if (message.name === MessageName.Start) return this.#replicas.began(promptId)
    if (responseId !== undefined) this.#queue.endedElsewhere(responseId)
    this.#claimant?.heardEnd(promptId)
  }

  /** A response has taken a steering prompt. */
  steered(prompt: Prompt, responseId: string): void {
    this.#queue.steered(prompt, responseId)
  }

  close(): void {
    this.#closed = true
    this.#client.connection.off(this.#onGone)
    this.#claimant?.close()
    this.#queue.close(this.#host.checkpoints !== undefined)
  }

  /** Accepts no more prompts. */
  drain(): void {
    this.#draining = true
    this.#claimant?.close()
  }

  async idle(): Promise<void> {
    await this.#queue.idle()
  }

  /** Releases the claims of unfinished prompts for the next process. */
  async release(): Promise<void> {
    await this.#claimant?.releaseAll()
  }

  /** Reports repeated failures of a store as one error. */
  reportOnce(error: RejoinError): void {
    if (error.message === this.#reported) return
    this.#reported = error.message
    this.#host.report(error)
  }

  /** Without its checkpoint the agent cannot know which prompts it has answered, so it answers none. */
  async #loadCheckpoint(): Promise<(Checkpoint & KnownPast) | undefined> {
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

  #unreadable(what: string, error: unknown): RejoinError {
    return wrapRefusal(what, error, 'history', this.#channel.name, ErrorCode.HydrationFailed)
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
    for (const message of left?.answers ?? []) this.#answers.receive(message)
    if (open && isDormant(open, left?.answers ?? [])) return this.#suspend(prompt, suspensionOf(open.past))
    const choice = open?.past && this.#interrupted.choose(prompt, open.past)
    if (open && choice === 'mark') return this.#interrupted.mark(open)
    if (open?.past && choice === 'restart') this.#interrupted.withdraw(open.past)
    this.#add(prompt, choice === 'resume' ? { past: open?.past, responseId: open?.responseId } : {})
  }

  /** Whether a process that takes over resumes the response that this one has begun. */
  #goesOn({ prompt, response }: Active): boolean {
    return (
      GONE.includes(this.#client.connection.state) || this.#interrupted.choose(prompt, response) !== 'restart'
    )
  }

  #add(prompt: Prompt, left: Omit<Task, 'prompt'>): void {
    if (!this.#queue.add(prompt, left)) this.#claimant?.release(prompt.id)
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
      this.#queue.remember(prompt.id)
      if (await this.#host.recompleted(past.responseId, past, prompt)) await this.#settled(prompt)
    }
    for (const { prompt, responseId, past } of missed.cancelled) {
      this.#queue.remember(prompt.id)
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
        this.#queue.remember(entry.prompt.id)
        this.#suspend(entry.prompt, suspensionOf(entry.past))
      }
  }

  /** A suspended answer has taken the prompt. */
  #keep({ prompt, past }: Missed['taken'][number]): void {
    void this.#ledger.record({ type: 'received', prompt, accepted: true })
    this.#queue.remember(prompt.id)
    this.#queue.keep(prompt, past.responseId)
    this.#host.suspended(prompt, suspensionOf(past))
  }

  #answerLate(entry: Task): void {
    const { prompt, past, responseId } = entry
    void this.#ledger.record({ type: 'received', prompt, accepted: true })
    const choice = past && this.#interrupted.choose(prompt, past)
    if (choice === 'mark') return this.#interrupted.mark(entry)
    if (past && choice === 'restart') this.#interrupted.withdraw(past)
    const left = choice === 'restart' ? {} : { responseId, past }
    if (!this.#queue.add(prompt, left)) void this.#settled(prompt)
  }

  async #settled(prompt: Prompt): Promise<void> {
    this.#replicas.settle(prompt.id)
    // Overtaken at the last moment: the other process settles the prompt.
    if ((await this.#claimant?.settle(prompt.id)) === false) return
    return this.#ledger.record({ type: 'settled', promptId: prompt.id })
  }

  /** No handler runs until an answer comes; any process may then continue. */
  #suspend(prompt: Prompt, suspension: Suspension): void {
    this.#suspended.add(prompt, suspension)
    this.#claimant?.release(prompt.id)
    // An answer came while the handler was being suspended.
    if (this.#answers.hasKept(suspension.toolCallIds, suspension.judged)) this.#resume(prompt)
    else this.#host.suspended(prompt, suspension)
  }

  #resume(prompt: Prompt): void {
    this.#suspended.delete(prompt.id)
    if (this.#closed) return
    if (this.#claimant) return void this.#claimant.take(prompt, true)
    this.#won(prompt, true).catch((error: unknown) => {
      if (!this.#closed) this.#host.report(this.#unreadable('read what was answered', error))
    })
  }

  /** Leaves a response that was not stored to the next process that gets the claim, perhaps this one. */
  #unsettled(prompt: Prompt, { delivered, suspended }: ResponseWriter): void {
    if (suspended) return this.#suspend(prompt, suspended)
    this.#claimant?.release(prompt.id)
    if (delivered && !this.#closed) this.#claimant?.standBy(prompt)
  }
}
