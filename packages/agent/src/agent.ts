import type { ChannelOptions, RealtimeChannel, RealtimeClient } from 'ably'
import { ErrorCode, RejoinError } from '@rejoin/core/protocol'
import type { AgentOptions } from './agentOptions.ts'
import { checkIds, checkOptions, checkPromptOptions, unusable } from './checkOptions.ts'
import { Emitter } from './emitter.ts'
import { ChannelClaims } from './prompts/channelClaims.ts'
import type { ClaimStore } from './prompts/claims.ts'
import { watchExit } from './exit/exitWatch.ts'
import { promptStatus, type PromptStatusData } from './prompts/promptStatus.ts'
import { Inbox } from './prompts/inbox.ts'
import { watchLast } from './exit/lastWords.ts'
import { watchFirstConnection } from './publish/firstConnection.ts'
import { Lane } from './publish/lane.ts'
import { ownId } from './publish/ownId.ts'
import { Uplink } from './publish/uplink.ts'
import type { PastResponse } from './response/pastResponse.ts'
import { AgentPresence } from './publish/agentPresence.ts'
import type { Prompt } from './inbound/prompt.ts'
import type { RecallOptions } from './memory/recall.ts'
import type { AskedPrompt, PromptHandler, PromptOptions } from './prompts/promptQueue.ts'
import { restRequest, type RestRequest } from './exit/restRequest.ts'
import type { Pattern } from './response/runWire.ts'
import { ResponseWriter } from './response/responseWriter.ts'
import type { Origin, ResponseIds, WriterHost } from './response/writerHost.ts'
import { storeRow, type RowStoring } from './response/storeRow.ts'
import { Unheard } from './unheard.ts'

export interface AgentEvents {
  error: (error: RejoinError) => void
  /** An answer waits for people, and no handler runs for it until they decide. */
  suspended: (suspended: { promptId: string; responseId: string; toolCallIds: readonly string[] }) => void
  /** A response begins: of the application, of a prompt, or to end the response of a former process. */
  response: (response: ResponseWriter) => void
}

/** Publishes responses on one channel, and answers the prompts on it. */
export class Agent {
  readonly #options: AgentOptions
  readonly #channel: RealtimeChannel
  readonly #pattern: Pattern
  readonly #uplink: Uplink
  readonly #events = new Emitter<AgentEvents>(['error', 'suspended', 'response'])
  readonly #responses = new Set<ResponseWriter>()
  readonly #presence: AgentPresence | undefined
  readonly #inbox: Inbox
  /** Messages that belong to no response. */
  readonly #lane: Lane
  #channelClaims: ChannelClaims | undefined
  readonly #unheard = new Unheard()
  readonly #unwatchConnection: () => void
  #unwatch: (() => void)[] = []
  #closing: Promise<void> | undefined

  constructor(options: AgentOptions) {
    checkOptions(options)
    const { client, channelName, channelOptions } = options
    this.#options = options
    this.#channel = client.channels.get(channelName, channelOptions)
    // Ably joins what is appended to a message, and cannot join what was encrypted piece by piece.
    const { pattern = this.#isEncrypted ? 'message-per-token' : 'message-per-response' } = options
    if (this.#isEncrypted && pattern === 'message-per-response')
      throw unusable(
        'leave out `pattern`, or pass "message-per-token": on an encrypted channel, no reader can decrypt a message that grows',
      )
    this.#pattern = pattern
    this.#uplink = Uplink.of(client)
    this.#unwatchConnection = watchFirstConnection(client, (error) => this.#report(error))
    const perSecond = options.messagesPerSecond ?? (pattern === 'message-per-token' ? 40 : Infinity)
    this.#uplink.rate = Math.min(this.#uplink.rate, perSecond)
    if (options.presence !== false) {
      this.#presence = new AgentPresence(client, this.#channel, options.presence ?? {}, (error) =>
        this.#report(error),
      )
    }
    const { retry = {} } = options
    const listening = async () => {}
    this.#lane = new Lane({
      channel: this.#channel,
      uplink: this.#uplink,
      retry,
      listening,
      refused: () => {},
    })
    if (options.publishTimeout !== undefined) this.#uplink.timeout = options.publishTimeout
    this.#inbox = new Inbox(client, this.#channel, {
      checkpoints: options.checkpoints,
      claims: this.#claims(client),
      retry,
      claimTtl: options.claimTtl ?? (options.claims === 'channel' ? 5000 : 10_000),
      respond: (ids, origin) => this.#respond(ids, origin),
      responses: () => this.#responses,
      allowCancel: options.allowCancel,
      announce: (promptId, data) => this.#announce(promptId, data),
      suspended: ({ id: promptId }, { responseId, toolCallIds }) =>
        this.#events.emit('suspended', { promptId, responseId, toolCallIds }),
      recompleted: (responseId, past, prompt) => this.#recompleted(responseId, past, prompt),
      report: (error) => this.#report(error),
    })
  }

  /**
   * Resolves once connected, with the right to publish, listening and, after `onPrompt`, caught up with history.
   * @throws RejoinError if one of these is impossible.
   */
  get ready(): Promise<void> {
    const { ready } = this.#inbox
    ready.catch(() => {})
    return ready
  }

  /** Open responses. */
  get responses(): readonly ResponseWriter[] {
    return [...this.#responses]
  }

  /** Begins a response. Nothing is published before the first write. */
  respond(ids: ResponseIds = {}): ResponseWriter {
    if (this.#closing) throw new RejoinError(ErrorCode.Closed, 'unable to respond; the agent was closed')
    checkIds(ids)
    return this.#respond(ids)
  }

  /**
   * A prompt in the form its handler receives. `conversation` is not enumerable, so that a prompt can be cloned and
   * stored.
   */
  #asked(prompt: Prompt): AskedPrompt {
    const conversation = async (options?: RecallOptions) => {
      // Load the reader when a handler first asks for a conversation.
      const { recall } = await import('./memory/recall.ts')
      const { load } = this.#options
      return recall(this.#channel, prompt, { ...(load && { load }), ...options })
    }
    return Object.defineProperty({ ...prompt } as AskedPrompt, 'conversation', { value: conversation })
  }

  /** Answers the channel's prompts. One handler per agent. */
  onPrompt(handler: PromptHandler, options: PromptOptions = {}): void {
    if (this.#closing) throw new RejoinError(ErrorCode.Closed, 'unable to listen; the agent was closed')
    if (this.#inbox.answersPrompts) {
      throw new RejoinError(
        ErrorCode.InvalidArgument,
        'unable to add a second prompt handler; use one per agent',
      )
    }
    checkPromptOptions(handler, options)
    this.#inbox.answer((prompt, response) => handler(this.#asked(prompt), response), options)
    void this.#presence?.enter()
  }

  /** Changes the agent's presence data. */
  async present(data: object): Promise<void> {
    await this.#presence?.update(data)
  }

  on<Name extends keyof AgentEvents>(name: Name, listener: AgentEvents[Name]): () => void {
    return this.#events.on(name, listener)
  }

  /**
   * Accepts no more prompts, ends the open responses as `stopped`, leaves presence, and stops listening; the channel
   * stays attached. Prompts that wait for their turn end the same way, unless a checkpoint store keeps them for the next
   * process. A response that waits for people with `suspend` becomes `suspended` instead. Resolves when every prompt
   * handler has returned.
   * With `handOver` the agent stays present for as long as its connection's `remainPresentFor`, so that the
   * next process can take its place unnoticed.
   */
  close(options: { reason?: unknown; handOver?: boolean } = {}): Promise<void> {
    return (this.#closing ??= this.#close(options))
  }

  /**
   * Accepts no more prompts, but still receives cancels and decisions. Resolves when all accepted prompts are answered,
   * so that `close()` stops nothing.
   */
  async drain(): Promise<void> {
    this.#inbox.drain()
    await this.#inbox.idle()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close({ reason, handOver = false }: { reason?: unknown; handOver?: boolean }): Promise<void> {
    this.#unwatchConnection()
    this.#inbox.close()
    const why = reason ?? new DOMException('The agent was closed', 'AbortError')
    // A suspended response stays for the process that continues after the decision.
    const end = async (response: ResponseWriter) => (await response.suspend()) || response.abort(why)
    await Promise.allSettled([...this.#responses].map(end))
    if (!handOver) await this.#presence?.leave()
    await this.#inbox.idle()
    await this.#inbox.release()
    this.#channelClaims?.close()
  }

  async #shutDown(): Promise<void> {
    this.#inbox.close()
    const reason = interrupted('the agent was shut down')
    await Promise.allSettled(
      [...this.#responses].map(async (response) => {
        if (await response.suspend()) return
        await (this.#inbox.resumes(response) ? response.flush() : response.fail(reason))
      }),
    )
    await this.#presence?.leave()
    await this.#inbox.release()
  }

  #respond(ids: ResponseIds, origin?: Origin): ResponseWriter {
    void this.#presence?.enter()
    const response = new ResponseWriter(this.#writerHost(), ids, origin)
    this.#responses.add(response)
    this.#events.emit('response', response)
    if (this.#responses.size === 1) this.#watchEnd()
    void response.ended.then(() => {
      this.#responses.delete(response)
      if (this.#responses.size === 0) for (const stop of this.#unwatch.splice(0)) stop()
    })
    return response
  }

  /** Watches for the end of the process while responses are open. */
  #watchEnd(): void {
    const { exitSignals = ['SIGTERM', 'SIGINT'], endOnExit = true } = this.#options
    if (exitSignals) this.#unwatch.push(watchExit(exitSignals, { shutDown: () => this.#shutDown() }))
    if (!endOnExit) return
    const unheard = (error: RejoinError) => this.#report(error)
    this.#unwatch.push(watchLast({ lastWords: () => this.#lastWords(), unheard }))
  }

  /** Messages that end the open responses if the process exits now. */
  #lastWords(): RestRequest[][] {
    const { client } = this.#options
    const { name } = this.#channel
    return [...this.#responses]
      .filter((response) => !this.#inbox.resumes(response))
      .map((response) => {
        const messages = response.lastWords(interrupted('the process of the agent exited'))
        // On an encrypted channel, send only the end marker, without data.
        const fit = this.#isEncrypted
          ? messages.slice(-1).map((marker) => ({ ...marker, data: undefined }))
          : messages
        return fit.flatMap((message) => restRequest(client, name, message) ?? [])
      })
  }

  async #recompleted(responseId: string, past: PastResponse, prompt: Prompt): Promise<boolean> {
    // This writer is only used to turn the channel's messages into a row.
    const ids = { responseId, ...(past.promptId !== undefined && { promptId: past.promptId }) }
    return (
      (await storeRow(
        new ResponseWriter(this.#writerHost(), ids, { past, prompt }).row(),
        this.#rowStore,
      )) !== 'failed'
    )
  }

  #claims(client: RealtimeClient): ClaimStore | undefined {
    const { presence, checkpoints } = this.#options
    const claims = this.#options.claims ?? checkpoints?.claims
    if (claims !== 'channel') return claims || undefined
    if (presence === false)
      throw unusable(
        'claims on the channel need presence: leave out `presence: false`, or pass a claim store',
      )
    this.#channelClaims = new ChannelClaims(client, this.#channel, () => this.#presence!.enter())
    return this.#channelClaims
  }

  get #isEncrypted(): boolean {
    const { channelOptions } = this.#channel as RealtimeChannel & { channelOptions?: ChannelOptions }
    return Boolean(channelOptions?.cipher)
  }

  /** A hint: nothing depends on its delivery. */
  #announce(promptId: string, data: PromptStatusData): void {
    this.#lane.push({
      make: () => promptStatus(promptId, data),
      done: () => {},
      failed: () => {},
    })
  }

  #writerHost(): WriterHost {
    const { client, retry = {} } = this.#options
    const { maxMessageSize = 65_536, highWaterMark = 65_536 } = this.#options
    return {
      channel: this.#channel,
      uploadFile: this.#options.uploadFile,
      steered: (prompt, responseId, part) => this.#inbox.steered(prompt, responseId, part),
      closed: () => client.connection.state === 'closed' || client.connection.state === 'closing',
      listening: () => this.#inbox.hear(),
      uplink: this.#uplink,
      retry,
      pattern: this.#pattern,
      present: () => this.#presence?.impossible === false,
      maxMessageSize,
      highWaterMark,
      clientId: ownId(client),
      answers: async () => {
        await this.#inbox.listen()
        return this.#inbox.answers
      },
      report: (error) => this.#report(error),
      completed: (row) => storeRow(row, this.#rowStore),
    }
  }

  get #rowStore(): RowStoring {
    const { onComplete, retry = {} } = this.#options
    return { store: onComplete, retry, report: (error) => this.#report(error) }
  }

  #report(error: RejoinError): void {
    if (!this.#events.emit('error', error)) this.#unheard.tell(error)
  }
}

function interrupted(what: string): { message: string; code: string } {
  return { message: `${what} before it had finished`, code: 'interrupted' }
}

export function createAgent(options: AgentOptions): Agent {
  return new Agent(options)
}
