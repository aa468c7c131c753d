import type {
  ModelEvent,
  PartMetadataEvent,
  ProviderMetadata,
  ToolFields,
} from '../../response/modelEvent.ts'
import { fileEvent, jsonOf, messageOf, metadataIn, sourceEvents, usageEvent } from './values.ts'
import { brokenOff } from '../common/broken.ts'
import { ending } from '../common/ending.ts'
import { Intake, isFields, textIn, type Fields } from '../common/intake.ts'
import { insideString } from '../common/toolInput.ts'

/** The state of a streaming tool call. */
interface Call {
  readonly name: string
  input: unknown
  /** The arguments stream as plain text, not as JSON. */
  readonly plain: boolean
  begun: boolean
  /** The metadata from the tool's definition, as JSON. */
  metadata?: string
}

/** Parts without content of the answer. */
const SILENT = new Set(['ping', 'raw', 'tool-input-end', 'object'])

/** Parts of `fullStream`, and chunks of a UI message stream, of the AI SDK's versions 5 to 7. */
export class AISDKMapper {
  readonly #intake = new Intake()
  readonly #calls = new Map<string, Call>()
  /** Calls made in the current step. */
  #stepCalls: string[] = []
  readonly #approvals = new Map<string, string>()
  /** The newest metadata of a part, written once at its end. */
  readonly #metadata = new Map<string, ProviderMetadata>()
  readonly #lengths = new Map<string, number>()
  #model: string | undefined
  #empty = true
  #over = false;

  *map(item: unknown): Generator<ModelEvent> {
    if (this.#over) return
    const part = this.#intake.fields(item, 'part')
    if (part && part['type'] !== 'start') this.#empty = false
    yield* this.#intake.reporting(part ? this.#part(part, textIn(part['type']) ?? '') : [])
  }

  *end(): Generator<ModelEvent> {
    if (!this.#over) yield brokenOff(this.#empty)
  }

  *#part(part: Fields, type: string): Generator<ModelEvent> {
    switch (type) {
      case 'text-start':
      case 'reasoning-start':
      case 'text-delta':
      case 'reasoning-delta':
      case 'text-end':
      case 'reasoning-end':
        // `streamObject` has one text, without an id.
        if (part['textDelta'] === undefined) return yield* this.#text(part, type)
        return yield* this.#text({ id: 'object', text: part['textDelta'] }, type)
      case 'source':
      case 'source-url':
      case 'source-document':
        return yield* sourceEvents(part, this.#intake)
      case 'file':
      case 'reasoning-file': {
        const file = fileEvent(type, part)
        if (file) return yield file
        return this.#intake.drop(type, 'it has neither an address nor content')
      }
      case 'custom': {
        const { kind } = part
        if (typeof kind !== 'string') return this.#intake.drop(`part of type "${type}"`, 'it has no kind')
        return yield { type, kind, ...metadataIn(part) }
      }
      case 'finish':
      case 'abort':
      case 'error':
        return yield* this.#end(part, type)
    }
    if (type.startsWith('tool-')) return yield* this.#tool(part, type)
    if (type.startsWith('data-')) return yield data(part, type as `data-${string}`)
    yield* this.#step(part, type)
  }

  *#step(part: Fields, type: string): Generator<ModelEvent> {
    switch (type) {
      case 'start':
      case 'message-metadata':
        return yield* this.#messageMetadata(part)
      case 'start-step':
        this.#stepCalls = []
        return yield { type }
      case 'reset-step':
        // The step's calls may come again under the same ids.
        for (const id of this.#stepCalls.splice(0)) this.#calls.delete(id)
        return yield { type }
      case 'finish-step': {
        const model = isFields(part['response']) ? textIn(part['response']['modelId']) : undefined
        if (model && model !== this.#model) yield { type: 'metadata', metadata: { model } }
        this.#model = model ?? this.#model
        return yield { type }
      }
    }
    if (!SILENT.has(type)) this.#intake.drop(`part of type "${type}"`, 'no part can hold it')
  }

  *#text(part: Fields, type: string): Generator<ModelEvent> {
    const [kind, what] = type.split('-') as ['text' | 'reasoning', 'start' | 'delta' | 'end']
    const id = this.#intake.text(part['id'], `${type}.id`)
    const key = `${kind} ${id}`
    this.#note(key, part)
    if (what === 'start') {
      this.#lengths.set(key, 0)
      return yield { type: `${kind}-start`, id }
    }
    if (what === 'delta') {
      const field = part['text'] === undefined ? 'delta' : 'text'
      const delta = this.#intake.text(part[field], `${type}.${field}`)
      this.#lengths.set(key, (this.#lengths.get(key) ?? 0) + delta.length)
      if (delta !== '') yield { type: `${kind}-delta`, id, delta }
      return
    }
    yield* this.#said(kind, id, key)
    for (const cited of this.#intake.list(part['citations'], `${type}.citations`)) {
      yield* sourceEvents(cited, this.#intake, id)
    }
    yield { type: `${kind}-end`, id }
  }

  *#tool(part: Fields, type: string): Generator<ModelEvent> {
    const call = isFields(part['toolCall']) ? part['toolCall'] : {}
    const toolCallId = textIn(part['toolCallId']) ?? textIn(call['toolCallId']) ?? textIn(part['id']) ?? ''
    switch (type) {
      case 'tool-input-start':
        this.#note(`tool-call ${toolCallId}`, part)
        yield* this.#begin(toolCallId, part)
        return yield* this.#toolMetadata(toolCallId, part)
      case 'tool-input-delta': {
        const field = part['delta'] === undefined ? 'inputTextDelta' : 'delta'
        return yield* this.#delta(toolCallId, this.#intake.text(part[field], `${type}.${field}`))
      }
      case 'tool-call':
      case 'tool-input-available':
      case 'tool-input-error':
        return yield* this.#available(toolCallId, part)
      case 'tool-result':
      case 'tool-output-available':
      case 'tool-error':
      case 'tool-output-error':
      case 'tool-output-denied':
        return yield* this.#outcome(toolCallId, part, type)
      case 'tool-approval-request':
        return yield this.#approval(toolCallId, part, call)
      case 'tool-approval-response': {
        const asked = this.#approvals.get(textIn(part['approvalId']) ?? '') ?? toolCallId
        const reason = textIn(part['reason'])
        const approved = part['approved'] === true
        return yield { type, toolCallId: asked, approved, ...(reason && { reason }) }
      }
    }
    if (!SILENT.has(type)) this.#intake.drop(`part of type "${type}"`, 'no part can hold it')
  }

  *#begin(toolCallId: string, part: Fields): Generator<ModelEvent> {
    if (this.#calls.has(toolCallId)) return
    const name = textIn(part['toolName']) ?? 'tool'
    this.#calls.set(toolCallId, {
      name,
      input: undefined,
      plain: part['inputEncoding'] === 'text',
      begun: false,
    })
    this.#stepCalls.push(toolCallId)
    yield { type: 'tool-input-start', toolCallId, toolName: name, ...toolFields(part) }
  }

  *#delta(toolCallId: string, delta: string): Generator<ModelEvent> {
    const call = this.#calls.get(toolCallId)
    if (!call || delta === '') return
    const inputTextDelta = call.plain ? `${call.begun ? '' : '"'}${insideString(delta)}` : delta
    call.begun = true
    yield { type: 'tool-input-delta', toolCallId, inputTextDelta }
  }

  *#available(toolCallId: string, part: Fields): Generator<ModelEvent> {
    this.#note(`tool-call ${toolCallId}`, part)
    yield* this.#begin(toolCallId, part)
    const call = this.#calls.get(toolCallId)!
    const input = part['input'] === undefined ? {} : part['input']
    call.input = input
    if (call.plain && call.begun) yield { type: 'tool-input-delta', toolCallId, inputTextDelta: '"' }
    // Before the call, so that readers of the call have its metadata.
    yield* this.#said('tool-call', toolCallId)
    yield* this.#toolMetadata(toolCallId, part)
    const about = { toolCallId, toolName: textIn(part['toolName']) ?? call.name, input, ...toolFields(part) }
    if (part['type'] === 'tool-input-error' || part['invalid'] === true) {
      const errorText = textIn(part['errorText']) ?? messageOf(part['error'] ?? 'the arguments are unfit')
      yield { type: 'tool-input-error', ...about, errorText }
    } else yield { type: 'tool-input-available', ...about }
  }

  *#outcome(toolCallId: string, part: Fields, type: string): Generator<ModelEvent> {
    this.#note(`tool-result ${toolCallId}`, part)
    yield* this.#toolMetadata(toolCallId, part)
    if (type === 'tool-output-denied') yield { type, toolCallId }
    else if (type.endsWith('error')) {
      const errorText = textIn(part['errorText']) ?? messageOf(part['error'])
      yield { type: 'tool-output-error', toolCallId, errorText }
    } else {
      const preliminary = part['preliminary'] === true && { preliminary: true }
      yield { type: 'tool-output-available', toolCallId, output: part['output'] ?? null, ...preliminary }
      if (preliminary) return
    }
    yield* this.#said('tool-result', toolCallId)
  }

  #approval(toolCallId: string, part: Fields, call: Fields): ModelEvent {
    const known = this.#calls.get(toolCallId)
    const approvalId = textIn(part['approvalId'])
    const reason = textIn(part['reason'])
    if (approvalId) this.#approvals.set(approvalId, toolCallId)
    return {
      type: 'tool-approval-request',
      toolCallId,
      toolName: textIn(call['toolName']) ?? known?.name ?? 'tool',
      input: call['input'] ?? known?.input ?? null,
      ...(approvalId && { approvalId }),
      ...(reason && { reason }),
    }
  }

  *#end(part: Fields, type: 'finish' | 'abort' | 'error'): Generator<ModelEvent> {
    this.#over = true
    if (type === 'abort') {
      const reason = textIn(part['reason'])
      return yield { type, ...(reason && { reason }) }
    }
    if (type === 'error') {
      return yield { type, errorText: textIn(part['errorText']) ?? messageOf(part['error']) }
    }
    yield* this.#messageMetadata(part)
    const usage = usageEvent(part['totalUsage'] ?? part['usage'])
    const end = ending(textIn(part['finishReason']) ?? 'other', usage ? { usage } : {})
    const raw = textIn(part['rawFinishReason'])
    // Report the provider's own reason only if the AI SDK has no name for it.
    yield raw && end.type === 'finish' && end.finishReason === 'other'
      ? { ...end, rawFinishReason: raw }
      : end
  }

  *#messageMetadata(part: Fields): Generator<ModelEvent> {
    const metadata = this.#intake.fields(part['messageMetadata'], 'messageMetadata')
    if (metadata) yield { type: 'metadata', metadata }
  }

  /** Written again only when it differs. */
  *#toolMetadata(toolCallId: string, { toolMetadata }: Fields): Generator<ModelEvent> {
    const call = this.#calls.get(toolCallId)
    if (!call || !isFields(toolMetadata)) return
    const json = jsonOf(toolMetadata)
    if (json === call.metadata) return
    call.metadata = json
    yield { type: 'tool-metadata', toolCallId, toolMetadata }
  }

  #note(key: string, { providerMetadata }: Fields): void {
    if (isFields(providerMetadata)) this.#metadata.set(key, providerMetadata as ProviderMetadata)
  }

  *#said(part: PartMetadataEvent['part'], id: string, key = `${part} ${id}`): Generator<ModelEvent> {
    const providerMetadata = this.#metadata.get(key)
    this.#metadata.delete(key)
    if (providerMetadata) yield { type: 'part-metadata', part, id, providerMetadata }
  }
}

function toolFields({ dynamic, providerExecuted, title }: Fields): ToolFields {
  return {
    ...(dynamic === true && { dynamic }),
    ...(providerExecuted === true && { providerExecuted }),
    ...(typeof title === 'string' && { title }),
  }
}

function data(part: Fields, type: `data-${string}`): ModelEvent {
  const id = textIn(part['id'])
  const transient = part['transient'] === true && { transient: true }
  return { type, ...(id !== undefined && { id }), data: part['data'] ?? null, ...transient }
}
