import type { ResponseOutputItem, ResponseStreamEvent } from 'openai/resources/responses/responses'
import type { FinishReason, ModelEvent } from '../response/modelEvent.ts'
import { insideString, toolInput } from './toolInput.ts'
import { truncated } from './truncated.ts'

/** Item types that say nothing to a reader. */
const SILENT = new Set(['message', 'reasoning', 'mcp_list_tools', 'compaction'])

/** The Responses API. */
export class ResponsesMapper {
  readonly #texts = new Set<string>()
  /** Tool calls by item id; `json` is the argument text shown so far. */
  readonly #calls = new Map<string, { toolCallId: string; json: string }>()
  #wantsTools = false
  #refused = false
  #over = false;

  *map(event: ResponseStreamEvent): Generator<ModelEvent> {
    switch (event.type) {
      case 'response.created':
        this.#over = false
        return
      case 'response.output_text.delta':
        return yield* this.#grow('text', `${event.item_id}:${event.content_index}`, event.delta)
      case 'response.output_text.done':
        return yield* this.#finish('text', `${event.item_id}:${event.content_index}`)
      case 'response.refusal.delta':
        this.#refused = true
        return yield* this.#grow('text', `${event.item_id}:${event.content_index}`, event.delta)
      case 'response.refusal.done':
        return yield* this.#finish('text', `${event.item_id}:${event.content_index}`)
      case 'response.reasoning_summary_text.delta':
        return yield* this.#grow('reasoning', `${event.item_id}:summary:${event.summary_index}`, event.delta)
      case 'response.reasoning_summary_text.done':
        return yield* this.#finish('reasoning', `${event.item_id}:summary:${event.summary_index}`)
      case 'response.reasoning_text.delta':
        return yield* this.#grow('reasoning', `${event.item_id}:${event.content_index}`, event.delta)
      case 'response.reasoning_text.done':
        return yield* this.#finish('reasoning', `${event.item_id}:${event.content_index}`)
      case 'response.output_item.added':
        return yield* this.#begin(event.item)
      case 'response.function_call_arguments.delta':
      case 'response.mcp_call_arguments.delta':
        return yield* this.#argument(event.item_id, event.delta)
      case 'response.custom_tool_call_input.delta':
        return yield* this.#plain(event.item_id, '"', event.delta)
      case 'response.code_interpreter_call_code.delta':
        return yield* this.#plain(event.item_id, '{"code":"', event.delta)
      case 'response.output_item.done':
        return yield* this.#done(event.item)
      case 'response.output_text.annotation.added':
        return yield* annotation(event.annotation as Annotation, `${event.item_id}:${event.annotation_index}`)
      case 'response.completed':
        return yield* this.#close(this.#refused ? 'content-filter' : this.#wantsTools ? 'tool-calls' : 'stop')
      case 'response.incomplete': {
        const reason = event.response.incomplete_details?.reason
        return yield* this.#close(reason === 'content_filter' ? 'content-filter' : 'length')
      }
      case 'response.failed':
        return yield* this.#fail(event.response.error?.message, event.response.error?.code)
      case 'error': {
        // The SDK's type has the fields at the top, the wire has also been seen with them in `error`.
        const { message, code } = (event as { error?: { message: string; code: string } }).error ?? event
        return yield* this.#fail(message, code)
      }
    }
  }

  *end(): Generator<ModelEvent> {
    if (!this.#over) yield truncated
  }

  *#grow(kind: 'text' | 'reasoning', id: string, delta: string): Generator<ModelEvent> {
    if (!this.#texts.has(id)) {
      this.#texts.add(id)
      yield { type: `${kind}-start`, id }
    }
    yield { type: `${kind}-delta`, id, delta }
  }

  *#finish(kind: 'text' | 'reasoning', id: string): Generator<ModelEvent> {
    if (this.#texts.delete(id)) yield { type: `${kind}-end`, id }
  }

  *#begin(item: ResponseOutputItem): Generator<ModelEvent> {
    if (SILENT.has(item.type) || item.type === 'mcp_approval_request') return
    const toolCallId = callId(item)
    this.#calls.set(item.id ?? toolCallId, { toolCallId, json: '' })
    yield { type: 'tool-input-start', toolCallId, toolName: toolName(item) }
  }

  *#argument(itemId: string, delta: string): Generator<ModelEvent> {
    const call = this.#calls.get(itemId)
    if (!call) return
    call.json += delta
    yield { type: 'tool-input-delta', toolCallId: call.toolCallId, inputTextDelta: delta }
  }

  /** Arguments that are no JSON: shown as a string in JSON. */
  *#plain(itemId: string, opening: string, delta: string): Generator<ModelEvent> {
    const call = this.#calls.get(itemId)
    if (call) yield* this.#argument(itemId, (call.json === '' ? opening : '') + insideString(delta))
  }

  *#done(item: ResponseOutputItem): Generator<ModelEvent> {
    if (item.type === 'mcp_approval_request') {
      const { input } = toolInput(item.id, item.name, item.arguments) as { input: unknown }
      yield { type: 'tool-approval-request', toolCallId: item.id, toolName: item.name, input }
      return
    }
    if (SILENT.has(item.type)) return
    const toolCallId = callId(item)
    const id = item.id ?? toolCallId
    if (!this.#calls.has(id)) yield* this.#begin(item)
    const { json } = this.#calls.get(id)!
    this.#calls.delete(id)
    switch (item.type) {
      case 'function_call':
        this.#wantsTools = true
        return yield toolInput(toolCallId, item.name, item.arguments)
      case 'custom_tool_call':
        this.#wantsTools = true
        if (json) yield { type: 'tool-input-delta', toolCallId, inputTextDelta: '"' }
        return yield { type: 'tool-input-available', toolCallId, toolName: item.name, input: item.input }
      case 'mcp_call':
        yield toolInput(toolCallId, item.name, item.arguments)
        return yield* outcome(toolCallId, item.output ?? null, item.error ? text(item.error) : undefined)
      case 'code_interpreter_call': {
        const rest = json ? '"}' : ''
        if (rest) yield { type: 'tool-input-delta', toolCallId, inputTextDelta: rest }
        yield {
          type: 'tool-input-available',
          toolCallId,
          toolName: toolName(item),
          input: { code: item.code },
        }
        return yield* outcome(toolCallId, { outputs: item.outputs ?? [] }, failed(item.status))
      }
      case 'web_search_call':
        yield { type: 'tool-input-available', toolCallId, toolName: toolName(item), input: item.action ?? {} }
        return yield* outcome(toolCallId, { action: item.action ?? null }, failed(item.status))
      case 'file_search_call':
        yield {
          type: 'tool-input-available',
          toolCallId,
          toolName: toolName(item),
          input: { queries: item.queries },
        }
        return yield* outcome(toolCallId, { results: item.results ?? null }, failed(item.status))
      case 'image_generation_call':
        // The picture itself is larger than a message may be: the application stores it and sends its address.
        yield { type: 'tool-input-available', toolCallId, toolName: toolName(item), input: {} }
        return yield* outcome(toolCallId, { status: item.status }, failed(item.status))
      default: {
        // Tools that the application runs (shell, computer, patches): what it is asked to do is the input.
        const {
          type: _,
          id: __,
          call_id: ___,
          status: ____,
          ...input
        } = item as unknown as Record<string, unknown>
        this.#wantsTools = true
        return yield { type: 'tool-input-available', toolCallId, toolName: toolName(item), input }
      }
    }
  }

  *#close(finishReason: FinishReason): Generator<ModelEvent> {
    this.#over = true
    this.#wantsTools = this.#refused = false
    yield { type: 'finish', finishReason }
  }

  *#fail(message: string | undefined, code: string | null | undefined): Generator<ModelEvent> {
    // A failure comes twice: as `error` and as `response.failed`.
    if (this.#over) return
    this.#over = true
    yield { type: 'error', errorText: message ?? 'the model failed without a reason', ...(code && { code }) }
  }
}

interface Annotation {
  type: string
  url?: string
  title?: string
  start_index?: number
  end_index?: number
  file_id?: string
  filename?: string
  container_id?: string
  index?: number
}

function* annotation(found: Annotation, id: string): Generator<ModelEvent> {
  if (found.type === 'url_citation' && found.url) {
    yield {
      type: 'source-url',
      sourceId: id,
      url: found.url,
      ...(found.title && { title: found.title }),
      ...(found.start_index !== undefined && { startOffset: found.start_index }),
      ...(found.end_index !== undefined && { endOffset: found.end_index }),
    }
  } else if (found.file_id) {
    const { type: _, ...data } = found
    yield { type: 'data-file-citation', id, data }
  }
}

function* outcome(toolCallId: string, output: unknown, errorText: string | undefined): Generator<ModelEvent> {
  if (errorText === undefined) yield { type: 'tool-output-available', toolCallId, output }
  else yield { type: 'tool-output-error', toolCallId, errorText }
}

function failed(status: string | undefined): string | undefined {
  return status === 'failed' ? 'the tool failed' : undefined
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function callId(item: ResponseOutputItem): string {
  return ('call_id' in item && item.call_id) || item.id || ''
}

function toolName(item: ResponseOutputItem): string {
  return 'name' in item && item.name ? item.name : item.type.replace(/_call$/, '')
}
