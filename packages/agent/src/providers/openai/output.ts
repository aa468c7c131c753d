import type { ModelEvent, ProviderMetadata } from '../../response/modelEvent.ts'
import { numberIn, textIn, type Fields, type Intake, wordFor } from '../common/intake.ts'
import { isOutput, Items, type Item, type ItemCall } from './items.ts'
import { isCall, isProviderExecuted, outputOf, toolItem, toolName, wrapping } from './tools.ts'
import { insideString, toolInput } from '../common/toolInput.ts'

type Slot = 'text' | 'summary' | 'reasoning'

/** The output of one response, built from its events. */
export class ResponsesOutput {
  readonly #items = new Items()
  readonly #intake: Intake
  refused = false
  /** The shown text differs from the final text. */
  differs = false

  constructor(intake: Intake) {
    this.#intake = intake
  }

  /** There are calls that the application must answer. */
  get wantsTools(): boolean {
    return this.#items.all.some(({ call }) => call && !call.providerExecuted && !call.answered)
  }

  grow(event: Fields, slot: Slot, index: number): Generator<ModelEvent> {
    const delta = this.#intake.text(event['delta'], `${wordFor(event['type'])} delta`)
    return this.#show(this.#items.of(event, itemType(slot)), slot, index, delta)
  }

  settle(event: Fields, slot: Slot, index: number, full: unknown): Generator<ModelEvent> {
    return this.#settle(this.#items.of(event, itemType(slot)), slot, index, full)
  }

  *settlePart(event: Fields, index: number): Generator<ModelEvent> {
    const part = this.#intake.fields(event['part'], 'part')
    if (part) yield* this.#content(this.#items.of(event, 'message'), part, index)
  }

  *annotation(event: Fields, part: number): Generator<ModelEvent> {
    const found = this.#intake.fields(event['annotation'], 'annotation')
    const item = this.#items.of(event, 'message')
    const index = numberIn(event['annotation_index']) ?? item.annotations.size
    if (found) yield* this.#annotation(item, part, found, index)
  }

  *begin(event: Fields): Generator<ModelEvent> {
    const fields = this.#intake.fields(event['item'], 'item')
    if (!fields) return
    const item = this.#items.whole(fields, event['output_index'])
    if (isCall(fields)) yield* this.#call(item, fields)
  }

  *done(event: Fields): Generator<ModelEvent> {
    const fields = this.#intake.fields(event['item'], 'item')
    if (fields) yield* this.#done(this.#items.whole(fields, event['output_index']), fields)
  }

  *argument(event: Fields): Generator<ModelEvent> {
    const { call, type } = this.#items.of(event, '')
    const delta = this.#intake.text(event['delta'], `${wordFor(event['type'])} delta`)
    if (!call || call.available || delta === '') return
    const [open] = wrapping(type) ?? []
    yield* argue(call, open === undefined ? delta : (call.json === '' ? open : '') + insideString(delta))
  }

  *settleArgument(event: Fields, full: unknown): Generator<ModelEvent> {
    const { call } = this.#items.of(event, '')
    if (call && !call.available && typeof full === 'string') yield* this.#argueUpTo(call, full)
  }

  /** The response is over; its final list holds whatever no event brought. */
  *complete(response: Fields): Generator<ModelEvent> {
    const seen = new Map<string, number>()
    for (const fields of this.#intake.list(response['output'], 'output')) {
      const type = textIn(fields['type']) ?? ''
      const nth = seen.get(type) ?? 0
      seen.set(type, nth + 1)
      yield* this.#done(this.#items.final(fields, nth), fields)
    }
    for (const item of this.#items.all) {
      yield* this.#endTexts(item)
      if (item.call && !item.call.available) yield this.#available(item.call, item.call.json, item.type)
    }
  }

  *#show(item: Item, slot: Slot, index: number, delta: string): Generator<ModelEvent> {
    if (delta === '') return
    const key = `${slot} ${index}`
    let text = item.texts.get(key)
    if (!text) {
      const kind = slot === 'text' ? 'text' : 'reasoning'
      text = { kind, id: `${item.place}-${slot}-${index}`, shown: '', open: true }
      item.texts.set(key, text)
      yield { type: `${kind}-start`, id: text.id }
    }
    if (!text.open) return this.#intake.drop(`${slot}[${index}] of item ${item.place}`, 'it was over already')
    text.shown += delta
    yield { type: `${text.kind}-delta`, id: text.id, delta }
  }

  /** Shows the part of the whole text that was not shown yet. */
  *#settle(item: Item, slot: Slot, index: number, full: unknown): Generator<ModelEvent> {
    const whole = this.#intake.text(full, `${slot}[${index}]`)
    const text = item.texts.get(`${slot} ${index}`)
    const shown = text?.shown ?? ''
    if (typeof full === 'string' && whole !== shown) {
      if (whole.startsWith(shown) && (text?.open ?? true)) {
        yield* this.#show(item, slot, index, whole.slice(shown.length))
      } else this.differs = true
    }
    const settled = item.texts.get(`${slot} ${index}`)
    if (settled?.open) yield { type: `${settled.kind}-end`, id: settled.id }
    if (settled) settled.open = false
  }

  *#endTexts({ texts }: Item): Generator<ModelEvent> {
    for (const text of texts.values()) {
      if (text.open) yield { type: `${text.kind}-end`, id: text.id }
      text.open = false
    }
  }

  *#done(item: Item, fields: Fields): Generator<ModelEvent> {
    const again = item.done
    item.done = true
    if (fields['type'] === 'message') {
      for (const [index, part] of this.#intake.list(fields['content'], 'content').entries()) {
        yield* this.#content(item, part, index)
      }
      if (!again) yield* this.#metadata(item, {})
    } else if (fields['type'] === 'reasoning') yield* this.#reasoning(item, fields, again)
    else if (again) return
    else if (isCall(fields)) yield* this.#tool(item, fields)
    else if (isOutput(fields)) yield* this.#outcome(fields)
    else if (fields['type'] === 'mcp_approval_request') yield approval(fields)
    else if (fields['type'] === 'compaction') this.#intake.drop('compaction', 'no part can hold it')
  }

  *#content(item: Item, part: Fields, index: number): Generator<ModelEvent> {
    if (part['type'] === 'reasoning_text') return yield* this.#settle(item, 'reasoning', index, part['text'])
    if (part['type'] === 'refusal') {
      this.refused = true
      return yield* this.#settle(item, 'text', index, part['refusal'])
    }
    if (part['type'] !== 'output_text') {
      return this.#intake.drop(`content of type ${wordFor(part['type'])}`, 'no part can hold it')
    }
    yield* this.#settle(item, 'text', index, part['text'])
    for (const [place, found] of this.#intake.list(part['annotations'], 'annotations').entries()) {
      yield* this.#annotation(item, index, found, place)
    }
  }

  *#reasoning(item: Item, fields: Fields, again: boolean): Generator<ModelEvent> {
    for (const [slot, name] of [
      ['summary', 'summary'],
      ['reasoning', 'content'],
    ] as const) {
      for (const [index, part] of this.#intake.list(fields[name], name).entries()) {
        yield* this.#settle(item, slot, index, part['text'])
      }
    }
    const encrypted = textIn(fields['encrypted_content'])
    if (again) return
    if (encrypted && item.texts.size === 0) {
      const id = `${item.place}-summary-0`
      item.texts.set('summary 0', { kind: 'reasoning', id, shown: '', open: false })
      yield { type: 'reasoning-start', id }
      yield* this.#metadata(item, { reasoningEncryptedContent: encrypted })
      return yield { type: 'reasoning-end', id }
    }
    yield* this.#metadata(item, encrypted ? { reasoningEncryptedContent: encrypted } : {})
  }

  /** The data by which the next call names the item. */
  *#metadata({ id: itemId, texts, call }: Item, more: Fields): Generator<ModelEvent> {
    if (!itemId) return
    const providerMetadata: ProviderMetadata = { openai: { itemId, ...more } }
    for (const { kind, id } of texts.values())
      yield { type: 'part-metadata', part: kind, id, providerMetadata }
    if (call) yield { type: 'part-metadata', part: 'tool-call', id: call.toolCallId, providerMetadata }
  }

  *#annotation(item: Item, part: number, found: Fields, index: number): Generator<ModelEvent> {
    const number = part * 1000 + index
    if (item.annotations.has(number)) return
    item.annotations.add(number)
    const id = `${item.id ?? item.place}:${number}`
    const url = textIn(found['url'])
    const textId = item.texts.get(`text ${part}`)?.id
    const title = textIn(found['title'])
    const startOffset = numberIn(found['start_index'])
    const endOffset = numberIn(found['end_index'])
    if (url) {
      yield {
        type: 'source-url',
        sourceId: id,
        url,
        ...(title && { title }),
        ...(textId && { textId }),
        ...(startOffset !== undefined && { startOffset }),
        ...(endOffset !== undefined && { endOffset }),
      }
    } else if (textIn(found['file_id'])) {
      const { type: _, ...data } = found
      yield { type: 'data-file-citation', id, data }
    } else this.#intake.drop('annotation', 'it has neither an address nor a file')
  }

  *#call(item: Item, fields: Fields): Generator<ModelEvent, ItemCall> {
    if (item.call) return item.call
    const toolCallId = item.callId ?? item.id ?? `item-${item.place}`
    const providerExecuted = isProviderExecuted(fields)
    const call = { toolCallId, toolName: toolName(fields), json: '', providerExecuted, available: false }
    item.call = { ...call, answered: false }
    yield {
      type: 'tool-input-start',
      toolCallId,
      toolName: call.toolName,
      ...(providerExecuted && { providerExecuted }),
    }
    return item.call
  }

  *#tool(item: Item, fields: Fields): Generator<ModelEvent> {
    const call = yield* this.#call(item, fields)
    const { input, streamed, outcome } = toolItem(fields)
    const { toolCallId, toolName } = call
    if (call.json && streamed !== undefined) yield* this.#argueUpTo(call, streamed)
    call.available = true
    if ('json' in input) yield toolInput(toolCallId, toolName, input.json)
    else yield { type: 'tool-input-available', toolCallId, toolName, input: input.value }
    yield* this.#metadata(item, {})
    const picture = fields['type'] === 'image_generation_call' ? textIn(fields['result']) : undefined
    if (picture) {
      const mediaType = `image/${textIn(fields['output_format']) ?? 'png'}`
      yield { type: 'file', url: `data:${mediaType};base64,${picture}`, mediaType }
    }
    if (outcome) yield* answer(call, toolCallId, outcome)
  }

  *#argueUpTo(call: ItemCall, whole: string): Generator<ModelEvent> {
    if (!whole.startsWith(call.json)) this.differs = true
    else yield* argue(call, whole.slice(call.json.length))
  }

  #available(call: ItemCall, json: string, type: string): ModelEvent {
    call.available = true
    const [, close] = wrapping(type) ?? []
    return toolInput(call.toolCallId, call.toolName, json && close !== undefined ? json + close : json)
  }

  /** The output of a call, in an item of its own. */
  *#outcome(fields: Fields): Generator<ModelEvent> {
    const callId = textIn(fields['call_id'])
    const name = wordFor(fields['type']).replace(/_output$/, '')
    const item = this.#items.all.findLast(({ call, type, callId: known }) =>
      callId ? known === callId : call && !call.answered && (type === name || `${name}_call` === type),
    )
    const toolCallId = item?.call?.toolCallId ?? callId
    if (toolCallId === undefined) return this.#intake.drop(wordFor(fields['type']), 'its call is not known')
    yield* answer(item?.call, toolCallId, outputOf(fields))
  }
}

function* argue(call: ItemCall, inputTextDelta: string): Generator<ModelEvent> {
  if (inputTextDelta === '') return
  call.json += inputTextDelta
  yield { type: 'tool-input-delta', toolCallId: call.toolCallId, inputTextDelta }
}

function* answer(
  call: ItemCall | undefined,
  toolCallId: string,
  outcome: { output: unknown } | { errorText: string },
): Generator<ModelEvent> {
  if (call) call.answered = true
  if ('output' in outcome) yield { type: 'tool-output-available', toolCallId, output: outcome.output }
  else yield { type: 'tool-output-error', toolCallId, errorText: outcome.errorText }
}

function approval(fields: Fields): ModelEvent {
  const id = textIn(fields['id']) ?? ''
  const toolName = textIn(fields['name']) ?? 'tool'
  const { arguments: value } = fields
  const { input } = toolInput(
    id,
    toolName,
    typeof value === 'string' ? value : JSON.stringify(value ?? {}),
  ) as {
    input: unknown
  }
  return { type: 'tool-approval-request', toolCallId: id, toolName, input, approvalId: id }
}

function itemType(slot: Slot): string {
  return slot === 'text' ? 'message' : 'reasoning'
}
