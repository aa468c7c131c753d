import type { ChatCompletionChunk } from 'openai/resources/chat/completions'
import type { FinishReason, ModelEvent } from '../response/modelEvent.ts'
import { toolInput } from './toolInput.ts'
import { truncated } from './truncated.ts'

/** Fields that compatible servers add to OpenAI's. */
interface Extensions {
  /** DeepSeek, vLLM and others. */
  reasoning_content?: string | null
  /** OpenRouter. */
  reasoning?: string | null
  annotations?: { type: string; url_citation?: UrlCitation }[]
}

interface UrlCitation {
  url: string
  title?: string
  start_index?: number
  end_index?: number
}

const REASONS: Record<string, FinishReason> = {
  stop: 'stop',
  length: 'length',
  content_filter: 'content-filter',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
}

/** The Chat Completions API, first choice only. */
export class ChatMapper {
  readonly #calls = new Map<number, { id: string; name: string; json: string }>()
  #open: { kind: 'text' | 'reasoning'; id: string } | undefined
  #count = 0
  #sources = 0
  #refused = false
  #over = false;

  *map(chunk: ChatCompletionChunk): Generator<ModelEvent> {
    const { error } = chunk as { error?: { message?: string; code?: string | number | null } }
    if (error) {
      this.#over = true
      const code = error.code === undefined || error.code === null ? undefined : `${error.code}`
      yield {
        type: 'error',
        errorText: error.message ?? 'the model failed without a reason',
        ...(code && { code }),
      }
      return
    }
    const choice = chunk.choices?.find(({ index }) => index === 0)
    if (!choice) return
    const delta = (choice.delta ?? {}) as ChatCompletionChunk.Choice.Delta & Extensions
    yield* this.#grow('reasoning', delta.reasoning_content ?? delta.reasoning)
    yield* this.#grow('text', delta.content)
    if (delta.refusal) this.#refused = true
    yield* this.#grow('text', delta.refusal)
    for (const call of delta.tool_calls ?? []) yield* this.#call(call)
    for (const { url_citation: cited } of delta.annotations ?? []) if (cited) yield this.#source(cited)
    if (choice.finish_reason) yield* this.#finish(choice.finish_reason)
  }

  *end(): Generator<ModelEvent> {
    if (!this.#over) yield truncated
  }

  *#grow(kind: 'text' | 'reasoning', delta: string | null | undefined): Generator<ModelEvent> {
    if (!delta) return
    if (this.#open?.kind !== kind) {
      yield* this.#close()
      this.#open = { kind, id: `${kind}-${this.#count++}` }
      yield { type: `${kind}-start`, id: this.#open.id }
    }
    yield { type: `${kind}-delta`, id: this.#open.id, delta }
  }

  *#close(): Generator<ModelEvent> {
    if (this.#open) yield { type: `${this.#open.kind}-end`, id: this.#open.id }
    this.#open = undefined
  }

  *#call(delta: ChatCompletionChunk.Choice.Delta.ToolCall): Generator<ModelEvent> {
    let call = this.#calls.get(delta.index)
    if (!call) {
      yield* this.#close()
      call = { id: delta.id ?? `call-${delta.index}`, name: delta.function?.name ?? 'tool', json: '' }
      this.#calls.set(delta.index, call)
      yield { type: 'tool-input-start', toolCallId: call.id, toolName: call.name }
    }
    const text = delta.function?.arguments
    if (!text) return
    call.json += text
    yield { type: 'tool-input-delta', toolCallId: call.id, inputTextDelta: text }
  }

  #source({ url, title, start_index, end_index }: UrlCitation): ModelEvent {
    return {
      type: 'source-url',
      sourceId: `source-${this.#sources++}`,
      url,
      ...(title && { title }),
      ...(start_index !== undefined && { startOffset: start_index }),
      ...(end_index !== undefined && { endOffset: end_index }),
    }
  }

  *#finish(reason: string): Generator<ModelEvent> {
    yield* this.#close()
    for (const { id, name, json } of this.#calls.values()) yield toolInput(id, name, json)
    this.#calls.clear()
    this.#over = true
    yield { type: 'finish', finishReason: this.#refused ? 'content-filter' : (REASONS[reason] ?? 'other') }
  }
}
