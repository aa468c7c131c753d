import type { ModelEvent } from '../../response/modelEvent.ts'
import { brokenOff } from '../common/broken.ts'
import { Citations, contentOf } from '../common/chatContent.ts'
import { ending } from '../common/ending.ts'
import { Intake, isFields, numberIn, textIn, type Fields } from '../common/intake.ts'
import { approvalRequests, type OpenCall } from './interrupts.ts'
import { graphItem, messageFields } from './items.ts'
import { AIMessages, countsOf, reasonOf, totalUsage, type AIMessageState } from './messages.ts'
import { toolInput } from '../common/toolInput.ts'

/** Streams of LangChain and LangGraph. */
export class LangGraphMapper {
  readonly #assumeFinished: boolean
  readonly #intake = new Intake()
  readonly #messages = new AIMessages()
  readonly #citations = new Citations(() => 'message', this.#intake)
  readonly #open = new Map<string, OpenCall>()
  readonly #answered = new Set<string>()
  readonly #interrupts = new Set<string>()
  #model: string | undefined
  #now = 0
  #toolAt = 0
  #serverEnded = false
  #over = false

  constructor(assumeFinished: boolean) {
    this.#assumeFinished = assumeFinished
  }

  *map(item: unknown): Generator<ModelEvent> {
    if (this.#over) return
    this.#now++
    yield* this.#intake.reporting(this.#tracked(this.#item(item)))
  }

  *end(): Generator<ModelEvent> {
    if (!this.#over) yield* this.#intake.reporting(this.#end())
  }

  *#end(): Generator<ModelEvent> {
    this.#over = true
    const { all } = this.#messages
    const movedOn = Math.max(this.#toolAt, ...all.map(({ begunAt }) => begunAt))
    const ended = this.#serverEnded || this.#interrupts.size > 0 || this.#assumeFinished
    const said = all.filter(
      (message) =>
        message.text || message.reasoning || message.calls.size > 0 || message.reason || message.complete,
    )
    const cut = said.filter(
      ({ reason, complete, lastAt }) => !ended && !reason && !complete && lastAt >= movedOn,
    )
    for (const message of all) yield* this.#tracked(this.#close(message, cut.includes(message)))
    const nothing = said.length === 0 && this.#toolAt === 0 && this.#interrupts.size === 0
    if (nothing || cut.length > 0) return yield brokenOff(nothing)
    const usage = totalUsage(all)
    const options = { ...(usage && { usage }), wantsTools: this.#open.size > 0 }
    if (this.#interrupts.size > 0)
      yield { ...ending('tool_calls', options), rawFinishReason: 'interrupt' } as ModelEvent
    else yield ending(said.at(-1)?.reason ?? 'stop', options)
  }

  *#item(item: unknown): Generator<ModelEvent> {
    const found = graphItem(item)
    switch (found.kind) {
      case 'message':
        return yield* this.#message(found.message, undefined)
      case 'messages':
        for (const message of this.#intake.list(found.messages, 'messages')) {
          yield* this.#message(message, found.over)
        }
        return
      case 'state':
        return yield* this.#state(found.state)
      case 'custom':
        return yield custom(found.data)
      case 'error': {
        this.#over = true
        const { message, error } = isFields(found.error)
          ? found.error
          : { message: found.error, error: undefined }
        const code = textIn(error)
        const errorText = textIn(message) ?? code ?? 'the run failed'
        return yield { type: 'error', errorText, ...(code && { code }) }
      }
      case 'end':
        this.#serverEnded = true
    }
  }

  /** `over`, for messages repeated whole while they grow: whether they are complete. */
  *#message(value: unknown, over: boolean | undefined): Generator<ModelEvent> {
    const given = this.#intake.fields(value, 'message')
    if (!given) return
    const message = messageFields(given)
    const type = message.type.replace(/(Message)?(Chunk)?$/, '').toLowerCase()
    if (type !== 'ai') this.#messages.interrupted()
    if (type === 'tool') return yield* this.#tool(message)
    if (type !== 'ai' && type !== 'assistant') return
    // Objects mark a chunk by its fields, JSON by its type. Both carry increments; whole messages repeat.
    const chunked = message.type.endsWith('Chunk') || message['tool_call_chunks'] !== undefined
    yield* this.#ai(message, chunked && over === undefined, over ?? true)
  }

  *#ai(message: Fields, chunk: boolean, over: boolean): Generator<ModelEvent> {
    const said = this.#said(message)
    const wholeText = said
      .flatMap((part) => ('kind' in part && part.kind === 'text' ? part.text : []))
      .join('')
    const callIds = chunk
      ? []
      : this.#intake.list(message['tool_calls'], 'tool_calls').flatMap(({ id }) => textIn(id) ?? [])
    const before = this.#messages.all.length
    const told = { text: wholeText, callIds }
    const state = this.#messages.find(textIn(message['id']), chunk, told, this.#now)
    const isNew = this.#messages.all.length > before
    if (chunk) {
      for (const part of said) {
        if ('kind' in part) yield* this.#grow(state, part.kind, part.text)
        else yield part
      }
    } else {
      yield* this.#rest(
        state,
        'reasoning',
        said.flatMap((part) => ('kind' in part && part.kind === 'reasoning' ? part.text : [])).join(''),
      )
      yield* this.#rest(state, 'text', wholeText)
      if (isNew) for (const part of said) if (!('kind' in part)) yield part
    }
    if (chunk || isNew) yield* this.#about(state, message)
    yield* chunk ? this.#chunkCalls(state, message) : this.#wholeCalls(state, message, over)
    yield* this.#ended(state, message, chunk, over)
  }

  /** A message's content, with the reasoning that some integrations keep beside it. */
  #said(message: Fields) {
    const content = Array.isArray(message['content'])
      ? (message['content'] as unknown[]).filter(
          (part) => !isFields(part) || part['type'] !== 'redacted_thinking',
        )
      : message['content']
    const said = contentOf(content, 'content', this.#intake)
    const extra = isFields(message['additional_kwargs'])
      ? message['additional_kwargs']['reasoning_content']
      : undefined
    const inContent = said.some((part) => 'kind' in part && part.kind === 'reasoning' && part.text)
    const text = inContent ? '' : this.#intake.text(extra, 'additional_kwargs.reasoning_content')
    return text ? [{ kind: 'reasoning' as const, text }, ...said] : said
  }

  *#grow(state: AIMessageState, kind: 'text' | 'reasoning', delta: string): Generator<ModelEvent> {
    state[kind] += delta
    yield* state.current.grow(kind, delta)
  }

  /** The part of a whole message that was not shown yet. */
  *#rest(state: AIMessageState, kind: 'text' | 'reasoning', whole: string): Generator<ModelEvent> {
    if (whole.startsWith(state[kind])) return yield* this.#grow(state, kind, whole.slice(state[kind].length))
    this.#intake.drop(`${kind} of message ${state.id ?? ''}`, 'it differs from what was streamed')
  }

  /** Signatures and citations within the content. */
  *#about(state: AIMessageState, message: Fields): Generator<ModelEvent> {
    const { content } = message
    for (const part of Array.isArray(content) ? content.filter(isFields) : []) {
      const { signature, data, type, annotations } = part
      if (type === 'redacted_thinking') {
        const open = yield* state.current.open('reasoning')
        open.metadata = { anthropic: { redactedData: data } }
        yield* state.current.close()
      }
      const reasoning = state.current.current
      if (typeof signature === 'string' && reasoning?.kind === 'reasoning') {
        reasoning.metadata = { anthropic: { signature } }
      }
      if (annotations)
        yield* this.#citations.annotations(annotations, 'annotations', state.current.current?.id)
    }
  }

  *#chunkCalls(state: AIMessageState, message: Fields): Generator<ModelEvent> {
    const chunks = this.#intake.list(message['tool_call_chunks'], 'tool_call_chunks')
    for (const [place, chunk] of chunks.entries()) {
      yield* state.current.close()
      const { args } = chunk
      yield* state.calls.add({
        id: textIn(chunk['id']) ?? '',
        index: numberIn(chunk['index']),
        place,
        name: textIn(chunk['name']) ?? '',
        text: isFields(args) ? JSON.stringify(args) : this.#intake.text(args, 'tool_call_chunks.args'),
      })
    }
    if (chunks.length === 0) yield* this.#wholeCalls(state, message, false)
  }

  /** `messages/partial` repeats calls while their arguments grow. */
  *#wholeCalls(state: AIMessageState, message: Fields, over: boolean): Generator<ModelEvent> {
    for (const call of this.#intake.list(message['tool_calls'], 'tool_calls')) {
      const id = textIn(call['id'])
      if (!id || state.calls.has(id)) continue
      const name = textIn(call['name']) ?? 'tool'
      const known = state.whole.has(id) || this.#open.has(id) || this.#answered.has(id)
      if (known && !state.whole.has(id)) continue
      state.whole.set(id, { name, args: call['args'] ?? {} })
      if (known) continue
      yield* state.current.close()
      yield { type: 'tool-input-start', toolCallId: id, toolName: name }
    }
    if (over) yield* this.#endCalls(state, false)
  }

  *#ended(state: AIMessageState, message: Fields, chunk: boolean, over: boolean): Generator<ModelEvent> {
    const about = isFields(message['response_metadata']) ? message['response_metadata'] : {}
    const model = textIn(about['model_name']) ?? textIn(about['model'])
    if (model && model !== this.#model) yield { type: 'metadata', metadata: { model: (this.#model = model) } }
    state.usage = countsOf(message, chunk ? state.usage : {})
    const reason = reasonOf(message)
    state.reason = reason ?? state.reason
    if ((!chunk && over) || message['chunk_position'] === 'last') state.complete = true
    if (reason || state.complete) yield* this.#close(state, false)
  }

  *#close(state: AIMessageState, broken: boolean): Generator<ModelEvent> {
    yield* state.current.close()
    yield* this.#endCalls(state, broken)
  }

  *#endCalls(state: AIMessageState, broken: boolean): Generator<ModelEvent> {
    yield* state.calls.end({ broken })
    for (const [id, { name, args }] of state.whole) yield toolInput(id, name, JSON.stringify(args))
    state.whole.clear()
  }

  *#tool(message: Fields): Generator<ModelEvent> {
    const { tool_call_id: id, status, content } = message
    const toolCallId = textIn(id)
    if (!toolCallId || this.#answered.has(toolCallId)) return
    this.#toolAt = this.#now
    for (const state of this.#messages.all) yield* this.#close(state, false)
    this.#answered.add(toolCallId)
    this.#open.delete(toolCallId)
    if (status !== 'error')
      return yield { type: 'tool-output-available', toolCallId, output: output(content) }
    const errorText = typeof content === 'string' ? content : JSON.stringify(content)
    yield { type: 'tool-output-error', toolCallId, errorText }
  }

  *#state(state: unknown): Generator<ModelEvent> {
    const found = isFields(state) ? state['__interrupt__'] : undefined
    for (const [place, interrupt] of this.#intake.list(found, '__interrupt__').entries()) {
      const id = textIn(interrupt['id']) ?? textIn(interrupt['interrupt_id']) ?? `${place}`
      if (this.#interrupts.has(id)) continue
      this.#interrupts.add(id)
      for (const message of this.#messages.all) yield* this.#tracked(this.#close(message, false))
      yield* approvalRequests(interrupt, [...this.#open.values()])
    }
  }

  /** Records which calls wait for a result. */
  *#tracked(events: Generator<ModelEvent>): Generator<ModelEvent> {
    for (const event of events) {
      if (event.type === 'tool-input-available' && !this.#answered.has(event.toolCallId)) {
        this.#open.set(event.toolCallId, event)
      }
      yield event
    }
  }
}

/** A node's custom output, under its own name and id if it has them. */
function custom(data: unknown): ModelEvent {
  const { type, id } = isFields(data) ? data : {}
  const name = textIn(type)?.replace(/^data-/, '') ?? 'custom'
  return { type: `data-${name}`, ...(typeof id === 'string' && { id }), data: data ?? null }
}

/** A tool's result: messages hold objects as JSON text. */
function output(content: unknown): unknown {
  if (typeof content !== 'string') return content ?? null
  try {
    const value = JSON.parse(content) as unknown
    return typeof value === 'object' && value !== null ? value : content
  } catch {
    return content
  }
}
