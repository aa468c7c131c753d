import { ErrorCode, newId, RejoinError, wrapError, type ResponseRow } from '@rejoin/core/protocol'
import { Emitter } from '../emitter.ts'
import type { Prompt } from '../inbound/prompt.ts'
import type { LastMessage } from '../publish/lastMessage.ts'
import { Ending } from './ending.ts'
import type { ModelEvent, SourceDocumentEvent, SourceEvent } from './modelEvent.ts'
import { ObjectWriter, type ObjectOptions } from './objectWriter.ts'
import { Outcome } from './outcome.ts'
import { pipe, type PipeResult } from './pipe.ts'
import {
  approval,
  clientTool,
  type ApprovalDecision,
  type ApprovalOptions,
  type ClientToolOptions,
  type ClientToolResult,
  type Question,
} from './question.ts'
import { ResponseBody } from './responseBody.ts'
import type { EndResult } from './responseResult.ts'
import type { ToolCall } from './toolCalls.ts'
import { dataUrl, type FileInput } from './values.ts'
import type { Origin, ResponseIds, Suspension, WriterHost } from './writerHost.ts'

export interface ResponseEvents {
  steer: (prompt: Prompt) => void
}

/** One answer while it is written. Only `pipe`, `flush` and `end` need to be awaited. */
export class ResponseWriter {
  readonly responseId: string
  readonly promptId: string | undefined
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** A process that died began the response: `text` is its text so far, and writing continues after it. */
  readonly resumed: boolean

  readonly #host: WriterHost
  readonly #body: ResponseBody
  readonly #asker: Prompt | undefined
  readonly #outcome = new Outcome()
  readonly #ending: Ending
  readonly #steering: Prompt[] = []
  readonly #events: Emitter<ResponseEvents>
  /** The last stream failed: if another one follows, the failed one's output is withdrawn. */
  #failed = false
  /** Streams that `pipe` is writing. */
  #piping = 0
  constructor(host: WriterHost, ids: ResponseIds, from: Origin = {}) {
    this.#host = host
    this.responseId = ids.responseId ?? newId()
    this.promptId = ids.promptId
    const { responseId, promptId } = this
    this.#asker = from.prompt
    this.resumed = from.past !== undefined
    this.createdAt = from.past?.createdAt || Date.now()
    this.#events = new Emitter(['steer'], (error) =>
      host.report(wrapError('call a listener of the response', error, ErrorCode.CallbackFailed)),
    )
    this.#body = new ResponseBody(host, { responseId, promptId }, (error) => host.report(error))
    const { createdAt } = this
    const response = { responseId, promptId, createdAt, body: this.#body, outcome: this.#outcome }
    this.#ending = new Ending(host, response, from)
    if (!from.past) return
    this.#body.adopt(from.past)
    this.#outcome.adopt(from.past)
  }

  /** Aborts when the response is cancelled or aborted: pass it to the model. */
  get signal(): AbortSignal {
    return this.#ending.signal
  }

  /** The text so far, all text parts joined. */
  get text(): string {
    return this.#body.parts.text
  }

  /** Whether the response accepts writes. */
  get open(): boolean {
    return this.#ending.open
  }

  /** Resolves when the response has ended, with any status. */
  get ended(): Promise<void> {
    return this.#ending.ended
  }

  /** The response has ended and leaves no work for a later process. */
  get settled(): boolean {
    return this.#ending.settled
  }

  /** The end marker is published. */
  get delivered(): boolean {
    return this.#ending.delivered
  }

  /** This run of the handler has ended; the next begins when one of these calls is answered. */
  get suspended(): Suspension | undefined {
    return this.#ending.suspended
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
      signal: this.#ending.asking,
      toolCallId,
      answers,
      report,
      suspend: () => this.#ending.suspend(),
      waits: (waits) => this.#ending.waits(toolCallId, waits),
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
    this.#piping++
    try {
      const report = (error: RejoinError) => this.#host.report(error)
      const end = await pipe({ body, signal: this.signal, report }, events)
      if (!this.signal.aborted) this.#outcome.streamEnded(end)
      return { finishReason: end.finish?.finishReason, aborted: end.aborted }
    } catch (error) {
      this.#failed = true
      this.#outcome.streamFailed(wrapError('write the answer', error, ErrorCode.ModelFailed))
      throw error
    } finally {
      this.#piping--
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
      throw this.#ending.undelivered(error)
    }
  }

  /**
   * Ends the response: waits for every outcome, repairs failures, closes each part, and publishes the end marker last.
   * Idempotent. While `pipe` still writes, because nobody awaited it, the response ends as `error`.
   * @throws DeliveryError when the final text could not be delivered; it carries the text.
   */
  end(): Promise<EndResult> {
    if (this.#piping === 0 || !this.open) return this.#ending.end()
    const error = new RejoinError(
      ErrorCode.InvalidArgument,
      'unable to end the answer; pipe() is still writing it. Await it: `await response.pipe(…)`',
    )
    this.#host.report(error)
    return this.fail(error)
  }

  /** Stops the response: status `stopped`. Later writes are ignored. */
  abort(reason?: unknown): Promise<EndResult> {
    return this.#ending.stop('stopped', reason)
  }

  /** Ends the response with status `error`; its parts so far stay. */
  fail(error: unknown): Promise<EndResult> {
    return this.#ending.stop('error', error)
  }

  /** As `abort`, for a `cancel` message. */
  cancel(reason?: unknown): Promise<EndResult> {
    return this.#ending.cancel(reason)
  }

  /**
   * Ends this run of the handler if it waits for an answer for which it may be suspended; resolves to whether it did.
   */
  suspend(): Promise<boolean> {
    return this.#ending.trySuspend()
  }

  /** Another process took over, `resumed` in place or from the start. This one publishes and stores nothing more. */
  overtaken(resumed: boolean): void {
    this.#ending.overtaken(resumed)
  }

  /** Withdraws the whole response. */
  withdraw(): Promise<void> {
    return this.#ending.withdraw()
  }

  /** Messages to publish if the process exits now: ended as `reason` says, or with the end already chosen. */
  lastWords(reason: { message: string; code: string }): LastMessage[] {
    return this.#ending.lastWords(reason)
  }

  /** The response in the form of a database row. */
  row(): ResponseRow {
    return this.#ending.row()
  }

  /** Ends the response as it stands. Call `fail` before an exception leaves an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }
}

/** Prevents an unhandled rejection if the caller does not await the promise. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
