import type {
  CitationsDelta,
  ContentBlock,
  RawContentBlockDelta,
  RawMessageStreamEvent,
} from '@anthropic-ai/sdk/resources/messages'
import type { FinishReason, ModelEvent } from '../response/modelEvent.ts'
import { toolInput } from './toolInput.ts'
import { truncated } from './truncated.ts'

type Citation = CitationsDelta['citation']

/** One content block, while it streams. */
interface Block {
  readonly type: string
  /** Offset in the text part where it began. */
  readonly from: number
  readonly call?: { id: string; name: string; input: unknown; json: string }
  readonly citations: Citation[]
}

const REASONS: Record<string, FinishReason> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  refusal: 'content-filter',
}

/**
 * Maps a stream of `@anthropic-ai/sdk` to our events: `response.pipe(fromAnthropic(stream))`. Takes what
 * `client.messages.create({ stream: true })` and `client.messages.stream()` return, beta ones included.
 *
 * Text blocks that follow each other are one text part: a citation splits the model's sentences into blocks,
 * and readers should not see that.
 */
export async function* fromAnthropic(
  stream: AsyncIterable<RawMessageStreamEvent>,
): AsyncGenerator<ModelEvent, void, undefined> {
  const mapper = new MessagesMapper()
  for await (const event of stream) yield* mapper.map(event)
  yield* mapper.end()
}

class MessagesMapper {
  readonly #blocks = new Map<number, Block>()
  #text: { id: string; length: number } | undefined
  #count = 0
  #sources = 0
  #reason: FinishReason = 'other'
  #over = false;

  *map(event: RawMessageStreamEvent): Generator<ModelEvent> {
    switch (event.type) {
      case 'message_start':
        this.#over = false
        return
      case 'content_block_start':
        return yield* this.#start(event.index, event.content_block)
      case 'content_block_delta':
        return yield* this.#delta(event.index, event.delta)
      case 'content_block_stop':
        return yield* this.#stop(event.index)
      case 'message_delta': {
        const { stop_reason: reason } = event.delta
        if (reason) this.#reason = REASONS[reason] ?? 'other'
        const details = (event.delta as { stop_details?: { type?: string } | null }).stop_details
        if (reason === 'refusal' && details) yield { type: 'data-refusal', data: details }
        return
      }
      case 'message_stop':
        yield* this.#endText()
        this.#over = true
        return yield { type: 'finish', finishReason: this.#reason }
    }
    const { type, error } = event as { type: string; error?: { type?: string; message?: string } }
    if (type !== 'error') return
    this.#over = true
    const { message = 'the model failed without a reason', type: code } = error ?? {}
    yield { type: 'error', errorText: message, ...(code && { code }) }
  }

  *end(): Generator<ModelEvent> {
    if (!this.#over) yield truncated
  }

  *#start(index: number, block: ContentBlock): Generator<ModelEvent> {
    const { type } = block as { type: string }
    const from = this.#text?.length ?? 0
    if (type !== 'text') yield* this.#endText()
    if ('id' in block && 'name' in block) {
      const call = { id: block.id, name: block.name, input: block.input, json: '' }
      this.#blocks.set(index, { type, from, call, citations: [] })
      return yield { type: 'tool-input-start', toolCallId: call.id, toolName: call.name }
    }
    this.#blocks.set(index, { type, from, citations: [] })
    if ('tool_use_id' in block) return yield toolResult(block)
    if (block.type === 'text') return yield* this.#grow(block.text)
    if (block.type !== 'thinking') return
    yield { type: 'reasoning-start', id: `reasoning-${index}` }
    if (block.thinking) yield { type: 'reasoning-delta', id: `reasoning-${index}`, delta: block.thinking }
  }

  *#delta(index: number, delta: RawContentBlockDelta): Generator<ModelEvent> {
    const block = this.#blocks.get(index)
    if (!block) return
    switch (delta.type) {
      case 'text_delta':
        return yield* this.#grow(delta.text)
      case 'thinking_delta':
        return yield { type: 'reasoning-delta', id: `reasoning-${index}`, delta: delta.thinking }
      case 'input_json_delta':
        if (!block.call || delta.partial_json === '') return
        block.call.json += delta.partial_json
        return yield {
          type: 'tool-input-delta',
          toolCallId: block.call.id,
          inputTextDelta: delta.partial_json,
        }
      case 'citations_delta':
        block.citations.push(delta.citation)
    }
  }

  *#stop(index: number): Generator<ModelEvent> {
    const block = this.#blocks.get(index)
    if (!block) return
    this.#blocks.delete(index)
    if (block.type === 'thinking') yield { type: 'reasoning-end', id: `reasoning-${index}` }
    if (block.call) {
      const { id, name, input, json } = block.call
      yield toolInput(id, name, json || JSON.stringify(input ?? {}))
    }
    for (const citation of block.citations) yield this.#citation(citation, block.from)
  }

  *#grow(delta: string): Generator<ModelEvent> {
    if (delta === '') return
    if (!this.#text) {
      this.#text = { id: `text-${this.#count++}`, length: 0 }
      yield { type: 'text-start', id: this.#text.id }
    }
    this.#text.length += delta.length
    yield { type: 'text-delta', id: this.#text.id, delta }
  }

  *#endText(): Generator<ModelEvent> {
    if (this.#text) yield { type: 'text-end', id: this.#text.id }
    this.#text = undefined
  }

  /** A citation covers the block that it came with. */
  #citation(citation: Citation, from: number): ModelEvent {
    const url = 'url' in citation ? citation.url : 'source' in citation ? citation.source : undefined
    const range = { startOffset: from, endOffset: this.#text?.length ?? from }
    const sourceId = `source-${this.#sources++}`
    if (!url) return { type: 'data-citation', id: sourceId, data: { ...citation, ...range } }
    const { title } = citation as { title?: string | null }
    return {
      type: 'source-url',
      sourceId,
      url,
      ...(title && { title }),
      ...range,
      ...(citation.cited_text && { snippet: citation.cited_text }),
    }
  }
}

/** Results of tools that Anthropic runs. What only Anthropic can read, or what is too large to send, stays out. */
function toolResult(block: unknown): ModelEvent {
  const { tool_use_id, content, is_error } = block as {
    tool_use_id: string
    content: unknown
    is_error?: boolean
  }
  const { type = '', error_code } = (content ?? {}) as { type?: string; error_code?: string }
  if (is_error || type.endsWith('_error')) {
    const errorText = error_code ?? (typeof content === 'string' ? content : JSON.stringify(content))
    return { type: 'tool-output-error', toolCallId: tool_use_id, errorText }
  }
  return { type: 'tool-output-available', toolCallId: tool_use_id, output: readable(content) }
}

function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable)
  if (typeof value !== 'object' || !value) return value
  const kept = Object.entries(value).filter(([key]) => !key.startsWith('encrypted_') && key !== 'source')
  return Object.fromEntries(kept.map(([key, inner]) => [key, readable(inner)]))
}
