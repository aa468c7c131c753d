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
import { storable } from '../inbound/storable.ts'
import { Emitter } from '../emitter.ts'
import type { Answers } from '../inbound/answers.ts'
import { DeliveryError } from '../publish/deliveryError.ts'
import type { FinishReason, ModelEvent, SourceDocumentEvent, SourceEvent, Usage } from './modelEvent.ts'
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
import { wrapRefusal } from '../publish/rights.ts'
import type { MessageParts, ToolCall } from './toolCalls.ts'
import { dataUrl, type FileInput, type UploadFile } from './values.ts'

/** What became of a response. */
export interface EndResult {
  readonly responseId: string
  /** `suspended`: it has not ended; its handler is called again when someone has answered. */
  readonly status: EndStatus | 'suspended'
  /** UTF-16 code units of text, all text parts together. */
  readonly length: number
  /** Operations that the channel refused or did not acknowledge. */
  readonly failures: number
  /** Times a part was published again in full. */
  readonly repairs: number
  /** There were failures, and all of them were made good. */
  readonly recovered: boolean
  /** Why the model stopped, where it said so. */
  readonly finishReason: FinishReason | undefined
  /** Tokens that it took, where the model said so. */
  readonly usage: Usage | undefined
  /** `onComplete` took it; `true` also when there is none. */
  readonly stored: boolean
  /** Messages beside text (a tool's result, a source, data) that could not be delivered. */
  readonly lost: readonly RejoinError[]
}

/** What a response needs of its agent. */
export interface WriterHost extends Publishing {
  readonly clientId: string | undefined
  readonly answers: () => Promise<Answers>
  report(error: RejoinError): void
  readonly uploadFile: UploadFile | undefined
  /** A prompt was taken into the response, before part `part`. */
  steered(prompt: Prompt, responseId: string, part: string): void
  /** The application has closed its connection. */
  closed(): boolean
  /** Called once, at the end. `refused`: the application's store will never take it. */
  completed(row: ResponseRow): Promise<'stored' | 'refused' | 'failed'>
}

export interface ResponseEvents {
  steer: (prompt: Prompt) => void
}

/** What a response that is suspended waits for. */
export interface Suspension {
  readonly responseId: string
  readonly toolCallIds: readonly string[]
  /** Serial of the newest answer that was looked at, and does not count; '' if there was none. */
  readonly judged: string
}

/** Where a response comes from. */
export interface Origin {
  prompt?: Prompt
  past?: PastResponse | undefined
  /**
   * Whether the prompt is still this process's to answer: asked before the response ends and before it is stored.
   * `undefined` if that is not known; `patient`: it may take a while to find out.
   */
  holds?: ((patient: boolean) => Promise<boolean | undefined>) | undefined
}

export interface ResponseIds {
  /** Default: a random one. */
  responseId?: string
  promptId?: string
}

/** One answer, being written. Nothing here needs to be awaited but `pipe`, `flush` and `end`. */
export class ResponseWriter {
  readonly responseId: string
  readonly promptId: string | undefined
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** It has ended, and leaves nothing for a later process to do. */
  settled = false
  /** Its end is on the channel. */
  delivered = false
  /** This run of its handler has ended, and the next begins when someone answers one of these calls. */
  suspended: Suspension | undefined
  /** It was begun by a process that died: `text` is what it had written, and more is added to it. */
  readonly resumed: boolean

  readonly #host: WriterHost
  readonly #body: ResponseBody
  readonly #asker: Prompt | undefined
  readonly #holds: Origin['holds']
  /** Calls that the handler waits for, and may be suspended for. */
  readonly #questions = new Set<string>()
  /** Serial of the newest answer that a former run looked at. */
  readonly #judged: string
  #pausing = false
  #abandoned = false
  #withdrawn = false
  readonly #abort = new AbortController()
  /** Ends every wait for an answer. */
  readonly #asking = new AbortController()
  readonly #outcome = new Outcome()
  readonly #steering: Prompt[] = []
  readonly #events: Emitter<ResponseEvents>
  /** The last stream failed: what it has written is withdrawn if another one follows. */
  #failed = false
  #end: Promise<EndResult> | undefined
  #markEnded = () => {}
  /** Resolves when the response has ended, however it did. */
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

  /** Aborts when the response is cancelled or aborted: hand it to the model. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** The text so far, all text parts joined. */
  get text(): string {
    return this.#body.parts.text
  }

  /** Whether it can still be written to. */
  get open(): boolean {
    return !this.#end
  }

  /** Resolves when the network has caught up; await it between appends of a stream you read yourself. */
  get ready(): Promise<void> {
    return this.#body.pressure ?? Promise.resolve()
  }

  /** Adds to the text. A tool call, a source or reasoning in between begins a new text part. */
  append(text: string): void {
    this.#body.current('text').append(text)
  }

  /** Adds to the reasoning. */
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
   * A file that the model made: where it is, or its content, which `uploadFile` of the agent stores first. Without
   * that option, content travels in the message, and must fit into it. `end()` waits for uploads.
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

  /** Application data, shown as part `data-<name>`. The same `id` again replaces it. `transient`: shown, not kept. */
  data(name: string, data: unknown, options: { id?: string; transient?: boolean } = {}): void {
    if (options.transient) {
      if (this.#body.begin()) this.#body.values.transient(name, data, options.id)
      return
    }
    this.#body.finishText()
    if (this.#body.begin()) this.#body.values.data(name, data, options.id)
  }

  /**
   * An object that shows while a model writes it, as part `data-<name>`: `append()` its JSON text as it comes, and
   * await `end()`, which checks the whole against `schema`.
   */
  object<T = unknown>(name: string, { schema, id = newId() }: ObjectOptions<T> = {}): ObjectWriter<T> {
    return new ObjectWriter<T>((value) => this.data(name, value, { id }), schema)
  }

  /** Facts about the response, such as `{ model: 'gpt-5' }`; merged into those known, key by key. */
  metadata(metadata: Record<string, unknown>): void {
    if (this.#body.begin()) this.#body.values.setMetadata(metadata)
  }

  /** Takes back all parts so far: no reader shows them any more, no row has them. */
  retract(): void {
    if (this.#body.begin()) this.#body.retract(0)
  }

  /** Takes back what the current call of the model has said since the last tool that is done. */
  resetStep(): void {
    if (this.#body.begin()) this.#body.resetStep()
  }

  /** Marks the beginning on the channel, before there is anything to say. */
  begin(): void {
    this.#body.begin()
  }

  /** `steer`: a prompt came that is to change the course of this answer; take it with `takeSteering`. */
  on<Name extends keyof ResponseEvents>(name: Name, listener: ResponseEvents[Name]): () => void {
    return this.#events.on(name, listener)
  }

  /** With `whileBusy: 'steer'`: prompts that came meanwhile. Those not taken are answered after this response. */
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

  /** Takes a steering prompt back; `false` if it is not there, or was taken. */
  unsteer(promptId: string): Prompt | undefined {
    const at = this.#steering.findIndex(({ id }) => id === promptId)
    return at < 0 ? undefined : this.#steering.splice(at, 1)[0]
  }

  /** Prompts that nobody has taken. */
  get steering(): readonly Prompt[] {
    return this.#steering
  }

  /** A tool call whose arguments are known; report its progress and its end with what this returns. */
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
   * A tool call that a client runs (in the browser: location, clipboard, …). Resolves with its `output`, or the
   * `errorText` with which it failed or was refused.
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
   * Asks a person to decide, and waits. Decisions of people without the right are ignored and reported.
   * @throws RejoinError `timeout`; `closed` when the response ends; the response's `signal.reason` when it is aborted.
   */
  approval(
    call: { name: string; arguments?: unknown; toolCallId?: string },
    options: ApprovalOptions = {},
  ): Promise<ApprovalDecision> {
    this.#body.finishText()
    return handled(approval(this.#question(call, false), call, options))
  }

  /** After a restart, the same question has the same id, so that the card that a person sees is the one that counts. */
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

  /** The arguments of a tool call begin to stream. */
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
   * Writes a model's stream: `await response.pipe(fromOpenAI(stream))`. Several may follow each other, as in a
   * loop of tool calls. Resolves when the stream is over or the response aborted; does not end the response.
   *
   * A stream that failed is withdrawn when another follows: that one is a second attempt. With `keep`, it goes on
   * with what the failed one has written.
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
   * Resolves when everything so far is on the channel.
   * @throws DeliveryError when it cannot be put there.
   */
  async flush(): Promise<void> {
    try {
      await this.#body.settled()
    } catch (error) {
      throw this.#undelivered(error)
    }
  }

  /**
   * Ends the response: waits for every outcome, repairs what failed, closes each part, and publishes the end
   * marker last. Idempotent.
   * @throws DeliveryError when the final text could not be delivered; it carries the text.
   */
  end(): Promise<EndResult> {
    if (this.#end) return this.#end
    this.#outcome.conclude(this.#body.parts.empty)
    this.#end = this.#finish()
    // Whoever does not look at the result finds the failure in the agent's `error` event.
    this.#end.then(this.#markEnded, this.#markEnded)
    return this.#end
  }

  /** Stops the response where it is: status `stopped`. Later writes are ignored. */
  abort(reason?: unknown): Promise<EndResult> {
    return this.#stop('stopped', reason)
  }

  /** Ends the response with status `error`; what was written stays. */
  fail(error: unknown): Promise<EndResult> {
    return this.#stop('error', error)
  }

  /** As `abort`, when someone has asked for it with a `cancel` message. */
  cancel(reason?: unknown): Promise<EndResult> {
    if (!this.#end) this.#outcome.cancelled = true
    return this.#stop('stopped', reason)
  }

  /** Ends this run of the handler, if it waits for an answer that it may be suspended for; resolves to whether it did. */
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

  /** Another process answers instead: `resumed` in place, or anew. Nothing more is said or stored here. */
  overtaken(resumed: boolean): void {
    this.#abandoned = true
    if (!resumed) this.#withdrawAll()
    else this.#body.abandon()
    void this.abort(new DOMException('Another process has taken over', 'AbortError')).catch(() => {})
  }

  /** Takes all of it back, as if it had never been. */
  async withdraw(): Promise<void> {
    this.#withdrawn = true
    this.#withdrawAll()
    await this.cancel()
  }

  #withdrawAll(): void {
    this.#body.retract(0)
    this.#body.publish(MessageName.Retract, { all: true }, {})
  }

  /** What there is to publish when the process exits now: ended as `reason` says, or as it was about to be. */
  lastWords(reason: { message: string; code: string }): LastMessage[] {
    // Suspended, or about to be: the next process finds it as it is.
    if (!this.#body.begun || this.#pausing) return []
    if (this.open || !this.#body.lasts) this.#outcome.mark('error', reason)
    return this.#body.lastWords(this.#outcome.status, ...this.#endMarker())
  }

  /** The response as a database keeps it. */
  row(): ResponseRow {
    return this.#row(this.#outcome.status)
  }

  #row(status: EndStatus): ResponseRow {
    const { promptId, createdAt } = this
    const { text, serial, retracted } = this.#body.parts
    const { metadata } = this.#body.values
    const { clientId } = this.#host
    const fence = this.#asker?.fence
    const row = {
      id: this.responseId,
      role: 'assistant' as const,
      parts: this.#body.parts.rows(),
      text,
      status,
      createdAt,
      ...(promptId !== undefined && { promptId }),
      ...(clientId && { clientId }),
      ...(serial && { serial }),
      ...this.#outcome.fields,
      ...(status !== 'complete' && this.#outcome.error && { error: this.#outcome.error }),
      ...(metadata && { metadata }),
      ...(retracted.length > 0 && { retracted }),
      ...(fence !== undefined && { fence }),
    }
    return storable(row)
  }

  /** Ends the response as it stands: whoever leaves an `await using` block by an exception calls `fail` before. */
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
    // What another process answers is no longer this one's to end.
    if (!this.#withdrawn && (await this.#holds?.(false)) === false) this.#abandoned = true
    if (this.#abandoned) return this.#result(false)
    const marker = await attempt(body.deliver(...this.#endMarker()))
    this.delivered = !marker.failed
    // An application that closes the connection goes away: its next process ends the response.
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
    const { failures, repairs, lost } = this.#body
    return {
      responseId: this.responseId,
      status: this.#outcome.status,
      length: this.text.length,
      failures,
      repairs,
      recovered: failures > 0 && lost.length === 0,
      finishReason: this.#outcome.finishReason,
      usage: this.#outcome.usage,
      stored,
      lost,
    }
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
    const { code, message, cause: beneath } = wrapRefusal('publish', cause, 'publish')
    return new DeliveryError(code, message, { text, responseId, stored, cause: beneath ?? cause })
  }
}

/** Whoever does not await it does not get an unhandled rejection. */
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
