import type { ModelEvent, ProviderMetadata } from '../../response/modelEvent.ts'
import { isFields, textIn, type Fields, type Intake } from '../common/intake.ts'
import { setAt } from './jsonPath.ts'

interface Call {
  readonly toolCallId: string
  readonly name: string
  args: Record<string, unknown>
  readonly executed: boolean
  available: boolean
  metadata: ProviderMetadata | undefined
}

const KINDS = [
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
]

/** Calls of functions, of code that Google runs, and of its other tools, with their results. */
export class GoogleCalls {
  readonly #intake: Intake
  readonly #prefix: () => string
  #count = 0
  /** Calls without a result. */
  #calls: Call[] = []

  constructor(intake: Intake, prefix: () => string) {
    this.#intake = intake
    this.#prefix = prefix
  }

  /** Calls that the application must answer. */
  get open(): number {
    return this.#calls.filter(({ executed }) => !executed).length
  }

  takes(part: Fields): boolean {
    return KINDS.some((kind) => isFields(part[kind]))
  }

  *add(part: Fields, metadata: ProviderMetadata | undefined): Generator<ModelEvent> {
    const { functionCall, functionResponse, executableCode, codeExecutionResult, toolCall, toolResponse } =
      part
    if (isFields(functionCall)) yield* this.#functionCall(functionCall, metadata)
    else if (isFields(executableCode)) {
      yield* this.#begin('', 'code_execution', { ...executableCode }, true, metadata)
      yield* this.end()
    } else if (isFields(toolCall)) {
      const name = textIn(toolCall['toolType'])?.toLowerCase() ?? 'tool'
      const args = isFields(toolCall['args']) ? { ...toolCall['args'] } : {}
      yield* this.#begin(textIn(toolCall['id']) ?? '', name, args, true, metadata)
      yield* this.end()
    } else if (isFields(functionResponse))
      yield* this.#outcome(functionResponse, functionResponse['response'], false)
    else if (isFields(toolResponse)) yield* this.#outcome(toolResponse, toolResponse['response'], true)
    else if (isFields(codeExecutionResult))
      yield* this.#outcome({ name: 'code_execution' }, codeExecutionResult, true)
  }

  /** The arguments of all calls are over. */
  *end(): Generator<ModelEvent> {
    for (const call of this.#calls) if (!call.available) yield* this.#available(call)
  }

  *#functionCall(fields: Fields, metadata: ProviderMetadata | undefined): Generator<ModelEvent> {
    const { args } = fields
    if (args !== undefined && args !== null) this.#intake.fields(args, 'functionCall.args')
    const given = isFields(args) ? { ...args } : {}
    const name = textIn(fields['name']) ?? ''
    const id = textIn(fields['id']) ?? ''
    // For streaming arguments, only the first part has a name.
    let call = this.#calls.findLast((one) => !one.available && (id ? one.toolCallId === id : name === ''))
    if (call) {
      Object.assign(call.args, given)
      call.metadata = metadata ?? call.metadata
    } else call = yield* this.#begin(id, name || 'tool', given, false, metadata)
    for (const piece of this.#intake.list(fields['partialArgs'], 'functionCall.partialArgs')) {
      if (!setAt(call.args, textIn(piece['jsonPath']) ?? '', piece)) {
        this.#intake.drop('functionCall.partialArgs', 'its path cannot be followed')
      }
    }
    if (fields['willContinue'] !== true) yield* this.#available(call)
  }

  *#begin(
    id: string,
    name: string,
    args: Record<string, unknown>,
    executed: boolean,
    metadata: ProviderMetadata | undefined,
  ): Generator<ModelEvent, Call> {
    const toolCallId = id || `${this.#prefix()}-call-${this.#count}`
    this.#count++
    const call: Call = { toolCallId, name, args, executed, available: false, metadata }
    this.#calls.push(call)
    yield {
      type: 'tool-input-start',
      toolCallId,
      toolName: name,
      ...(executed && { providerExecuted: true }),
    }
    return call
  }

  *#available(call: Call): Generator<ModelEvent> {
    const { toolCallId, name: toolName, args: input, metadata } = call
    call.available = true
    yield { type: 'tool-input-available', toolCallId, toolName, input }
    if (metadata)
      yield { type: 'part-metadata', part: 'tool-call', id: toolCallId, providerMetadata: metadata }
  }

  /** Finds the call by id, or without an id by name, oldest first. */
  *#outcome(named: Fields, response: unknown, executed: boolean): Generator<ModelEvent> {
    const [id, name] = [textIn(named['id']), textIn(named['name'])]
    const call =
      this.#calls.find(({ toolCallId }) => toolCallId === id) ??
      this.#calls.find((one) => one.executed === executed && (name === undefined || one.name === name))
    const toolCallId = call?.toolCallId ?? id
    if (toolCallId === undefined)
      return this.#intake.drop(`the result of ${name ?? 'a tool'}`, 'its call is not known')
    if (call && !call.available) yield* this.#available(call)
    this.#calls = this.#calls.filter((one) => one !== call)
    const { outcome, output, error } = isFields(response) ? response : {}
    if (typeof outcome === 'string' && outcome !== 'OUTCOME_OK') {
      yield { type: 'tool-output-error', toolCallId, errorText: textIn(output) ?? outcome }
    } else if (textIn(error)) yield { type: 'tool-output-error', toolCallId, errorText: String(error) }
    else yield { type: 'tool-output-available', toolCallId, output: response ?? null }
  }
}
