import type { InboundMessage, RealtimeChannel, RealtimeClient } from 'ably'
import { Header, MessageName, type RejoinError } from '@rejoin/core/protocol'
import { Answers } from '../inbound/answers.ts'
import { headersOf, senderOf } from '../inbound/fields.ts'
import { promptIdOf, readPrompt, type Prompt } from '../inbound/prompt.ts'
import { PromptTexts } from '../inbound/promptTexts.ts'
import { ownId } from '../publish/ownId.ts'
import { missing } from '../publish/rights.ts'
import type { ResponseWriter } from '../response/responseWriter.ts'
import { Answering, type AnsweringHost } from './answering.ts'
import { findPrompt } from './findPrompt.ts'
import { GaplessListener } from './gaplessListener.ts'
import { mayCancelBy } from './mayCancel.ts'
import type { AllowCancel, PromptOptions } from './promptQueue.ts'

export interface InboxHost extends AnsweringHost {
  responses(): Iterable<ResponseWriter>
  /** Who may cancel responses that no prompt handler answers. */
  readonly allowCancel: AllowCancel | undefined
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

/** Receives an agent's messages: prompts, cancels, decisions, results of client-side tools. */
export class Inbox {
  readonly answers: Answers
  readonly #texts = new PromptTexts()
  readonly #client: RealtimeClient
  readonly #channel: RealtimeChannel
  readonly #host: InboxHost
  readonly #listener: GaplessListener
  #answering: Answering | undefined
  #mayCancel: AllowCancel
  #ready: Promise<void> | undefined
  #deaf = false
  #closed = false
  #draining = false

  constructor(client: RealtimeClient, channel: RealtimeChannel, host: InboxHost) {
    this.#client = client
    this.#channel = channel
    this.#host = host
    this.answers = new Answers((error) => host.report(error))
    this.#mayCancel = mayCancelBy(host.allowCancel, (error) => host.report(error))
    this.#listener = new GaplessListener(channel, {
      names: NAMES,
      fromNow: host.checkpoints === undefined,
      receive: (message, late) => this.#receive(message, late),
      report: (error) => host.report(error),
    })
  }

  get ready(): Promise<void> {
    return this.#ready ?? this.check()
  }

  get answersPrompts(): boolean {
    return this.#answering !== undefined
  }

  /** Whether the next process will resume this response. */
  resumes(response: ResponseWriter): boolean {
    return this.#answering?.resumes(response) === true
  }

  /** Resolves when cancels and answers are received, or when that is impossible, which is reported once. */
  async hear(): Promise<void> {
    if (this.#listener.isListening || this.#closed) return
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
    return this.#listener.listen()
  }

  answer(handler: (prompt: Prompt, response: ResponseWriter) => unknown, options: PromptOptions): void {
    if (options.allowCancel)
      this.#mayCancel = mayCancelBy(options.allowCancel, (error) => this.#host.report(error))
    const mayCancel: AllowCancel = (who, answer) => this.#mayCancel(who, answer)
    const answerer = { handler, options, answers: this.answers, mayCancel }
    const answering = new Answering(this.#client, this.#channel, this.#host, answerer)
    this.#answering = answering
    if (this.#draining) answering.drain()
    this.#listener.hold()
    this.#ready = this.#start(answering)
    this.#ready.catch((error: RejoinError) => answering.reportOnce(error))
  }

  /** A response has taken a steering prompt. */
  steered(prompt: Prompt, responseId: string, part: string): void {
    this.#answering?.steered(prompt, responseId)
    this.#host.announce(prompt.id, { status: 'steered', responseId, part })
  }

  close(): void {
    this.#closed = true
    this.#listener.close()
    this.#answering?.close()
  }

  /** Accepts no more prompts, but still receives messages about accepted ones. */
  drain(): void {
    this.#draining = true
    this.#answering?.drain()
  }

  async idle(): Promise<void> {
    await this.#answering?.idle()
  }

  /** Releases the claims of unfinished prompts for the next process. */
  async release(): Promise<void> {
    await this.#answering?.release()
  }

  async #start(answering: Answering): Promise<void> {
    try {
      await this.check()
      if (this.#host.checkpoints) this.#listener.reached(await answering.dealWithPast())
    } finally {
      await this.#listener.release()
    }
  }

  #receive(message: InboundMessage, late: boolean): void {
    switch (message.name) {
      case MessageName.UserInput: {
        if (this.#answering?.isOpen) this.#prompted(this.#answering, message, late)
        return
      }
      case MessageName.Start:
      case MessageName.ResponseEnd:
      case MessageName.Stop:
      case MessageName.Cancelled:
        return this.#answering?.heardReplica(message)
      case MessageName.PromptText:
        return this.#texts.add(message)
      case MessageName.Cancel:
        return this.#cancel(message)
      default:
        if (this.#isOwn(message)) return
        this.answers.receive(message)
        this.#answering?.answered(message)
    }
  }

  #prompted(answering: Answering, message: InboundMessage, late: boolean): void {
    try {
      const prompt = readPrompt(message, late, this.#texts)
      if (prompt) answering.prompted(prompt, late)
    } catch (error) {
      void this.#complete(answering, message, late, error as RejoinError)
    }
  }

  /** Pieces of the prompt are missing: those that came before this process listened are in history. */
  async #complete(
    answering: Answering,
    message: InboundMessage,
    late: boolean,
    error: RejoinError,
  ): Promise<void> {
    const promptId = promptIdOf(message)
    const look = { patience: 0, signal: undefined }
    const found = promptId === undefined ? undefined : findPrompt(this.#channel, promptId, look)
    const prompt = await found?.catch(() => undefined)
    if (this.#closed || !answering.isOpen) return
    if (prompt) return answering.prompted({ ...prompt, late }, late)
    this.#host.report(error)
    if (promptId !== undefined) this.#host.announce(promptId, { status: 'failed' })
  }

  /** Whether this connection or a former process of this agent published the message, so that it is not an answer. */
  #isOwn(message: InboundMessage): boolean {
    const { connection } = this.#client
    if (message.connectionId !== undefined && message.connectionId === connection.id) return true
    return Header.Rejoin in headersOf(message) && message.clientId === ownId(this.#client)
  }

  #cancel(message: InboundMessage): void {
    this.#answering?.cancelled(message)
    const { [Header.ResponseId]: responseId, [Header.PromptId]: promptId } = headersOf(message)
    const who = senderOf(message)
    // Responses that the application began itself.
    for (const response of this.#host.responses()) {
      if (this.#answering?.has(response)) continue
      const all = responseId === undefined && promptId === undefined
      const meant =
        responseId === undefined ? response.promptId === promptId : response.responseId === responseId
      if (!(all || meant) || !this.#mayCancel(who, { response })) continue
      void response.cancel(new DOMException('Cancelled', 'AbortError')).catch(() => {})
    }
  }
}
