import type { InboundMessage, RealtimeChannel } from 'ably'
import { ErrorCode, wrapError, type RejoinError } from '../errors.ts'
import { Header, MessageName } from '../protocol.ts'
import { headersOf, readPrompt, userClaimOf } from './prompt.ts'
import { PromptQueue, type PromptHandler, type PromptOptions } from './promptQueue.ts'
import type { ResponseIds, ResponseWriter } from './responseWriter.ts'

export interface InboxHost {
  respond(ids: ResponseIds): ResponseWriter
  responses(): Iterable<ResponseWriter>
  report(error: RejoinError): void
}

/** What an agent listens to: prompts, and requests to stop. */
export class Inbox {
  readonly ready: Promise<void>
  readonly #channel: RealtimeChannel
  readonly #queue: PromptQueue
  readonly #host: InboxHost
  readonly #listener = (message: InboundMessage) => this.#receive(message)

  constructor(channel: RealtimeChannel, handler: PromptHandler, options: PromptOptions, host: InboxHost) {
    this.#channel = channel
    this.#host = host
    this.#queue = new PromptQueue(handler, options, {
      respond: (prompt) => host.respond({ promptId: prompt.id }),
      report: (error) => host.report(error),
      started: async () => {},
      settled: async () => {},
    })
    this.ready = this.#listen()
    this.ready.catch((error: RejoinError) => host.report(error))
  }

  close(): void {
    this.#channel.unsubscribe(this.#listener)
    this.#queue.close()
  }

  idle(): Promise<void> {
    return this.#queue.idle()
  }

  async #listen(): Promise<void> {
    try {
      await this.#channel.subscribe([MessageName.UserInput, MessageName.Cancel], this.#listener)
      await this.#channel.attach()
    } catch (error) {
      throw wrapError(`listen on channel "${this.#channel.name}"`, error, ErrorCode.AttachFailed)
    }
  }

  #receive(message: InboundMessage): void {
    if (message.name === MessageName.UserInput) {
      const prompt = readPrompt(message, false)
      if (prompt) this.#queue.add(prompt)
    } else if (message.name === MessageName.Cancel) this.#cancel(message)
  }

  #cancel(message: InboundMessage): void {
    const headers = headersOf(message)
    const responseId = headers[Header.ResponseId]
    const promptId = headers[Header.PromptId]
    const who = { clientId: message.clientId, userClaim: userClaimOf(message) }
    this.#queue.cancel({ responseId, promptId }, who)
    // Responses that the application began by itself.
    for (const response of this.#host.responses()) {
      if (this.#queue.has(response)) continue
      if (
        responseId === undefined
          ? promptId === undefined || response.promptId === promptId
          : response.responseId === responseId
      )
        void response.cancel(new DOMException('Cancelled', 'AbortError')).catch(() => {})
    }
  }
}
