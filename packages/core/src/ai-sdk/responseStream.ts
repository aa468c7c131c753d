import type { UIMessageChunk } from 'ai'
import type { Session } from '../session/session.ts'
import type { ResponseChange, ResponseState } from '../types/types.ts'
import { ChatNames } from './chatNames.ts'
import type { MessageIdOf } from './chatNames.ts'
import type { ChunkWriter } from './chunkWriter.ts'
import { isOpen } from '../types/status.ts'
import { isSettled, isTool, toolName } from './uiMessage.ts'

interface StreamOptions {
  patience: number
  metadata: (response: ResponseState) => unknown
  messageId: MessageIdOf | undefined
  clientTools: readonly string[]
}

export interface Following {
  writer: ChunkWriter
  /** The chat has everything that `writer` has written so far. */
  again: boolean
  /** The chat keeps the message's id. */
  unnamed?: boolean
  /** Calls whose outcome the user has just given; the agent is next. */
  answered?: ReadonlySet<string>
}

/** The chunk stream of one response, from the moment it is known until it has ended or waits for its user. */
export class ResponseStream {
  readonly readable: ReadableStream<UIMessageChunk>
  private controller!: ReadableStreamDefaultController<UIMessageChunk>
  private readonly ending = new AbortController()
  private readonly session: Session
  private readonly options: StreamOptions
  private responseId: string | undefined
  private following: Following | undefined
  private started = false
  private silent = false
  /** The chat aborted: it lives on silently until it knows which response to stop. */
  kept = false
  private metadata: string | undefined
  private waiting: ReturnType<typeof setTimeout> | undefined
  private readonly onKnown: ((responseId: string | undefined) => void)[] = []

  constructor(session: Session, options: StreamOptions) {
    this.session = session
    this.options = options
    this.readable = new ReadableStream<UIMessageChunk>({
      start: (controller) => void (this.controller = controller),
      cancel: () => (this.kept ? this.silence() : this.end()),
    })
    const stops = [session.subscribe(this.checkSession), session.on('transient', this.sayTransient)]
    this.over.addEventListener('abort', () => stops.forEach((stop) => stop()), { once: true })
  }

  /** Aborts when the stream has ended for any reason. */
  get over(): AbortSignal {
    return this.ending.signal
  }

  /** Streams a response from now on. */
  follow(responseId: string, following: Following): void {
    this.responseId = responseId
    this.following = following
    for (const listener of this.onKnown.splice(0)) listener(responseId)
    if (this.over.aborted) return
    const stop = this.session.subscribeResponse(responseId, (changes) => this.tell(changes))
    this.over.addEventListener('abort', stop, { once: true })
    this.tell(undefined)
  }

  /** Calls back with the response's id once there is one, or with undefined if the stream ends first. */
  whenKnown(listener: (responseId: string | undefined) => void): void {
    if (this.responseId !== undefined) listener(this.responseId)
    else {
      this.onKnown.push(listener)
      this.over.addEventListener('abort', () => this.onKnown.splice(0).forEach((known) => known(undefined)))
    }
  }

  /** Stops writing chunks. */
  silence(): void {
    if (this.silent) return
    this.silent = true
    try {
      this.controller.close()
    } catch {
      // The chat cancelled it.
    }
  }

  end(): void {
    if (this.over.aborted) return
    clearTimeout(this.waiting)
    this.silence()
    this.ending.abort()
  }

  fail(error: unknown): void {
    if (this.over.aborted) return
    if (!this.silent) this.controller.error(error)
    this.silent = true
    this.end()
  }

  private readonly checkSession = (): void => {
    const { status, error } = this.session.getSnapshot()
    if (status === 'failed') this.fail(error ?? new Error('the session failed'))
    if (status === 'closed') this.end()
  }

  private readonly sayTransient = ({
    responseId,
    name,
    data,
  }: {
    responseId: string
    name: string
    data: unknown
  }): void => {
    if (responseId !== this.responseId || !this.started || this.silent || this.over.aborted) return
    this.write([{ type: `data-${name}`, data, transient: true }])
  }

  private tell(changes: readonly ResponseChange[] | undefined): void {
    const { following } = this
    const response = this.session.getResponse(this.responseId!)
    if (!following || !response || this.silent || this.over.aborted) return
    if (!this.started) this.start(response, following)
    else this.sayMetadata(response)
    const { status, hasGap } = response
    const ended = !isOpen(status)
    if (!this.write(following.writer.say(response, changes, ended && !hasGap))) return
    if (status === 'interrupted' || (ended && hasGap)) {
      this.waiting ??= setTimeout(() => this.giveUp(), this.options.patience)
      return
    }
    clearTimeout(this.waiting)
    this.waiting = undefined
    if (ended) this.finish(response)
    else if (this.awaitsUser(response)) this.close({ type: 'finish', finishReason: 'tool-calls' })
  }

  private start(response: ResponseState, { writer, again, unnamed }: Following): void {
    this.started = true
    const messageId = unnamed ? undefined : (this.options.messageId?.(response) ?? response.id)
    if (messageId !== undefined) ChatNames.of(this.session).tell(response.id, messageId)
    const metadata = this.options.metadata(response)
    this.metadata = JSON.stringify(metadata)
    this.write(writer.start(messageId, again, metadata))
  }

  private messageMetadata(response: ResponseState): { messageMetadata?: unknown } {
    const metadata = this.options.metadata(response)
    return metadata === undefined || metadata === null ? {} : { messageMetadata: metadata }
  }

  private sayMetadata(response: ResponseState): void {
    const metadata = this.options.metadata(response)
    const text = JSON.stringify(metadata)
    if (text === this.metadata || metadata === undefined || metadata === null) return
    this.metadata = text
    this.write([{ type: 'message-metadata', messageMetadata: metadata }])
  }

  /** Returns whether the chunks could be written. */
  private write(chunks: UIMessageChunk[] | undefined): boolean {
    if (!chunks) {
      this.fail(
        new Error(
          'unable to show the response as it is now; an earlier step of it was changed. Load its messages again',
        ),
      )
      return false
    }
    for (const chunk of chunks) this.controller.enqueue(chunk)
    return true
  }

  private finish(response: ResponseState): void {
    const { status, error, finishReason = 'stop' } = response
    if (status === 'complete') this.close({ type: 'finish', finishReason, ...this.messageMetadata(response) })
    else if (status === 'stopped') this.close({ type: 'abort', ...(error && { reason: error.message }) })
    else this.close({ type: 'error', errorText: error?.message ?? 'the agent failed' })
  }

  /** The wait is over: writes the response as it is, and that it is not whole. */
  private giveUp(): void {
    const response = this.session.getResponse(this.responseId!)
    if (!response || this.silent) return
    this.write(this.following!.writer.say(response, undefined, true))
    if (response.status === 'interrupted') return this.close({ type: 'finish', finishReason: 'interrupted' })
    const missing = response.gaps.reduce((sum, gap) => sum + (gap.missing ?? NaN), 0)
    const what = Number.isNaN(missing) ? 'text' : `${missing} characters`
    this.close({
      type: 'error',
      errorText: `unable to show the whole response; ${what} of it did not arrive`,
    })
  }

  private close(last: UIMessageChunk): void {
    if (!this.over.aborted) this.write([...this.following!.writer.end(), last])
    this.end()
  }

  /** Whether it waits for its user's decision or for a tool in the browser. */
  private awaitsUser({ parts }: ResponseState): boolean {
    let awaited = false
    for (const part of parts) {
      if (!isTool(part)) {
        if ((part as { state?: string }).state === 'streaming') return false
        continue
      }
      if (isSettled(part)) continue
      const forUser =
        part.state === 'approval-requested' ||
        (part.state === 'input-available' && this.options.clientTools.includes(toolName(part)))
      if (!forUser || this.following?.answered?.has(part.toolCallId)) return false
      awaited = true
    }
    return awaited
  }
}
