import type { ChatTransport, UIMessage, UIMessageChunk } from 'ai'
import { ErrorCode, RejoinError } from '../types/errors.ts'
import { newId } from '../protocol/newId.ts'
import type { OutgoingPrompt } from '../session/outgoing.ts'
import type { Session } from '../session/session.ts'
import type { ResponseState } from '../types/types.ts'
import { isOpen } from '../types/status.ts'
import { ChatNames } from './chatNames.ts'
import type { MessageIdOf } from './chatNames.ts'
import { findAnswer } from './findAnswer.ts'
import { ChunkWriter } from './chunkWriter.ts'
import { ResponseStream } from './responseStream.ts'
import type { Following } from './responseStream.ts'
import { publishOutcomes } from './toolOutcomes.ts'
import { metadataOf, toUIMessages } from './uiMessage.ts'

/** A chat's request to send messages. */
export type SendRequest<M extends UIMessage = UIMessage> = Parameters<ChatTransport<M>['sendMessages']>[0]

export interface ChatTransportOptions<M extends UIMessage = UIMessage> {
  /** Makes the prompt to publish. Default: the last message's text, id and files, with `body` as data. */
  prepare?: (request: SendRequest<M>) => OutgoingPrompt
  /** The message's id in the chat, for messages that the app's database names. Default: the response's id. */
  messageId?: MessageIdOf
  /**
   * The message's `metadata`, updated whenever it changes: `({ hasGap, verified }) => ({ hasGap, verified })`.
   * Default: the agent's metadata.
   */
  metadata?: (response: ResponseState) => M['metadata']
  /** Tools that run in the browser. A response that waits for one of them leaves the chat `ready`. */
  clientTools?: readonly string[]
  /**
   * Milliseconds to wait for missing text of a response that has ended, and for an agent that left to return.
   * Default 5,000.
   */
  patience?: number
  /** Whether the chat's `stop()` asks the agent to stop. Default true. */
  stopOnAbort?: boolean
}

/**
 * A session as the AI SDK's `ChatTransport`: `useChat({ transport: createChatTransport(session) })`. Closing the
 * transport does not close the session; close the session after it.
 */
export class SessionChatTransport<M extends UIMessage = UIMessage> implements ChatTransport<M> {
  /** A resumed response streams from its beginning, and the chat replaces its own copy. */
  readonly resumeStreamIsReplay = true
  private readonly session: Session
  private readonly names: ChatNames
  private readonly options: ChatTransportOptions<M>
  /** What was streamed of each response, for a chat that continues one after a tool's outcome. */
  private readonly writers = new Map<string, ChunkWriter>()
  private readonly open = new Set<ResponseStream>()
  private readonly closing = new AbortController()
  /** The states that `messages()` gave to a chat. */
  private readonly given = new Map<string, ResponseState>()
  private resumes = 0

  constructor(session: Session, options: ChatTransportOptions<M> = {}) {
    this.session = session
    this.options = options
    this.names = ChatNames.of(session)
    this.names.messageId = options.messageId ?? this.names.messageId
  }

  /**
   * The conversation as the chat's initial messages, once the session is ready. Changes until the chat resumes are
   * streamed then.
   */
  messages = (): M[] => {
    for (const { id, role } of this.session.getSnapshot().messages) {
      const response = role === 'assistant' && this.session.getResponse(id)
      if (response) this.given.set(id, response)
    }
    const { metadata, messageId } = this.options
    return toUIMessages<M>(this.session, { metadata, messageId })
  }

  /**
   * Publishes the last message as a prompt, or the outcomes of tools, and streams the response.
   * @throws RejoinError `invalid_argument` if there is nothing to send, `closed` after `close()`. A refused publish
   *   errors the stream with `publish_failed` or a more specific code.
   */
  sendMessages = async (request: SendRequest<M>): Promise<ReadableStream<UIMessageChunk>> => {
    this.assertOpen('send a message')
    const last = request.messages.at(-1)
    if (!last) throw new RejoinError(ErrorCode.InvalidArgument, 'unable to send a message; the chat has none')
    if (last.role === 'assistant') return this.sendOutcomes(last, request)
    const prompt = this.options.prepare?.(request) ?? this.promptOf(request, last)
    const promptId = (prompt.promptId ??= newId())
    this.names.tell(promptId, last.id)
    const stream = this.begin(request.abortSignal, () => true)
    const known = new Set(this.session.getSnapshot().messages.map(({ id }) => id))
    this.session.sendMessage(prompt).catch((error: unknown) => stream.fail(error))
    this.follow(stream, findAnswer(this.session, promptId, known, stream.over))
    return stream.readable
  }

  /**
   * Streams, from its beginning, the newest response that is open or has changed since `messages()`. Resolves to `null`
   * if there is none.
   */
  reconnectToStream = async ({
    abortSignal,
  }: Parameters<
    ChatTransport<M>['reconnectToStream']
  >[0]): Promise<ReadableStream<UIMessageChunk> | null> => {
    this.assertOpen('resume')
    const resume = ++this.resumes
    await this.session.ready
    if (abortSignal?.aborted) return null
    const response = this.newestUnfinished()
    if (!response) return null
    // A chat that resumes twice (React's StrictMode) aborts the first resume at once. Only an abort that no resume
    // follows is a user's stop.
    const stream = this.begin(abortSignal, () => resume === this.resumes)
    this.tell(stream, response.id, { writer: new ChunkWriter(), again: false })
    return stream.readable
  }

  /** Ends all open streams. */
  close = (): void => {
    this.closing.abort()
    for (const stream of this.open) stream.end()
  }

  private begin(abortSignal: AbortSignal | undefined, isWish: () => boolean): ResponseStream {
    const {
      patience = 5_000,
      stopOnAbort = true,
      metadata = metadataOf,
      messageId,
      clientTools = [],
    } = this.options
    const stream = new ResponseStream(this.session, { patience, metadata, messageId, clientTools })
    this.open.add(stream)
    stream.over.addEventListener('abort', () => this.open.delete(stream), { once: true })
    const onAbort = (): void => {
      stream.kept = true
      queueMicrotask(() => {
        const wish = stopOnAbort && isWish()
        // A response that has not begun is stopped when it begins.
        if (wish) this.stopWhenKnown(stream)
        else stream.end()
      })
    }
    if (abortSignal?.aborted) onAbort()
    else abortSignal?.addEventListener('abort', onAbort, { once: true, signal: stream.over })
    return stream
  }

  private stopWhenKnown(stream: ResponseStream): void {
    stream.silence()
    stream.whenKnown((responseId) => {
      stream.end()
      // The session's `error` shows a refused cancel; the chat no longer listens.
      if (responseId !== undefined) this.session.stop(responseId).catch(() => {})
    })
  }

  private follow(stream: ResponseStream, answer: Promise<string | undefined>): void {
    answer.then(
      (id) => id !== undefined && this.tell(stream, id, { writer: new ChunkWriter(), again: false }),
      (error: unknown) => stream.fail(error),
    )
  }

  private tell(stream: ResponseStream, id: string, how: Following): void {
    this.writers.set(id, how.writer)
    stream.follow(id, how)
  }

  /** Continues an assistant message: publishes its tools' outcomes and decisions, and streams what follows. */
  private sendOutcomes(message: M, request: SendRequest<M>): ReadableStream<UIMessageChunk> {
    const { session } = this
    const response = this.responseOf(message.id)
    if (!response)
      throw new RejoinError(
        ErrorCode.InvalidArgument,
        `unable to go on with message "${message.id}"; the session has no response of that id`,
      )
    const stream = this.begin(request.abortSignal, () => true)
    const known = new Set(session.getSnapshot().messages.map(({ id }) => id))
    const { answered, published } = publishOutcomes(session, response, message)
    published.catch((error: unknown) => stream.fail(error))
    const open = isOpen(response.status)
    if (!open && answered.size === 0) {
      stream.end()
      throw new RejoinError(
        ErrorCode.InvalidArgument,
        `unable to go on with message "${message.id}"; its response has ended, and no outcome of a tool is to be sent`,
      )
    }
    let writer = this.writers.get(response.id)
    if (!writer) (writer = new ChunkWriter()).assume(this.given.get(response.id) ?? response)
    if (open) this.tell(stream, response.id, { writer, again: true, answered })
    else {
      // The agent ended the response with the calls, and answers their outcomes in another response, which the chat shows
      // as the rest of this message.
      const answer = findAnswer(session, response.promptId, known, stream.over)
      answer.then(
        (id) =>
          id !== undefined &&
          this.tell(stream, id, { writer: new ChunkWriter(), again: false, unnamed: true }),
        (error: unknown) => stream.fail(error),
      )
    }
    return stream.readable
  }

  /** The newest response that the chat shows under this id. */
  private responseOf(messageId: string): ResponseState | undefined {
    const { session, names, options } = this
    const { messages } = session.getSnapshot()
    for (let i = messages.length - 1; i >= 0; i--) {
      const { id, role } = messages[i]!
      const response = role === 'assistant' && session.getResponse(id)
      if (response && names.namesOf(response, options.messageId).includes(messageId)) return response
    }
    return undefined
  }

  /** Id of the response to regenerate; a chat that names none means the answer of its last prompt. */
  private askedAgain(messageId: string | undefined, promptId: string): string | undefined {
    if (messageId !== undefined) return this.responseOf(messageId)?.id ?? messageId
    const { session } = this
    return session.getSnapshot().messages.findLast(({ id, role }) => {
      const asked = role === 'assistant' && session.getPrompt(session.getResponse(id)?.promptId ?? '')
      // The chat keeps the id of a prompt that was sent anew.
      return asked && (asked.id === promptId || asked.replaces === promptId)
    })?.id
  }

  private promptOf(request: SendRequest<M>, last: M): OutgoingPrompt {
    const text = last.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
    const parts = last.parts.filter((part) => part.type === 'file' || part.type.startsWith('data-'))
    // The channel accepts an id once, so an edited or repeated prompt gets a new one.
    const known = this.session.getPrompt(last.id)
    const promptId = known && known.delivery !== 'failed' ? newId() : last.id
    const asked =
      request.trigger === 'regenerate-message' ? this.askedAgain(request.messageId, last.id) : undefined
    return {
      text,
      promptId,
      ...(promptId !== last.id && { replaces: last.id }),
      ...(promptId !== last.id && asked && { regenerate: asked }),
      ...(parts.length > 0 && { parts: parts as OutgoingPrompt['parts'] }),
      ...(last.metadata !== undefined && { metadata: last.metadata }),
      ...(request.body && { data: { ...request.body } }),
    }
  }

  private newestUnfinished(): ResponseState | undefined {
    const { session } = this
    const { messages } = session.getSnapshot()
    for (let i = messages.length - 1; i >= 0; i--) {
      const { id, role } = messages[i]!
      const response = role === 'assistant' && session.getResponse(id)
      if (!response) continue
      const given = this.given.get(id)
      if (isOpen(response.status) || (given && given !== response)) return response
    }
    return undefined
  }

  private assertOpen(what: string): void {
    if (this.closing.signal.aborted)
      throw new RejoinError(ErrorCode.Closed, `unable to ${what}; the chat transport was closed`)
  }
}

/** Makes a session the transport of `useChat`. */
export function createChatTransport<M extends UIMessage = UIMessage>(
  session: Session,
  options?: ChatTransportOptions<M>,
): SessionChatTransport<M> {
  return new SessionChatTransport<M>(session, options)
}
