import type { BaseMessage } from '@langchain/core/messages'
import type { FinishReason, ModelEvent } from '../response/modelEvent.ts'
import { toolInput } from './toolInput.ts'

/** A message or chunk, as an object of LangChain or as the JSON that LangGraph's server sends. */
interface Message {
  id?: string | undefined
  type?: string
  getType?(): string
  content?: string | Block[]
  tool_calls?: { id?: string; name: string; args: unknown }[]
  tool_call_chunks?: { id?: string; index?: number; name?: string; args?: string }[]
  tool_call_id?: string
  status?: string
  response_metadata?: Record<string, unknown>
  additional_kwargs?: Record<string, unknown>
}

interface Block {
  type: string
  text?: string
  thinking?: string
  reasoning?: string
  summary?: { text?: string }[]
}

/** What LangGraph's client yields for a run with `streamMode: 'messages-tuple'` or `'messages'`. */
export interface LangGraphEvent {
  event: string
  data: unknown
}

type Item = BaseMessage | readonly unknown[] | LangGraphEvent

interface Call {
  readonly id: string
  readonly name: string
  json: string
}

const REASONS: Record<string, FinishReason> = {
  stop: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  STOP: 'stop',
  length: 'length',
  max_tokens: 'length',
  MAX_TOKENS: 'length',
  tool_calls: 'tool-calls',
  tool_use: 'tool-calls',
  content_filter: 'content-filter',
  refusal: 'content-filter',
  SAFETY: 'content-filter',
}

/**
 * Maps message streams of LangChain and LangGraph to our events: `response.pipe(fromLangGraph(stream))`. Takes
 * `model.stream(…)`; `graph.stream(…, { streamMode: 'messages' })`, also among other modes and with subgraphs;
 * and `client.runs.stream(…)` of `@langchain/langgraph-sdk` in the modes `messages-tuple` and `messages`.
 */
export async function* fromLangGraph(
  stream: AsyncIterable<Item>,
): AsyncGenerator<ModelEvent, void, undefined> {
  const mapper = new LangGraphMapper()
  for await (const item of stream) {
    if (isEvent(item)) {
      const event = item.event.split('|', 1)[0]!
      if (event === 'error') return yield failure(item.data)
      if (event === 'messages') yield* mapper.map((item.data as [Message])[0])
      if (event === 'messages/partial' || event === 'messages/complete') {
        for (const message of item.data as Message[]) yield* mapper.map(message)
      }
    } else if (!Array.isArray(item)) yield* mapper.map(item as Message)
    else {
      const message = messageIn(item)
      if (message) yield* mapper.map(message)
    }
  }
  yield* mapper.end()
}

class LangGraphMapper {
  /** Text shown so far, by message: full messages repeat what chunks have shown. */
  readonly #shown = new Map<string, { text: string; reasoning: string }>()
  readonly #answered = new Set<string>()
  readonly #begun = new Set<string>()
  /** Calls whose arguments stream, by message and index. */
  readonly #calls = new Map<string, Call>()
  #open: { kind: 'text' | 'reasoning'; message: string; id: string } | undefined
  #count = 0
  #reason: FinishReason | undefined;

  *map(message: Message): Generator<ModelEvent> {
    const type = message.getType?.() ?? message.type ?? ''
    if (type === 'tool' || type === 'ToolMessage' || type === 'ToolMessageChunk')
      return yield* this.#tool(message)
    if (type !== 'ai' && type !== 'AIMessage' && type !== 'AIMessageChunk') return
    const id = message.id ?? 'message'
    // Objects tell a chunk by its fields, JSON by its type; both grow, full messages repeat.
    const chunk = type === 'AIMessageChunk' || message.tool_call_chunks !== undefined
    const shown = this.#shown.get(id) ?? { text: '', reasoning: '' }
    this.#shown.set(id, shown)
    const said = read(message)
    for (const kind of ['reasoning', 'text'] as const) {
      const delta = chunk ? said[kind] : said[kind].slice(shown[kind].length)
      shown[kind] += delta
      yield* this.#grow(kind, id, delta)
    }
    for (const call of message.tool_call_chunks ?? []) yield* this.#call(id, call)
    if (!chunk) for (const call of message.tool_calls ?? []) yield* this.#whole(call)
    const { finish_reason, stop_reason, finishReason } = message.response_metadata ?? {}
    const reason = finish_reason ?? stop_reason ?? finishReason
    if (typeof reason === 'string') {
      this.#reason = REASONS[reason] ?? 'other'
      yield* this.#endCalls(id)
    }
  }

  *end(): Generator<ModelEvent> {
    yield* this.#close()
    yield* this.#endCalls()
    yield { type: 'finish', finishReason: this.#reason ?? 'stop' }
  }

  *#grow(kind: 'text' | 'reasoning', message: string, delta: string): Generator<ModelEvent> {
    if (delta === '') return
    if (this.#open?.kind !== kind || this.#open.message !== message) {
      yield* this.#close()
      this.#open = { kind, message, id: `${kind}-${this.#count++}` }
      yield { type: `${kind}-start`, id: this.#open.id }
    }
    yield { type: `${kind}-delta`, id: this.#open.id, delta }
  }

  *#close(): Generator<ModelEvent> {
    if (this.#open) yield { type: `${this.#open.kind}-end`, id: this.#open.id }
    this.#open = undefined
  }

  *#call(message: string, chunk: NonNullable<Message['tool_call_chunks']>[number]): Generator<ModelEvent> {
    const key = `${message} ${chunk.index ?? chunk.id ?? 0}`
    let call = this.#calls.get(key)
    if (!call) {
      if (!chunk.id) return
      call = { id: chunk.id, name: chunk.name ?? 'tool', json: '' }
      this.#calls.set(key, call)
      yield* this.#begin(call.id, call.name)
    }
    if (!chunk.args) return
    call.json += chunk.args
    yield { type: 'tool-input-delta', toolCallId: call.id, inputTextDelta: chunk.args }
  }

  *#begin(toolCallId: string, toolName: string): Generator<ModelEvent> {
    yield* this.#close()
    this.#begun.add(toolCallId)
    yield { type: 'tool-input-start', toolCallId, toolName }
  }

  /** A call of a full message; `messages/partial` repeats it while its arguments grow. */
  *#whole(call: { id?: string; name: string; args: unknown }): Generator<ModelEvent> {
    if (!call.id || this.#begun.has(call.id)) return
    yield* this.#begin(call.id, call.name)
    this.#calls.set(call.id, { id: call.id, name: call.name, json: JSON.stringify(call.args ?? {}) })
  }

  *#endCalls(message?: string): Generator<ModelEvent> {
    for (const [key, { id, name, json }] of this.#calls) {
      if (message !== undefined && !key.startsWith(`${message} `) && key !== id) continue
      this.#calls.delete(key)
      yield toolInput(id, name, json)
    }
  }

  *#tool(message: Message): Generator<ModelEvent> {
    const { tool_call_id: toolCallId, status, content } = message
    if (!toolCallId || this.#answered.has(toolCallId)) return
    this.#answered.add(toolCallId)
    yield* this.#endCalls()
    if (status !== 'error') return yield { type: 'tool-output-available', toolCallId, output: json(content) }
    const errorText = typeof content === 'string' ? content : JSON.stringify(content)
    yield { type: 'tool-output-error', toolCallId, errorText }
  }
}

/** The message in what `graph.stream` yields: `[message, metadata]`, with the mode and namespace before it. */
function messageIn(item: readonly unknown[]): Message | undefined {
  const last = item.at(-1)
  if (typeof item[0] === 'object' && !Array.isArray(item[0])) return item[0] as Message
  return item.at(-2) === 'messages' && Array.isArray(last) ? (last[0] as Message) : undefined
}

function isEvent(item: Item): item is LangGraphEvent {
  return typeof (item as LangGraphEvent).event === 'string'
}

function read({ content, additional_kwargs }: Message): { text: string; reasoning: string } {
  const extra = additional_kwargs?.['reasoning_content']
  const said = { text: '', reasoning: typeof extra === 'string' ? extra : '' }
  if (typeof content === 'string') said.text = content
  else {
    for (const block of content ?? []) {
      if (block.type === 'text' || block.type === 'text_delta') said.text += block.text ?? ''
      else if (block.type === 'thinking' || block.type === 'reasoning') {
        said.reasoning +=
          block.thinking ?? block.reasoning ?? block.summary?.map(({ text }) => text ?? '').join('') ?? ''
      }
    }
  }
  return said
}

function json(content: unknown): unknown {
  if (typeof content !== 'string') return content
  try {
    return JSON.parse(content)
  } catch {
    return content
  }
}

function failure(data: unknown): ModelEvent {
  const { message, error } = (data ?? {}) as { message?: string; error?: string }
  return { type: 'error', errorText: message ?? error ?? 'the run failed', ...(error && { code: error }) }
}
