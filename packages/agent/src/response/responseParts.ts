import { readJson, RejoinError, type RowPart } from '@rejoin/core/protocol'
import type { ProviderMetadata, ToolFields } from './modelEvent.ts'
import type { PartText } from './partText.ts'
import { textOf, type PastMetadata, type PastPart } from './pastResponse.ts'

export interface GrowingPart {
  readonly kind: 'text' | 'reasoning'
  readonly growing: PartText
  providerMetadata?: ProviderMetadata
}

/** A part that is published whole. Its row is stored in its final form. */
export interface WholePart {
  readonly kind: 'whole'
  readonly row: RowPart & { serial?: string }
}

export interface ToolPart {
  readonly kind: 'tool'
  part: string | undefined
  readonly toolCallId: string
  toolName: string
  input: unknown
  /** The arguments while they stream. */
  growing: PartText | undefined
  state: string
  readonly fields: ToolFields
  output?: unknown
  preliminary?: boolean
  providerMetadata?: ProviderMetadata
  resultProviderMetadata?: ProviderMetadata
  toolMetadata?: Record<string, unknown>
  errorText?: string
  approval?: { id: string; approved?: boolean; reason?: string; clientId?: string }
  serial?: string
  /** The argument text of a former process, as far as it came; undefined: there is none, or text is missing. */
  said?: string
  /** Where a former process's streamed arguments are. */
  place?: Pick<RowPart, 'serial' | 'version' | 'runs'>
  /** A client runs the tool. */
  client?: boolean
  /** Who waits for a person or a client: this process (`here`) or a former one (`before`). */
  asked?: 'here' | 'before'
}

export type PartRecord = GrowingPart | WholePart | ToolPart

/** All parts of a response, in order. */
export class ResponseParts {
  readonly records: PartRecord[] = []
  /** The growing texts: text parts, reasoning and streaming arguments of tool calls. */
  readonly growing: PartText[] = []
  /** Withdrawn texts: they publish only to become empty. */
  readonly withdrawn: PartText[] = []
  /** Names of withdrawn parts. */
  readonly retracted: string[] = []

  /** The number of the newest part before each value with a name of its own. */
  readonly #before = new WeakMap<PartRecord, number>()
  /** The highest number that was seen; -1: none. */
  #highest = -1
  /** Parts that had no number when they were last looked at. */
  #unnumbered: PartRecord[] = []

  add(part: PartRecord): void {
    if (part.kind === 'whole' && this.#numberOf(part) === undefined) this.#before.set(part, this.#newest())
    this.records.push(part)
    this.#unnumbered.push(part)
    if ('growing' in part && part.growing) this.growing.push(part.growing)
  }

  get text(): string {
    return this.records.map((part) => (part.kind === 'text' ? part.growing.text : '')).join('')
  }

  get error(): RejoinError | undefined {
    for (const growing of this.growing) if (growing.error) return growing.error
    return undefined
  }

  get tools(): ToolPart[] {
    return this.records.filter((part) => part.kind === 'tool')
  }

  /** Whether the response has no content. */
  get empty(): boolean {
    return this.records.every((part) => 'growing' in part && part.kind !== 'tool' && part.growing.text === '')
  }

  /** Index after the last tool call that has an outcome. */
  get afterSettledTool(): number {
    const settled = (part: PartRecord) =>
      part.kind === 'tool' && part.state.startsWith('output') && !part.preliminary
    return this.records.findLastIndex(settled) + 1
  }

  /** Removes the parts from `index` on. */
  take(index: number): PartRecord[] {
    const taken = this.records.splice(index)
    for (const part of taken) {
      if (!('growing' in part) || !part.growing) continue
      this.growing.splice(this.growing.indexOf(part.growing), 1)
      this.withdrawn.push(part.growing)
    }
    return taken
  }

  tool(toolCallId: string): ToolPart | undefined {
    return this.tools.find((tool) => tool.toolCallId === toolCallId)
  }

  /** Serial of the message that marks the beginning. */
  startSerial: string | undefined

  /** Serial of the first message. */
  get serial(): string | undefined {
    return [this.startSerial, ...this.rows().map((row) => row.serial)]
      .filter((serial) => serial !== undefined)
      .sort()[0]
  }

  /** Where a part stands: its number, in the order of first messages. Undefined until it has one. */
  #numberOf(part: PartRecord): number | undefined {
    const name = part.kind === 'tool' ? part.part : part.kind === 'whole' ? part.row.id : part.growing.part
    if (name !== undefined && /^\d+$/.test(name)) return Number(name)
    return part.kind === 'whole' ? this.#before.get(part) : undefined
  }

  /** The highest number of a part so far. Each part is looked at until it has a number. */
  #newest(): number {
    this.#unnumbered = this.#unnumbered.filter((part) => {
      const number = this.#numberOf(part)
      if (number !== undefined && number > this.#highest) this.#highest = number
      return number === undefined
    })
    return this.#highest
  }

  /** The parts in the form of a database row (PROTOCOL.md §6.7). */
  rows(): RowPart[] {
    // As readers have them: a call may be announced long before its first message.
    const inOrder = this.records.toSorted((a, b) => (this.#numberOf(a) ?? 0) - (this.#numberOf(b) ?? 0))
    return inOrder.flatMap((part) => {
      if (part.kind === 'whole') return [part.row]
      if (part.kind === 'tool') return part.part === undefined ? [] : [toolRow(part)]
      if (part.growing.part === undefined) return []
      return [
        {
          type: part.kind,
          id: part.growing.part,
          text: part.growing.text,
          state: 'done',
          ...place(part.growing),
          ...(part.providerMetadata && { providerMetadata: part.providerMetadata }),
        },
      ]
    })
  }
}

function place({ runs }: PartText): Pick<RowPart, 'serial' | 'version' | 'runs'> {
  return placeOf(runs.map(({ wire: { serial }, version }) => ({ serial, version })))
}

function placeOf(
  runs: readonly { serial: string | undefined; version?: string | undefined }[],
): Pick<RowPart, 'serial' | 'version' | 'runs'> {
  const serial = runs[0]?.serial
  const version = runs
    .flatMap((run) => run.version ?? [])
    .sort()
    .at(-1)
  const count = runs.length
  return { ...(serial && { serial }), ...(version && { version }), ...(count > 1 && { runs: count }) }
}

function toolRow(tool: ToolPart): RowPart {
  const { part, toolCallId, toolName, state, output, errorText, approval, serial, growing } = tool
  const { preliminary, providerMetadata, resultProviderMetadata, toolMetadata } = tool
  const { dynamic, ...fields } = tool.fields
  const called = argumentsOf(tool)
  return {
    ...(dynamic ? { type: 'dynamic-tool', toolName } : { type: `tool-${toolName}` }),
    id: part ?? toolCallId,
    toolCallId,
    state: state === 'input-streaming' && called.input !== undefined ? 'input-available' : state,
    ...called,
    ...(output !== undefined && { output }),
    ...(errorText !== undefined && { errorText }),
    ...(approval && { approval }),
    ...fields,
    ...(preliminary && { preliminary }),
    ...(toolMetadata && { toolMetadata }),
    ...(providerMetadata && { callProviderMetadata: providerMetadata }),
    ...(resultProviderMetadata && { resultProviderMetadata }),
    ...(growing ? place(growing) : (tool.place ?? (serial && { serial }))),
  }
}

/** The arguments of a call in a response that has ended: as readers show them when the model's stream broke off. */
function argumentsOf({ input, growing, said = growing?.text }: ToolPart): Pick<RowPart, string> {
  if (input !== undefined || !said) return { input }
  const { value, error } = readJson(said)
  return error ? { input: undefined, inputText: said, inputError: error } : { input: value }
}

/** A tool call of a former process. */
export function adoptedTool(past: PastPart, metadata: PastMetadata): ToolPart {
  const { part, serial, toolCallId = part, name: toolName = 'tool', input, output, errorText } = past
  const { client, requested, decision, preliminary } = past
  const tool: ToolPart = {
    kind: 'tool',
    part,
    serial,
    toolCallId,
    toolName,
    input,
    growing: undefined,
    state: input === undefined ? 'input-streaming' : 'input-available',
    fields: past.fields ?? {},
    ...metadata,
  }
  if (past.pieces.size > 0) {
    tool.place = placeOf([...past.pieces.values()])
    if (!past.hasGap) tool.said = textOf(past)
  }
  if (client) tool.client = true
  if (requested || client) tool.asked = 'before'
  if (requested || decision) {
    tool.approval = { id: toolCallId, ...decision }
    tool.state = !decision ? 'approval-requested' : decision.approved ? 'approval-responded' : 'output-denied'
  }
  if (output !== undefined) Object.assign(tool, { output, state: 'output-available', preliminary })
  if (errorText !== undefined) Object.assign(tool, { errorText, state: 'output-error' })
  return tool
}
