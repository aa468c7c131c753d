import { ErrorCode, RejoinError, wrapError } from '@rejoin/core/protocol'
import type { PartText } from './partText.ts'
import type { FinishReason, ModelEvent } from './modelEvent.ts'
import type { ResponseBody } from './responseBody.ts'
import type { ToolCalls } from './toolCalls.ts'

export interface PipeTarget {
  readonly signal: AbortSignal
  readonly body: ResponseBody
}

/** What a model's stream came to. */
export interface PipeResult {
  /** Why the model stopped; `undefined` when its stream did not say. */
  readonly finishReason: FinishReason | undefined
  /** The response was aborted before the stream was over. */
  readonly aborted: boolean
}

const ABORTED = Symbol('aborted')

/** Writes a model's events into a response, at the pace of the network. Throws what the model's stream threw. */
export async function pipe(
  target: PipeTarget,
  events: AsyncIterable<ModelEvent> | Iterable<ModelEvent>,
): Promise<PipeResult> {
  if (!isIterable(events)) {
    const cure = 'await the stream, and pass what a mapper such as fromOpenAI(stream) makes of it'
    throw new RejoinError(ErrorCode.InvalidArgument, `unable to write the answer; ${cure}`)
  }
  const growing = new Map<string, PartText>()
  const iterator = Symbol.asyncIterator in events ? events[Symbol.asyncIterator]() : events[Symbol.iterator]()
  let finishReason: FinishReason | undefined
  const abortable = new Abortable(target.signal)
  try {
    for (;;) {
      if (target.signal.aborted) return stop(iterator)
      const next = iterator.next()
      const step = isPromise(next) ? await abortable.wait(next) : next
      if (step === ABORTED || target.signal.aborted) return stop(iterator)
      if (step.done) return { finishReason, aborted: false }
      if (step.value.type === 'abort') return stop(iterator)
      if (step.value.type === 'finish') finishReason = step.value.finishReason
      else write(target.body, growing, step.value)
      const { pressure } = target.body
      if (pressure) await abortable.wait(pressure)
    }
  } catch (error) {
    const stopped = stop(iterator)
    // The model's client answers an abort with an error of its own.
    if (target.signal.aborted) return stopped
    if (error instanceof RejoinError) throw error
    throw wrapError("read the model's stream", error, ErrorCode.ModelFailed)
  } finally {
    for (const text of growing.values()) text.finish()
    abortable.release()
  }
}

/** Whether a caller without types has passed events: not a text, nor the promise of a stream. */
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

/** A model that does not notice must not hold up the end: its `return` is called, not awaited. */
function stop(iterator: AsyncIterator<ModelEvent> | Iterator<ModelEvent>): PipeResult {
  try {
    const closing = iterator.return?.()
    if (closing && isPromise(closing)) closing.then(undefined, () => {})
  } catch {
    // It is over either way.
  }
  return { finishReason: undefined, aborted: true }
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

function write(body: ResponseBody, growing: Map<string, PartText>, event: ModelEvent): void {
  if (!body.begin()) return
  const { tools } = body
  switch (event.type) {
    case 'text-start':
    case 'reasoning-start':
      growing.set(key(event), body.openText(event.type === 'text-start' ? 'text' : 'reasoning'))
      return
    case 'text-delta':
    case 'reasoning-delta': {
      let text = growing.get(key(event))
      // A stream that never announced its part.
      if (!text || text.finished) {
        growing.set(key(event), (text = body.openText(event.type === 'text-delta' ? 'text' : 'reasoning')))
      }
      return text.append(event.delta)
    }
    case 'text-end':
    case 'reasoning-end':
      return growing.get(key(event))?.finish()
    case 'tool-input-start':
      return void tools.start(event.toolCallId, event.toolName)
    case 'tool-input-delta':
      return tools.delta(event.toolCallId, event.inputTextDelta)
    case 'tool-input-available':
      return void tools.available(event.toolCallId, event.toolName, event.input)
    case 'tool-input-error':
      tools.available(event.toolCallId, event.toolName, event.input)
      return tools.error(event.toolCallId, event.errorText)
    case 'tool-output-available':
      if (event.preliminary) return
      known(tools, event)
      return tools.output(event.toolCallId, event.output)
    case 'tool-output-error':
      known(tools, event)
      return tools.error(event.toolCallId, event.errorText)
    case 'tool-output-denied':
      known(tools, event)
      return tools.error(event.toolCallId, 'denied')
    case 'tool-approval-request':
      return void tools.approvalRequested(event.toolCallId, event.toolName, event.input)
    case 'source-url':
      return body.addSource(event)
    case 'source-document': {
      const { type: _, sourceId, textId: __, ...data } = event
      return body.addData('source-document', data, sourceId)
    }
    case 'file':
    case 'reasoning-file': {
      const { type: _, ...data } = event
      return body.addData('file', data)
    }
    case 'tool-approval-response':
    case 'part-metadata':
    case 'metadata':
    case 'start-step':
    case 'finish-step':
    case 'reset-step':
    case 'dropped':
    case 'finish':
    case 'abort':
      return
    case 'error':
      throw new RejoinError(ErrorCode.ModelFailed, `unable to finish the answer; ${event.errorText}`, {
        cause: event,
      })
    default:
      if (event.transient) return
      return body.addData(event.type.slice('data-'.length), event.data, event.id)
  }
}

/** The result of a call that this stream never showed: the call came in an earlier one, or in none. */
function known(tools: ToolCalls, { toolCallId }: { toolCallId: string }): void {
  if (!tools.has(toolCallId)) tools.available(toolCallId, 'tool', {})
}

function key(event: { type: string; id: string }): string {
  return `${event.type.split('-', 1)[0]} ${event.id}`
}
