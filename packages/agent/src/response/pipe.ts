import { ErrorCode, quoted, RejoinError, wrapError } from '@rejoin/core/protocol'
import type { PartText } from './partText.ts'
import type { DroppedEvent, FinishReason, ModelEvent, PartMetadataEvent, ToolEvent } from './modelEvent.ts'
import type { ResponseBody } from './responseBody.ts'

export interface PipeTarget {
  readonly signal: AbortSignal
  readonly body: ResponseBody
  report(error: RejoinError): void
}

/** The outcome of a model's stream. */
export interface PipeResult {
  /** Why the model stopped; `undefined` when its stream did not say. */
  readonly finishReason: FinishReason | undefined
  /** The response or the model was aborted before the stream was over. */
  readonly aborted: boolean
}

/** How a model's stream ended. */
export interface PipeEnd {
  readonly finish?: Extract<ModelEvent, { type: 'finish' }> | undefined
  /** The model was stopped. */
  readonly stopped?: { readonly reason: string | undefined } | undefined
  /** The stream broke off inside a part that it had begun. */
  readonly brokenOff?: boolean
  /** The response was aborted. */
  readonly aborted: boolean
}

const ABORTED = Symbol('aborted')

/** Writes a model's events into a response, at the pace of the network. Rethrows errors of the model's stream. */
export async function pipe(
  target: PipeTarget,
  events: AsyncIterable<ModelEvent> | Iterable<ModelEvent>,
): Promise<PipeEnd> {
  if (!isIterable(events)) {
    const cure = 'await the stream, and pass what a mapper such as fromOpenAI(stream) makes of it'
    throw new RejoinError(ErrorCode.InvalidArgument, `unable to write the answer; ${cure}`)
  }
  const writing: Writing = {
    ...target,
    growing: new Map(),
    begun: new Set(),
    finish: undefined,
    stopped: undefined,
  }
  const iterator = Symbol.asyncIterator in events ? events[Symbol.asyncIterator]() : events[Symbol.iterator]()
  const abortable = new Abortable(target.signal)
  try {
    for (;;) {
      if (target.signal.aborted) return stop(iterator)
      const next = iterator.next()
      const step = isPromise(next) ? await abortable.wait(next) : next
      if (step === ABORTED || target.signal.aborted) return stop(iterator)
      if (step.done) {
        const { finish, stopped, begun } = writing
        return { finish, stopped, brokenOff: begun.size > 0, aborted: false }
      }
      if (!isModelEvent(step.value)) throw foreign(step.value)
      write(writing, step.value)
      if (writing.stopped) return { ...stop(iterator), stopped: writing.stopped }
      const { pressure } = target.body
      if (pressure) await abortable.wait(pressure)
    }
  } catch (error) {
    const stopped = stop(iterator)
    // The model's client answers an abort with its own error.
    if (target.signal.aborted) return stopped
    if (error instanceof RejoinError) throw error
    throw wrapError("read the model's stream", error, ErrorCode.ModelFailed)
  } finally {
    for (const text of writing.growing.values()) text.finish()
    abortable.release()
  }
}

const mapped =
  /^(text|reasoning|tool|source|data|part|start|reset|finish)-|^(file|custom|metadata|dropped|finish|abort|error)$/

/** Whether it is an event of `ModelEvent`, and not one of a provider's own stream. */
function isModelEvent(event: unknown): boolean {
  const { type } = (event ?? {}) as { type?: unknown }
  return typeof type === 'string' && mapped.test(type)
}

/** For a stream that was passed without its mapper. */
function foreign(event: unknown): RejoinError {
  const { type, object, event: name } = (event ?? {}) as Record<string, unknown>
  const kind = type ?? object ?? name
  const what = kind === undefined ? quoted(event) : `an event ${quoted(kind)}`
  return new RejoinError(
    ErrorCode.InvalidArgument,
    `unable to write the answer; the stream gave ${what}, which is no ModelEvent. Pass it through a mapper: response.pipe(fromOpenAI(stream))`,
  )
}

/** Whether an untyped caller has passed events, and not a text or the promise of a stream. */
function isIterable(events: unknown): boolean {
  return (
    typeof events === 'object' &&
    events !== null &&
    (Symbol.asyncIterator in events || Symbol.iterator in events)
  )
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown }).then === 'function'
}

/** A model that ignores the abort must not delay the end, so `return` is called and not awaited. */
function stop(iterator: AsyncIterator<ModelEvent> | Iterator<ModelEvent>): PipeEnd {
  try {
    const closing = iterator.return?.()
    if (closing && isPromise(closing)) closing.then(undefined, () => {})
  } catch {
    // The stream is over in either case.
  }
  return { aborted: true }
}

/** Waits for one promise at a time, or the abort. `Promise.race` would keep a record of every wait. */
class Abortable {
  readonly #signal: AbortSignal
  #wake: () => void = () => {}
  readonly #listener = () => this.#wake()

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#listener)
  }

  wait<T>(promise: PromiseLike<T>): Promise<T | typeof ABORTED> {
    return new Promise((resolve, reject) => {
      this.#wake = () => resolve(ABORTED)
      promise.then(resolve, reject)
    })
  }

  release(): void {
    this.#signal.removeEventListener('abort', this.#listener)
  }
}

/** The state of writing one stream. */
interface Writing extends PipeTarget {
  /** Texts by kind and id. */
  readonly growing: Map<string, PartText>
  /** Parts that the stream has announced and not ended. */
  readonly begun: Set<string>
  finish: PipeEnd['finish']
  stopped: PipeEnd['stopped']
}

function write(writing: Writing, event: ModelEvent): void {
  const { body } = writing
  if (!body.begin()) return
  if (!continues.has(event.type)) openAnnounced(writing)
  switch (event.type) {
    case 'text-start':
    case 'reasoning-start':
    case 'text-delta':
    case 'reasoning-delta':
    case 'text-end':
    case 'reasoning-end':
      return writeText(writing, event)
    case 'source-url':
    case 'source-document':
      return body.values.source(event, writing.growing.get(`text ${event.textId}`))
    case 'file':
    case 'reasoning-file': {
      const { type, ...file } = event
      return body.values.file({ ...file, ...(type === 'reasoning-file' && { reasoning: true }) })
    }
    case 'custom':
      return body.values.custom(event)
    case 'tool-metadata':
      return body.toolMetadata(event.toolCallId, 'toolMetadata', event.toolMetadata)
    case 'part-metadata':
      return writePartMetadata(writing, event)
    case 'metadata':
      return body.values.setMetadata(event.metadata)
    case 'start-step':
      body.stepStart = body.parts.records.length
      return
    case 'reset-step':
      return body.resetStep()
    case 'finish-step':
      return
    case 'dropped':
      return writing.report(dropped(event))
    case 'finish':
      writing.finish = event
      return
    case 'abort':
      writing.stopped = { reason: event.reason }
      return
    case 'error':
      throw new RejoinError(ErrorCode.ModelFailed, `unable to finish the answer; ${event.errorText}`, {
        cause: event,
      })
    default:
      return 'toolCallId' in event ? writeTool(writing, event) : writeData(body, event)
  }
}

/** Events that never begin a part. */
const continues = new Set<ModelEvent['type']>([
  'text-delta',
  'reasoning-delta',
  'text-end',
  'reasoning-end',
  'tool-input-delta',
  'tool-metadata',
  'part-metadata',
  'metadata',
  'start-step',
  'finish-step',
  'reset-step',
  'dropped',
  'finish',
  'abort',
  'error',
])

/** Parts are numbered by their first message: a text that was announced takes its number before the next part does. */
function openAnnounced({ begun, growing }: Writing): void {
  for (const key of begun) growing.get(key)?.begin()
}

type TextEvent = Extract<ModelEvent, { type: `text-${string}` | `reasoning-${string}`; id: string }>

function writeText({ body, growing, begun }: Writing, event: TextEvent): void {
  const [kind, what] = event.type.split('-') as ['text' | 'reasoning', 'start' | 'delta' | 'end']
  const key = `${kind} ${event.id}`
  if (what === 'start') {
    begun.add(key)
    return void growing.set(key, body.openText(kind))
  }
  if (what === 'end') begun.delete(key)
  let text = growing.get(key)
  if (event.type === 'text-end' || event.type === 'reasoning-end') return text?.finish()
  // The stream never announced this part.
  if (!text || text.finished) growing.set(key, (text = body.openText(kind)))
  if ('delta' in event) text.append(event.delta)
}

function writeTool({ body: { tools }, begun }: Writing, event: ToolEvent): void {
  const { toolCallId } = event
  if (event.type === 'tool-input-start') begun.add(`tool ${toolCallId}`)
  else if (event.type !== 'tool-input-delta') begun.delete(`tool ${toolCallId}`)
  switch (event.type) {
    case 'tool-input-start':
      return void tools.start(toolCallId, event.toolName, event)
    case 'tool-input-delta':
      return tools.delta(toolCallId, event.inputTextDelta)
    case 'tool-input-available':
      return void tools.available(toolCallId, event.toolName, event.input, event)
    case 'tool-input-error':
      tools.available(toolCallId, event.toolName, event.input, event)
      return tools.error(toolCallId, event.errorText)
    case 'tool-approval-request':
      return void tools.approvalRequested(toolCallId, event.toolName, event.input)
  }
  // The call came in an earlier stream or was never announced.
  if (!tools.has(toolCallId)) tools.available(toolCallId, 'tool', {})
  switch (event.type) {
    case 'tool-output-available':
      return tools.output(toolCallId, event.output, event.preliminary)
    case 'tool-output-error':
      return tools.error(toolCallId, event.errorText)
    case 'tool-output-denied':
      return tools.denied(toolCallId)
    case 'tool-approval-response': {
      const { approved, reason } = event
      return tools.decided(toolCallId, { approved, ...(reason !== undefined && { reason }) })
    }
  }
}

type DataEvent = Extract<ModelEvent, { type: `data-${string}` }>

function writeData(body: ResponseBody, event: DataEvent): void {
  const name = event.type.slice('data-'.length)
  if (event.transient) body.values.transient(name, event.data, event.id)
  else body.values.data(name, event.data, event.id)
}

function writePartMetadata({ body, growing }: Writing, event: PartMetadataEvent): void {
  const { part, id, providerMetadata } = event
  if (part === 'text' || part === 'reasoning') {
    const text = growing.get(`${part} ${id}`)
    if (text) body.textMetadata(text, providerMetadata)
  } else
    body.toolMetadata(
      id,
      part === 'tool-call' ? 'providerMetadata' : 'resultProviderMetadata',
      providerMetadata,
    )
}

function dropped({ what, why }: DroppedEvent): RejoinError {
  return new RejoinError(ErrorCode.BadMessage, `unable to publish ${what} of the model; ${why}`)
}
