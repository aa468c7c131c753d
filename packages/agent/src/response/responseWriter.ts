import {
  ErrorCode,
  wrapError,
  RejoinError,
  Header,
  MessageName,
  type EndStatus,
  type ResponseRow,
  newId,
} from '@rejoin/core/protocol'
import { Emitter } from '../emitter.ts'
import type { Answers } from '../inbound/answers.ts'
import { DeliveryError } from '../publish/deliveryError.ts'
import type { ModelEvent, SourceDocumentEvent, SourceEvent } from './modelEvent.ts'
import type { PastResponse } from './pastResponse.ts'
import { ObjectWriter, type ObjectOptions } from './objectWriter.ts'
import { Outcome } from './outcome.ts'
import { pipe, type PipeResult } from './pipe.ts'
import type { Prompt } from '../inbound/prompt.ts'
import {
  approval,
  clientTool,
  type ApprovalDecision,
  type ApprovalOptions,
  type ClientToolOptions,
  type ClientToolResult,
  type Question,
} from './question.ts'
import type { LastMessage } from '../publish/lastMessage.ts'
import { ResponseBody, type Publishing } from './responseBody.ts'
import { resultOf, rowOf, type EndResult } from './responseResult.ts'
import { wrapRefusal } from '../publish/rights.ts'
import type { MessageParts, ToolCall } from './toolCalls.ts'
import { dataUrl, type FileInput, type UploadFile } from './values.ts'

/** The agent's services for a response. */
export interface WriterHost extends Publishing {
  readonly clientId: string | undefined
  readonly answers: () => Promise<Answers>
  report(error: RejoinError): void
  readonly uploadFile: UploadFile | undefined
  /** The response has taken a steering prompt, before part `part`. */
  steered(prompt: Prompt, responseId: string, part: string): void
  /** The application has closed its connection. */
  closed(): boolean
  /** Called once, at the end. `refused`: the application's store will never accept the response. */
  completed(row: ResponseRow): Promise<'stored' | 'refused' | 'failed'>
}

export interface ResponseEvents {
  steer: (prompt: Prompt) => void
}

/** The answers that a suspended response waits for. */
export interface Suspension {
  readonly responseId: string
  readonly toolCallIds: readonly string[]
  /** Serial of the newest answer that was judged and does not count; '' if there was none. */
  readonly judged: string
}

/** The origin of a response. */
export interface Origin {
  prompt?: Prompt
  past?: PastResponse | undefined
  /**
   * Whether this process may still answer the prompt: asked before the response ends and before it is stored.
   * `undefined` if unknown; `patient`: the check may take a while.
   */
  holds?: ((patient: boolean) => Promise<boolean | undefined>) | undefined
}

export interface ResponseIds {
  /** Default: a random id. */
  responseId?: string
  promptId?: string
}

/** One answer while it is written. Only `pipe`, `flush` and `end` need to be awaited. */
export class ResponseWriter {
  readonly responseId: string
  readonly promptId: string | undefined
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** The response has ended and leaves no work for a later process. */
  settled = false
  /** The end marker is published. */
  delivered = false
  /** This run of the handler has ended; the next begins when one of these calls is answered. */
  suspended: Suspension | undefined
  /** A process that died began the response: `text` is its text so far, and writing continues after it. */
  readonly resumed: boolean

  readonly #host: WriterHost
  readonly #body: ResponseBody
  readonly #asker: Prompt | undefined
  readonly #holds: Origin['holds']
  /** Calls that the handler waits for and for which it may be suspended. */
  readonly #questions = new Set<string>()
  /** Serial of the newest answer that a former run judged. */
  readonly #judged: string
  #pausing = false
  #abandoned = false
  #withdrawn = false
  /** The end marker is on its way, or published. */
  #ending = false
  readonly #abort = new AbortController()
  /** Ends every wait for an answer. */
  readonly #asking = new AbortController()
  readonly #outcome = new Outcome()
  readonly #steering: Prompt[] = []
  readonly #events: Emitter<ResponseEvents>
  /** The last stream failed: if another one follows, the failed one's output is withdrawn. */
  #failed = false
  #end: Promise<EndResult> | undefined
  #markEnded = () => {}
  /** Resolves when the response has ended, with any status. */
  readonly ended = new Promise<void>((resolve) => (this.#markEnded = resolve))

  constructor(host: WriterHost, ids: ResponseIds, from: Origin = {}) {
    this.#host = host
    this.responseId = ids.responseId ?? newId()
    this.promptId = ids.promptId
    const { responseId, promptId } = this
    this.#asker = from.prompt
    this.#holds = from.holds
    this.resumed = from.past !== undefined
    this.#judged = from.past?.judged ?? ''
    this.createdAt = from.past?.createdAt || Date.now()
    this.#events = new Emitter((error) =>
      host.report(wrapError('call a listener of the response', error, ErrorCode.CallbackFailed)),
    )
    this.#body = new ResponseBody(host, { responseId, promptId }, (error) => host.report(error))
    if (!from.past) return
    this.#body.adopt(from.past)
    this.#outcome.adopt(from.past)
  }

  /** Aborts when the response is cancelled or aborted: pass it to the model. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** The text so far, all text parts joined. */
  get text(): string {
    return this.#body.parts.text
  }

  /** Whether the response accepts writes. */
  get open(): boolean {
    return !this.#end
  }

  /** Resolves when the network has caught up. Await it between appends when you read a stream yourself. */
  get ready(): Promise<void> {
    return this.#body.pressure ?? Promise.resolve()
  }

  /** Appends to the text. A tool call, a source or reasoning in between begins a new text part. */
  append(text: string): void {
    this.#body.current('text').append(text)
  }

  /** Appends to the reasoning. */
  reasoning(text: string): void {
    this.#body.current('reasoning').append(text)
  }

  /** A source that the answer cites. */
  source(source: Omit<SourceEvent, 'type' | 'sourceId' | 'textId'> & { sourceId?: string }): void {
    this.#body.finishText()
    if (this.#body.begin()) this.#body.values.source({ ...source, type: 'source-url' })
  }

  /** A document that the answer draws on. */
  sourceDocument(
    source: Omit<SourceDocumentEvent, 'type' | 'sourceId' | 'textId'> & { sourceId?: string },
  ): void {
    this.#body.finishText()
    if (this.#body.begin()) this.#body.values.source({ ...source, type: 'source-document' })
  }

  /**
   * A file that the model made: its address, or its content, which `uploadFile` of the agent stores first. Without
   * `uploadFile`, the content travels in the message and must fit into it. `end()` waits for uploads.
   */
  async file({ data, ...file }: FileInput): Promise<void> {
    const { uploadFile } = this.#host
    this.#body.finishText()
    if (!this.#body.begin()) return
    const { responseId, signal } = this
    if (!(data instanceof Uint8Array)) this.#body.values.file({ ...file, url: `${data}` })
    else if (uploadFile) await this.#body.values.upload({ ...file, data, responseId, signal }, uploadFile)
    else this.#body.values.file({ ...file, url: dataUrl({ ...file, data }) })
  }

  /** Application data, shown as part `data-<name>`. The same `id` again replaces it. `transient`: not stored. */
  data(name: string, data: unknown, options: { id?: string; transient?: boolean } = {}): void {
    if (options.transient) {
      if (this.#body.begin()) this.#body.values.transient(name, data, options.id)
      return
    }
    this.#body.finishText()
    if (this.#body.begin()) this.#body.values.data(name, data, options.id)
  }

  /**
   * An object that readers see while a model writes it, as part `data-<name>`. `append()` its JSON text, then await
   * `end()`, which checks the whole against `schema`.
   */
  object<T = unknown>(name: string, { schema, id = newId() }: ObjectOptions<T> = {}): ObjectWriter<T> {
    return new ObjectWriter<T>((value) => this.data(name, value, { id }), schema)
  }

  /** Facts about the response, such as `{ model: 'gpt-5' }`; merged into the known facts, key by key. */
  metadata(metadata: Record<string, unknown>): void {
    if (this.#body.begin()) this.#body.values.setMetadata(metadata)
  }

  /** Withdraws all parts so far: readers no longer show them, and rows leave them out. */
  retract(): void {
    if (this.#body.begin()) this.#body.retract(0)
  }

  /** Withdraws the output of the current model call after its last completed tool. */
  resetStep(): void {
    if (this.#body.begin()) this.#body.resetStep()
  }

  /** Marks the beginning on the channel before there is content. */
  begin(): void {
    this.#body.begin()
  }

  /** `steer`: a prompt came that may change the course of this answer; take it with `takeSteering`. */
  on<Name extends keyof ResponseEvents>(name: Name, listener: ResponseEvents[Name]): () => void {
    return this.#events.on(name, listener)
  }

  /** With `whileBusy: 'steer'`: prompts that came meanwhile. Prompts not taken are answered after this response. */
  takeSteering(): readonly Prompt[] {
    const prompts = this.#steering.splice(0)
    for (const prompt of prompts) this.#host.steered(prompt, this.responseId, this.#body.upcomingPart)
    return prompts
  }

  /** A prompt that may change the course of the answer. */
  steer(prompt: Prompt): void {
    this.#steering.push(prompt)
    this.#events.emit('steer', prompt)
  }

  /** Removes and returns a steering prompt; `undefined` if it is absent or was taken. */
  unsteer(promptId: string): Prompt | undefined {
    const at = this.#steering.findIndex(({ id }) => id === promptId)
    return at < 0 ? undefined : this.#steering.splice(at, 1)[0]
  }

  /** Steering prompts that were not taken. */
  get steering(): readonly Prompt[] {
    return this.#steering
  }

  /** A tool call with known arguments; report its progress and its end through the returned object. */
  tool(call: { name: string; args?: unknown; toolCallId?: string }): ToolCall {
    const toolCallId = call.toolCallId ?? newId()
    this.toolInput({ toolCallId, toolName: call.name, input: call.args })
    return {
      toolCallId,
      progress: (progress) => {
        if (this.#body.begin()) this.#body.tools.progress(toolCallId, progress)
      },
      result: (output) => this.toolOutput(toolCallId, output),
      error: (errorText) => this.toolError(toolCallId, errorText),
    }
  }

  /**
   * A tool call that a client runs (in the browser: location, clipboard, …). Resolves with its `output`, or with the
   * `errorText` of its failure or refusal.
   * @throws RejoinError `timeout`; `closed` when the response ends; the response's `signal.reason` when it is aborted.
   */
  clientTool(
    call: { name: string; args?: unknown; toolCallId?: string },
    options: ClientToolOptions = {},
  ): Promise<ClientToolResult> {
    this.#body.finishText()
    return handled(clientTool(this.#question(call, true), call, options))
  }

  /**
   * Asks a person to decide, and waits. Decisions by people without the right are ignored and reported.
   * @throws RejoinError `timeout`; `closed` when the response ends; the response's `signal.reason` when it is aborted.
   */
  approval(
    call: { name: string; arguments?: unknown; toolCallId?: string },
    options: ApprovalOptions = {},
  ): Promise<ApprovalDecision> {
    this.#body.finishText()
    return handled(approval(this.#question(call, false), call, options))
  }

  /** After a restart the same question has the same id, so that the card a person sees stays valid. */
  #question(call: { name: string; toolCallId?: string }, client: boolean): Question {
    const toolCallId = call.toolCallId ?? this.#body.tools.askedBefore(call.name, client) ?? newId()
    const { answers, report } = this.#host
    return {
      body: this.#body,
      asker: this.#asker,
      signal: this.#asking.signal,
      toolCallId,
      answers,
      report,
      suspend: () => this.#suspend(),
      waits: (waits) => void (waits ? this.#questions.add(toolCallId) : this.#questions.delete(toolCallId)),
    }
  }

  /** The arguments of a tool call start streaming. */
  toolInputStart(call: { toolCallId: string; toolName: string }): void {
    this.#body.finishText()
    if (this.#body.begin()) this.#body.tools.start(call.toolCallId, call.toolName)
  }

  /** A fragment of the arguments' JSON text. */
  toolInputDelta(toolCallId: string, delta: string): void {
    if (this.#body.begin()) this.#body.tools.delta(toolCallId, delta)
  }

  /** The arguments of a tool call are complete. */
  toolInput(call: { toolCallId: string; toolName: string; input: unknown }): void {
    this.#body.finishText()
    if (this.#body.begin()) this.#body.tools.available(call.toolCallId, call.toolName, call.input)
  }

  toolOutput(toolCallId: string, output: unknown): void {
    if (this.#body.begin()) this.#body.tools.output(toolCallId, output)
  }

  toolError(toolCallId: string, errorText: string): void {
    if (this.#body.begin()) this.#body.tools.error(toolCallId, errorText)
  }

  /**
   * Writes a model's stream: `await response.pipe(fromOpenAI(stream))`. Several streams may follow each other, as in a
   * loop of tool calls. Resolves when the stream is over or the response aborted; does not end the response.
   *
   * The output of a failed stream is withdrawn when another stream follows as a second attempt. With `keep`, the new
   * stream continues after that output.
   *
   * A stream that ends without a `finish` broke off: unless another is piped after it, `end()` marks the response
   * `error`.
   * @throws RejoinError `model_failed`: the stream threw or carried an error.
   */
  async pipe(
    events: AsyncIterable<ModelEvent> | Iterable<ModelEvent>,
    { keep = false }: { keep?: boolean } = {},
  ): Promise<PipeResult> {
    const body = this.#body
    body.finishText()
    if (this.#failed && !keep) this.resetStep()
    this.#failed = false
    body.stepStart = body.parts.records.length
    this.#outcome.streamBegan()
    try {
      const report = (error: RejoinError) => this.#host.report(error)
      const end = await pipe({ body, signal: this.signal, report }, events)
      if (!this.signal.aborted) this.#outcome.streamEnded(end)
      return { finishReason: end.finish?.finishReason, aborted: end.aborted }
    } catch (error) {
      this.#failed = true
      this.#outcome.streamFailed(wrapError('write the answer', error, ErrorCode.ModelFailed))
      throw error
    }
  }

  /**
   * Resolves when everything so far is published.
   * @throws DeliveryError when some text could not be delivered.
   */
  async flush(): Promise<void> {
    try {
      await this.#body.settled()
    } catch (error) {
      throw this.#undelivered(error)
    }
  }

  /**
   * Ends the response: waits for every outcome, repairs failures, closes each part, and publishes the end marker last.
   * Idempotent.
   * @throws DeliveryError when the final text could not be delivered; it carries the text.
   */
  end(): Promise<EndResult> {
    if (this.#end) return this.#end
    this.#outcome.conclude(this.#body.parts.empty)
    this.#end = this.#finish()
    // A caller that ignores the result sees the failure in the agent's `error` event.
    this.#end.then(this.#markEnded, this.#markEnded)
    return this.#end
  }

  /** Stops the response: status `stopped`. Later writes are ignored. */
  abort(reason?: unknown): Promise<EndResult> {
    return this.#stop('stopped', reason)
  }

  /** Ends the response with status `error`; its parts so far stay. */
  fail(error: unknown): Promise<EndResult> {
    return this.#stop('error', error)
  }

  /** As `abort`, for a `cancel` message. */
  cancel(reason?: unknown): Promise<EndResult> {
    if (!this.#end) this.#outcome.cancelled = true
    return this.#stop('stopped', reason)
  }

  /**
   * Ends this run of the handler if it waits for an answer for which it may be suspended; resolves to whether it did.
   */
  async suspend(): Promise<boolean> {
    if (this.#end || this.#questions.size === 0) return this.suspended !== undefined
    this.#suspend()
    await this.#end!.catch(() => {})
    return true
  }

  #suspend(): RejoinError {
    const reason = new RejoinError(
      ErrorCode.Suspended,
      'unable to go on; nobody has answered yet. The handler is called again when someone has',
    )
    if (this.#end) return reason
    this.#pausing = true
    this.#end = this.#pause([...this.#questions])
    this.#end.then(this.#markEnded, this.#markEnded)
    this.#abort.abort(reason)
    queueMicrotask(() => this.#asking.abort(reason))
    return reason
  }

  async #pause(toolCallIds: readonly string[]): Promise<EndResult> {
    const body = this.#body
    body.pause()
    const text = await attempt(body.settled())
    if ((await this.#holds?.(false)) === false) this.#abandoned = true
    if (this.#abandoned) return { ...this.#result(false), status: 'suspended' }
    const known = (await this.#host.answers()).judgedUpTo(toolCallIds)
    const judged = known > this.#judged ? known : this.#judged
    const data = { toolCallIds, ...(judged && { judged }) }
    const marker = await attempt(body.deliver(MessageName.Suspend, data, { [Header.Presence]: 'none' }))
    if (text.failed || marker.failed) {
      const failure = this.#undelivered(text.error ?? marker.error)
      this.#host.report(failure)
      throw failure
    }
    this.suspended = { responseId: this.responseId, toolCallIds, judged }
    return { ...this.#result(false), status: 'suspended' }
  }

  /** Another process took over, `resumed` in place or from the start. This one publishes and stores nothing more. */
  overtaken(resumed: boolean): void {
    this.#abandoned = true
    // The other process may have found the answer complete: only it knows whether the answer stands.
    if (!resumed && !this.#ending) this.#withdrawAll()
    else this.#body.abandon()
    void this.abort(new DOMException('Another process has taken over', 'AbortError')).catch(() => {})
  }

  /** Withdraws the whole response. */
  async withdraw(): Promise<void> {
    this.#withdrawn = true
    this.#withdrawAll()
    await this.cancel()
  }

  #withdrawAll(): void {
    this.#body.retract(0)
    this.#body.publish(MessageName.Retract, { all: true }, {})
  }

  /** Messages to publish if the process exits now: ended as `reason` says, or with the end already chosen. */
  lastWords(reason: { message: string; code: string }): LastMessage[] {
    // The response is or becomes suspended: leave it for the next process.
    if (!this.#body.begun || this.#pausing) return []
    if (this.open || !this.#body.lasts) this.#outcome.mark('error', reason)
    return this.#body.lastWords(this.#outcome.status, ...this.#endMarker())
  }

  /** The response in the form of a database row. */
  row(): ResponseRow {
    return this.#row(this.#outcome.status)
  }

  #row(status: EndStatus): ResponseRow {
    const { responseId, promptId, createdAt } = this
    const who = { clientId: this.#host.clientId, fence: this.#asker?.fence }
    return rowOf({ responseId, promptId, createdAt, ...who }, this.#body, this.#outcome, status)
  }

  /** Ends the response as it stands. Call `fail` before an exception leaves an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }

  #stop(status: EndStatus, reason: unknown): Promise<EndResult> {
    if (this.#end) return this.#end
    this.#outcome.mark(status, reason)
    const result = this.end()
    this.#abort.abort(reason ?? new DOMException('The response was stopped', 'AbortError'))
    return result
  }

  async #finish(): Promise<EndResult> {
    const body = this.#body
    body.seal(this.#outcome.status)
    queueMicrotask(() => {
      const over = new RejoinError(ErrorCode.Closed, 'unable to get an answer; the response has ended')
      this.#asking.abort(this.signal.reason ?? over)
    })
    const status = this.#outcome.status
    const text = await attempt(body.settled())
    if (text.failed) this.#outcome.mark('error', this.#undelivered(text.error))
    // Another process answers the prompt and ends the response.
    if (!this.#withdrawn && (await this.#holds?.(false)) === false) this.#abandoned = true
    if (this.#abandoned) return this.#result(false)
    this.#ending = true
    const marker = await attempt(body.deliver(...this.#endMarker()))
    this.delivered = !marker.failed
    // The application closed its connection: its next process ends the response.
    const stored = marker.failed && this.#host.closed() ? 'failed' : await this.#store(status)
    this.settled = !marker.failed && stored !== 'failed'
    if ((text.failed || marker.failed) && !this.#abandoned) {
      const failure = this.#undelivered(text.error ?? marker.error, stored === 'stored')
      this.#host.report(failure)
      throw failure
    }
    return this.#result(stored === 'stored')
  }

  #result(stored: boolean): EndResult {
    return resultOf(this.responseId, this.#body, this.#outcome, stored)
  }

  async #store(status: EndStatus): Promise<'stored' | 'refused' | 'failed'> {
    if (this.#withdrawn) return 'stored'
    if (this.#holds && !(await this.#holds(true))) return 'failed'
    if (this.#abandoned) return 'failed'
    return this.#host.completed(this.#row(status))
  }

  #endMarker(): MessageParts {
    const { data, status } = this.#outcome
    const name = this.#outcome.marker(this.#host.pattern === 'message-per-token')
    return [name, data, { [Header.Status]: status }]
  }

  #undelivered(cause: unknown, stored = false): DeliveryError {
    const { text, responseId } = this
    const {
      code,
      message,
      cause: beneath,
    } = wrapRefusal('publish', cause, 'publish', this.#host.channel.name)
    return new DeliveryError(code, message, { text, responseId, stored, cause: beneath ?? cause })
  }
}

/** Prevents an unhandled rejection if the caller does not await the promise. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

async function attempt(promise: Promise<unknown>): Promise<{ failed: boolean; error?: unknown }> {
  try {
    await promise
    return { failed: false }
  } catch (error) {
    return { failed: true, error }
  }
}
