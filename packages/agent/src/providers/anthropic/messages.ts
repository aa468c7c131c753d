import type { ModelEvent, Usage } from '../../response/modelEvent.ts'
import { toolResult } from './results.ts'
import { brokenOff, failure } from '../common/broken.ts'
import { citation } from './citations.ts'
import { CurrentText } from '../common/currentText.ts'
import { ending } from '../common/ending.ts'
import { Intake, isFields, numberIn, textIn, type Fields } from '../common/intake.ts'
import { toolInput } from '../common/toolInput.ts'
import { count, usageOf } from '../common/usage.ts'

/** The state of one streaming content block. */
interface Block {
  readonly type: string
  /** Offset in the text part where the block began. */
  readonly from: number
  readonly call?: { id: string; name: string; input: unknown; json: string }
  readonly citations: Fields[]
  /** The block's initial content; empty unless the server does not stream it. */
  readonly given: Fields
  /** A delta has come. */
  grown: boolean
  /** The signature of a thinking block. */
  signature: string
}

/** The Messages API. */
export class MessagesMapper {
  readonly #live: boolean
  readonly #intake = new Intake()
  readonly #text = new CurrentText()
  readonly #blocks = new Map<number, Block>()
  readonly #fallbackName = Math.random().toString(36).slice(2, 10)
  #name: string | undefined
  #model: string | undefined
  #sources = 0
  #usage: Fields = {}
  #reason: string | undefined
  #empty = true
  #over = false

  /** `live`: the stream's objects change after they were yielded, like those of the SDK's `MessageStream`. */
  constructor(live: boolean) {
    this.#live = live
  }

  *map(event: unknown): Generator<ModelEvent> {
    // One stream may hold several messages.
    if (this.#over && !(isFields(event) && event['type'] === 'message_start')) return
    const fields = this.#intake.fields(event, 'event')
    yield* this.#intake.reporting(fields ? this.#event(fields) : [])
  }

  *end(): Generator<ModelEvent> {
    if (!this.#over) yield brokenOff(this.#empty)
  }

  *#event(event: Fields): Generator<ModelEvent> {
    // Proxies send errors without a type.
    switch (event['type'] ?? ('error' in event ? 'error' : '')) {
      case 'message_start':
        return yield* this.#start(this.#intake.fields(event['message'], 'message') ?? {})
      case 'content_block_start': {
        const block = this.#intake.fields(event['content_block'], 'content_block')
        if (block) yield* this.#startBlock(this.#index(event), block)
        return
      }
      case 'content_block_delta': {
        const delta = this.#intake.fields(event['delta'], 'delta')
        if (delta) yield* this.#delta(this.#index(event), delta)
        return
      }
      case 'content_block_stop':
        return yield* this.#stop(this.#index(event))
      case 'message_delta':
        return yield* this.#messageDelta(event)
      case 'message_stop':
        return yield* this.#finish()
      case 'error':
        this.#over = true
        return yield failure(codeFirst(event['error']))
    }
  }

  *#start(message: Fields): Generator<ModelEvent> {
    this.#over = false
    this.#reason = undefined
    this.#name = textIn(message['id'])
    this.#usage = isFields(message['usage']) ? message['usage'] : {}
    this.#noteReason(message['stop_reason'])
    const model = textIn(message['model'])
    if (model && model !== this.#model) yield { type: 'metadata', metadata: { model: (this.#model = model) } }
    // A server that does not stream sends the whole message here.
    const whole = this.#live ? [] : this.#intake.list(message['content'], 'content')
    for (const [index, block] of whole.entries()) {
      yield* this.#startBlock(index, block)
      yield* this.#stop(index)
    }
  }

  /** The block of an event: without an index, the block that began last. */
  #index({ type, index }: Fields): number {
    const last = [...this.#blocks.keys()].at(-1)
    return numberIn(index) ?? (type === 'content_block_start' ? (last ?? -1) + 1 : (last ?? 0))
  }

  *#startBlock(index: number, block: Fields): Generator<ModelEvent> {
    // A server that gives all blocks one index ends none of them.
    yield* this.#stop(index)
    this.#empty = false
    const type = textIn(block['type']) ?? ''
    if (type !== 'text') yield* this.#text.close()
    const from = this.#text.current?.length ?? 0
    const begun: Block = { type, from, citations: [], given: block, grown: false, signature: '' }
    if (type.endsWith('tool_use')) return yield* this.#startCall(index, begun, block)
    this.#blocks.set(index, begun)
    if ('tool_use_id' in block) return yield* toolResult(block)
    switch (type) {
      case 'text':
        return
      case 'thinking':
        begun.signature = textIn(block['signature']) ?? ''
        yield* this.#text.open('reasoning')
        return
      case 'redacted_thinking': {
        const open = yield* this.#text.open('reasoning')
        open.metadata = { anthropic: { redactedData: block['data'] } }
        return
      }
    }
    this.#intake.drop(`content block of type "${type}"`, 'no part can hold it')
  }

  /** The block's initial content. If its object is live, that is only known for a block without deltas. */
  *#given(block: Block): Generator<ModelEvent> {
    if (block.type === 'text') {
      block.citations.push(...this.#intake.list(block.given['citations'], 'citations'))
      yield* this.#text.grow('text', this.#intake.text(block.given['text'], 'text'))
    } else if (block.type === 'thinking') {
      yield* this.#text.grow('reasoning', this.#intake.text(block.given['thinking'], 'thinking'))
    }
  }

  *#startCall(index: number, begun: Block, block: Fields): Generator<ModelEvent> {
    const id = textIn(block['id']) ?? `${this.#name ?? this.#fallbackName}-call-${index}`
    const name = textIn(block['name']) ?? 'tool'
    const executed = begun.type !== 'tool_use'
    this.#blocks.set(index, { ...begun, call: { id, name, input: block['input'], json: '' } })
    yield {
      type: 'tool-input-start',
      toolCallId: id,
      toolName: name,
      ...(executed && { providerExecuted: true }),
    }
  }

  *#delta(index: number, delta: Fields): Generator<ModelEvent> {
    const block = this.#blocks.get(index)
    const type = textIn(delta['type']) ?? ''
    if (!block) return this.#intake.drop(type || 'delta', `no block ${index} is open`)
    if (!block.grown && !this.#live) yield* this.#given(block)
    block.grown = true
    switch (type) {
      case 'text_delta':
        return yield* this.#text.grow('text', this.#intake.text(delta['text'], 'text_delta.text'))
      case 'thinking_delta':
        return yield* this.#text.grow(
          'reasoning',
          this.#intake.text(delta['thinking'], 'thinking_delta.thinking'),
        )
      case 'signature_delta':
        block.signature = this.#intake.text(delta['signature'], 'signature_delta.signature')
        return
      case 'input_json_delta': {
        const json = this.#intake.text(delta['partial_json'], 'input_json_delta.partial_json')
        if (!block.call || json === '') return
        block.call.json += json
        return yield { type: 'tool-input-delta', toolCallId: block.call.id, inputTextDelta: json }
      }
      case 'citations_delta': {
        const found = this.#intake.fields(delta['citation'], 'citations_delta.citation')
        if (found) block.citations.push(found)
        return
      }
    }
    this.#intake.drop(type || 'delta', 'no part can hold it')
  }

  *#stop(index: number): Generator<ModelEvent> {
    const block = this.#blocks.get(index)
    if (!block) return
    this.#blocks.delete(index)
    if (!block.grown) yield* this.#given(block)
    if (block.type.endsWith('thinking')) {
      const open = this.#text.current
      if (open && block.signature) open.metadata = { anthropic: { signature: block.signature } }
      return yield* this.#text.close()
    }
    if (block.call) {
      const { id, name, input, json } = block.call
      return yield toolInput(id, name, json || JSON.stringify(input ?? {}))
    }
    const open = this.#text.current
    for (const found of block.citations) {
      const sourceId = `${this.#name ?? this.#fallbackName}-source-${this.#sources++}`
      const range = { startOffset: block.from, endOffset: open?.length ?? block.from }
      yield citation(found, { sourceId, ...(open && { textId: open.id }), ...range })
    }
  }

  *#messageDelta(event: Fields): Generator<ModelEvent> {
    const delta = this.#intake.fields(event['delta'], 'delta') ?? {}
    this.#noteReason(delta['stop_reason'])
    if (isFields(event['usage'])) {
      const counts = Object.entries(event['usage']).filter(([, value]) => value !== null)
      this.#usage = { ...this.#usage, ...Object.fromEntries(counts) }
    }
    const details = delta['stop_details']
    if (delta['stop_reason'] === 'refusal' && details) yield { type: 'data-refusal', data: details }
  }

  #noteReason(reason: unknown): void {
    this.#reason = textIn(reason) ?? this.#reason
  }

  *#finish(): Generator<ModelEvent> {
    if (this.#over) return
    for (const index of this.#blocks.keys()) yield* this.#stop(index)
    yield* this.#text.close()
    this.#over = true
    // The message may end without a reason; readers must not guess one.
    const usage = anthropicUsage(this.#usage)
    yield ending(this.#reason ?? 'other', usage ? { usage } : {})
  }
}

/** Anthropic's input tokens exclude cached tokens. */
function anthropicUsage(usage: Fields): Usage | undefined {
  const noCache = count(usage, 'input_tokens')
  const cacheRead = count(usage, 'cache_read_input_tokens')
  const cacheWrite = count(usage, 'cache_creation_input_tokens')
  const input = noCache === undefined ? undefined : noCache + (cacheRead ?? 0) + (cacheWrite ?? 0)
  return usageOf({ input, cacheRead, cacheWrite, output: count(usage, 'output_tokens') })
}

function codeFirst(error: unknown): unknown {
  return isFields(error) ? { message: error['message'], code: error['type'] } : error
}
