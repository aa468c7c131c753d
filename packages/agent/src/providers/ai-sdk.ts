import type { TextStreamPart, ToolSet, UIMessageChunk } from 'ai'
import type { FinishReason, ModelEvent } from '../response/modelEvent.ts'
import { insideString } from './toolInput.ts'
import { truncated } from './truncated.ts'

/** The fields of both streams' parts that matter here. */
interface Part {
  type: string
  id?: string
  text?: string
  delta?: string
  inputTextDelta?: string
  toolCallId?: string
  toolName?: string
  inputEncoding?: 'json' | 'text'
  input?: unknown
  output?: unknown
  error?: unknown
  errorText?: string
  invalid?: boolean
  preliminary?: boolean
  toolCall?: { toolCallId: string; toolName: string; input: unknown }
  sourceType?: string
  sourceId?: string
  url?: string
  title?: string
  mediaType?: string
  filename?: string
  data?: unknown
  transient?: boolean
  finishReason?: FinishReason
}

/**
 * Maps a stream of the AI SDK to our events: `response.pipe(fromAISDK(result.fullStream))`. Takes the
 * `fullStream` of `streamText`, and UI message streams (`result.toUIMessageStream()`).
 */
export async function* fromAISDK<T extends ToolSet>(
  stream: AsyncIterable<TextStreamPart<T> | UIMessageChunk>,
): AsyncGenerator<ModelEvent, void, undefined> {
  const mapper = new AISDKMapper()
  for await (const part of stream) yield* mapper.map(part as Part)
  yield* mapper.end()
}

class AISDKMapper {
  readonly #calls = new Map<string, { name: string; input: unknown; text: boolean; begun: boolean }>()
  #over = false;

  *map(part: Part): Generator<ModelEvent> {
    const id = part.id ?? ''
    const toolCallId = part.toolCallId ?? id
    switch (part.type) {
      case 'text-start':
      case 'text-end':
      case 'reasoning-start':
      case 'reasoning-end':
        return yield { type: part.type, id }
      case 'text-delta':
      case 'reasoning-delta':
        return yield { type: part.type, id, delta: part.text ?? part.delta ?? '' }
      case 'tool-input-start':
        return yield* this.#begin(toolCallId, part)
      case 'tool-input-delta':
        return yield* this.#delta(toolCallId, part.delta ?? part.inputTextDelta ?? '')
      case 'tool-call':
      case 'tool-input-available':
        return yield* this.#available(toolCallId, part)
      case 'tool-input-error': {
        yield* this.#begin(toolCallId, part)
        const { toolName = 'tool', input, errorText = 'the arguments are unfit' } = part
        return yield { type: 'tool-input-error', toolCallId, toolName, input, errorText }
      }
      case 'tool-result':
      case 'tool-output-available':
        // Results that are still to change: the last one counts.
        if (!part.preliminary) yield { type: 'tool-output-available', toolCallId, output: part.output }
        return
      case 'tool-error':
      case 'tool-output-error':
        return yield {
          type: 'tool-output-error',
          toolCallId,
          errorText: part.errorText ?? message(part.error),
        }
      case 'tool-output-denied':
        return yield { type: 'tool-output-error', toolCallId, errorText: 'denied' }
      case 'tool-approval-request': {
        const call = this.#calls.get(part.toolCall?.toolCallId ?? toolCallId)
        const toolName = part.toolCall?.toolName ?? call?.name ?? 'tool'
        const input = part.toolCall?.input ?? call?.input
        return yield {
          type: 'tool-approval-request',
          toolCallId: part.toolCall?.toolCallId ?? toolCallId,
          toolName,
          input,
        }
      }
      case 'source':
      case 'source-url':
      case 'source-document':
        return yield source(part)
      case 'file':
        // Content inline is larger than a message may be: only what has an address of its own.
        if (part.url && !part.url.startsWith('data:')) {
          yield { type: 'data-file', data: { url: part.url, mediaType: part.mediaType } }
        }
        return
      case 'finish':
        this.#over = true
        return yield { type: 'finish', finishReason: part.finishReason ?? 'other' }
      case 'abort':
        this.#over = true
        return
      case 'error':
        this.#over = true
        return yield { type: 'error', errorText: part.errorText ?? message(part.error) }
    }
    if (!part.type.startsWith('data-') || part.transient) return
    yield {
      type: part.type as `data-${string}`,
      ...(part.id !== undefined && { id: part.id }),
      data: part.data,
    }
  }

  *end(): Generator<ModelEvent> {
    if (!this.#over) yield truncated
  }

  *#begin(toolCallId: string, { toolName = 'tool', inputEncoding }: Part): Generator<ModelEvent> {
    if (this.#calls.has(toolCallId)) return
    this.#calls.set(toolCallId, {
      name: toolName,
      input: undefined,
      text: inputEncoding === 'text',
      begun: false,
    })
    yield { type: 'tool-input-start', toolCallId, toolName }
  }

  *#delta(toolCallId: string, delta: string): Generator<ModelEvent> {
    const call = this.#calls.get(toolCallId)
    if (!call || delta === '') return
    const inputTextDelta = call.text ? `${call.begun ? '' : '"'}${insideString(delta)}` : delta
    call.begun = true
    yield { type: 'tool-input-delta', toolCallId, inputTextDelta }
  }

  *#available(toolCallId: string, part: Part): Generator<ModelEvent> {
    yield* this.#begin(toolCallId, part)
    const { toolName = 'tool', input } = part
    const call = this.#calls.get(toolCallId)!
    call.input = input
    if (call.text && call.begun) yield { type: 'tool-input-delta', toolCallId, inputTextDelta: '"' }
    if (part.invalid)
      yield { type: 'tool-input-error', toolCallId, toolName, input, errorText: message(part.error) }
    else yield { type: 'tool-input-available', toolCallId, toolName, input }
  }
}

function source(part: Part): ModelEvent {
  const { url, title, mediaType, filename } = part
  const sourceId = part.sourceId ?? part.id ?? url ?? ''
  if (url) return { type: 'source-url', sourceId, url, ...(title && { title }) }
  return {
    type: 'data-source-document',
    id: sourceId,
    data: { title, mediaType, ...(filename && { filename }) },
  }
}

function message(error: unknown): string {
  if (error instanceof Error) return error.message
  return typeof error === 'string' ? error : (JSON.stringify(error) ?? 'unknown error')
}
