import { Decisions } from './decisions.ts'
import type { CallFields, ToolEvent, ValueRef } from '../protocol/event.ts'
import { noGaps, OpenPart } from './part.ts'
import type { AnyPart } from './part.ts'
import { PartialJson, readJson } from '../protocol/partialJson.ts'
import type { Reply } from './parties.ts'
import type { PartKind, ReplyHost } from './partKind.ts'
import type { PartList } from './partList.ts'
import { OpenText } from './textPart.ts'
import { gapsOf, Values, valuesOf } from './values.ts'
import type {
  DynamicToolPart,
  Incomplete,
  ProviderMetadata,
  ResponseChange,
  RowPart,
  ToolState,
} from '../types/types.ts'

type Change = ToolEvent['change']
type ChangeOf<Kind extends Change['kind']> = Extract<Change, { kind: Kind }>

interface Known {
  readonly version: string
  readonly change: Change
  readonly value: ValueRef | undefined
  /** Where the value is found; default: among the agent's. */
  readonly values?: Values
}

/** A tool call: its arguments, progress, approval and outcome come in any order. */
export class OpenTool extends OpenPart {
  name: string | undefined
  readonly #toolCallId: string
  #namedAt = ''
  /** The argument text, where it streams. */
  input: OpenText | undefined
  readonly #changes = new Map<Change['kind'], Known>()
  readonly #parts: PartList
  #approval: Decisions | undefined
  /** Results sent by clients other than the agent, by sender. */
  readonly #replies = new Map<string, Known>()
  /** Values that other clients sent in pieces, by sender. */
  readonly #given = new Map<string, Values>()
  #host: ReplyHost | undefined
  #json: PartialJson | undefined
  /** Code units of the argument text that `#json` has read. */
  #parsed = 0
  /** What a database row says of it, used where the channel says nothing. */
  readonly #told: RowPart | undefined

  constructor(id: string, toolCallId: string, serial: string, parts: PartList, told?: RowPart) {
    super(id, serial)
    this.#toolCallId = toolCallId
    this.#parts = parts
    this.#told = told
    if (told) this.name = (told.toolName as string | undefined) ?? told.type.replace(/^tool-/, '')
  }

  /** Nothing more is expected for it. */
  override get finished(): boolean {
    return (
      !this.#isKnown ||
      this.#outcome('result') !== undefined ||
      this.#outcome('failure') !== undefined ||
      String(this.#told?.state).startsWith('output')
    )
  }

  /** The agent announced the call. Messages of others about a call that no agent made do not show. */
  get #isKnown(): boolean {
    return !!(this.#told ?? this.input ?? this.#approval?.requested) || [...this.#changes.keys()].some(tells)
  }

  apply(event: ToolEvent): boolean {
    const { change, version, value } = event
    const { kind } = change
    // The row is of that version or a later one, so it has this already.
    if (this.#told?.version !== undefined && version <= this.#told.version) return false
    if (kind === 'approval-request' || kind === 'approval-response') {
      if (!(this.#approval ??= new Decisions()).apply(event)) return false
    } else {
      const known = this.#changes.get(kind)
      if (known && known.version >= version) return false
      this.#changes.set(kind, { version, change, value })
    }
    // Named by its first message, in whatever order they come.
    if (event.toolName !== undefined && (this.name === undefined || event.version < this.#namedAt)) {
      this.name = event.toolName
      this.#namedAt = event.version
    }
    return (this.dirty = true)
  }

  /** A reply of another client: a decision, or the result of a tool that runs in the client. */
  applyReply(event: Reply, host: ReplyHost): boolean {
    const { version, clientId = '' } = event
    let values = this.#given.get(clientId)
    if (!values) this.#given.set(clientId, (values = new Values()))
    if (event.type === 'value') return values.add(event)
    const { change, value } = event
    if (change.kind === 'approval-response') return this.apply(event)
    if ((this.#replies.get(clientId)?.version ?? '') >= version) return false
    this.#host = host
    this.#replies.set(clientId, { version, change, value, values })
    return (this.dirty = true)
  }

  /** Whose result counts may have changed. */
  override judgeReplies(): boolean {
    return this.#replies.size > 0 && (this.dirty = true)
  }

  /** The result that counts though the agent did not publish it (PROTOCOL.md §8). */
  get #reply(): Known | undefined {
    if (!this.#host || this.#replies.size === 0) return undefined
    const { asker, isStrict } = this.#host
    const asked = asker && this.#replies.get(asker.clientId ?? '')
    // An agent that declares nothing may wait for the asker's result, unless it asks for approval.
    const client =
      this.#change('call')?.client ?? this.#change('call-fields')?.client ?? (!isStrict && 'asker')
    if (client !== true) return client && !this.#approval?.requested ? asked : undefined
    return asked ?? [...this.#replies.values()].reduce((a, b) => (b.version < a.version ? b : a))
  }

  /** The outcome: the agent's own word, or else a reply that counts. */
  #outcome(kind: 'result' | 'failure'): Known | undefined {
    const own = this.#changes
    if (own.has('result') || own.has('failure')) return own.get(kind)
    const reply = this.#reply
    return reply?.change.kind === kind ? reply : undefined
  }

  override refresh(): undefined {
    const change = this.input?.refresh()
    if (this.input && (change || !this.#json)) this.#parse(this.input, change)
    this.gaps = this.input?.gaps ?? noGaps
    super.refresh()
    return undefined
  }

  /** Parses the argument text so far. While it has a gap, it is not parsed. */
  #parse({ gaps, snapshot }: OpenText, change: ResponseChange | undefined): void {
    const { text } = snapshot!
    if (gaps.length > 0) {
      this.#json = undefined
      return
    }
    const follows = this.#json && change && 'appended' in change && change.from === this.#parsed
    if (!follows) this.#json = new PartialJson()
    this.#json!.push(follows ? change.appended : text)
    this.#parsed = text.length
  }

  /** The arguments so far, and why they are incomplete. */
  #shownInput(): { input: unknown; inputText?: string; inputError?: 'invalid' | 'too deep' } {
    const { input } = this
    if (!input) return { input: undefined }
    const { text } = input.snapshot!
    const json = this.#json
    // It has a gap, or goes on.
    if (!json || !(input.finished || this.isOver)) return { input: json?.value, inputText: text }
    const { value, error } = readJson(text, json)
    return error ? { input: undefined, inputText: text, inputError: error } : { input: value }
  }

  #change<Kind extends Change['kind']>(kind: Kind): ChangeOf<Kind> | undefined {
    return this.#changes.get(kind)?.change as ChangeOf<Kind> | undefined
  }

  /** The arguments that a person is asked to approve. */
  #askedInput(): { value?: unknown; incomplete?: Incomplete } | undefined {
    const approval = this.#approval
    if (!approval?.requested) return undefined
    const { value, input } = approval
    if (value) return valuesOf(this.#parts).read(value, this)
    return input === undefined ? undefined : { value: input }
  }

  /** A value from a message of this kind, whole or in pieces. */
  #valueOf(
    kind: 'call' | 'result' | 'preliminary',
  ): { value?: unknown; incomplete?: Incomplete } | undefined {
    const known = kind === 'result' ? this.#outcome(kind) : this.#changes.get(kind)
    if (!known) return undefined
    if (known.value) return (known.values ?? valuesOf(this.#parts)).read(known.value, this)
    const change = known.change as { input?: unknown; output?: unknown }
    return { value: kind === 'call' ? change.input : change.output }
  }

  protected override show(): AnyPart | undefined {
    if (!this.#isKnown) return undefined
    const told = this.#told
    const approval = this.#approval?.requested ? this.#approval : undefined
    const decision = approval?.decision
    const pending = approval?.pending
    const call = this.#valueOf('call')
    const streamed = this.#shownInput()
    const said = this.#askedInput() ?? call
    const input = said ? said.value : streamed.input === undefined ? told?.input : streamed.input
    const final = this.#valueOf('result')
    const output = final ?? this.#valueOf('preliminary')
    const failed = this.#outcome('failure')?.change as ChangeOf<'failure'> | undefined
    const incomplete = output?.incomplete ?? said?.incomplete
    if (incomplete) this.gaps = [...this.gaps, ...gapsOf(this.id, incomplete)]
    const { kind: _, ...progress } = this.#change('progress') ?? { kind: '' }
    const { kind: __, ...fields } = {
      ...this.#change('call'),
      ...this.#change('call-fields'),
    } as CallFields & {
      kind?: string
      input?: unknown
    }
    const { dynamic = told?.type === 'dynamic-tool', providerExecuted, title } = fields
    const { inputText: ___, inputError: ____, ...known } = { ...told }
    return {
      // What the channel says of the arguments replaces what the row says of their text.
      ...(said || this.input ? known : told),
      ...(dynamic
        ? { type: 'dynamic-tool', toolName: this.name ?? 'unknown' }
        : { type: `tool-${this.name ?? 'unknown'}` }),
      id: this.id,
      toolCallId: this.#toolCallId,
      state: this.#state(input, call ? !call.incomplete : !!this.input && streamed.inputText === undefined),
      ...(providerExecuted && { providerExecuted }),
      ...(title !== undefined && { title }),
      ...(!said && streamed),
      input,
      ...(output && 'value' in output && { output: output.value }),
      ...(output && !final && { preliminary: true }),
      ...(incomplete && { incomplete }),
      ...(failed && { errorText: failed.errorText }),
      ...(this.#changes.has('progress') && { progress }),
      ...this.#metadata(),
      ...(approval && {
        approval: { id: this.#toolCallId, ...decision, ...(pending && !this.finished && { pending }) },
      }),
    }
  }

  /** `whole`: all of the arguments are known. */
  #state(input: unknown, whole: boolean): ToolState {
    const told = this.#told
    const approval = this.#approval?.requested ? this.#approval : undefined
    const decision = approval?.decision
    let state: ToolState = whole || (approval && input !== undefined) ? 'input-available' : 'input-streaming'
    if (told?.state && (told.state !== 'input-streaming' || !whole)) state = told.state as ToolState
    if (approval) state = 'approval-requested'
    if (decision) state = decision.approved ? 'approval-responded' : 'output-denied'
    if (this.#valueOf('preliminary')?.incomplete === undefined && this.#changes.has('preliminary'))
      state = 'output-available'
    if (this.#outcome('failure')) state = 'output-error'
    const result = this.#valueOf('result')
    if (result && !result.incomplete) state = 'output-available'
    return state
  }

  #metadata(): Pick<DynamicToolPart, 'callProviderMetadata' | 'resultProviderMetadata' | 'toolMetadata'> {
    const call = this.#change('call-metadata')?.providerMetadata as ProviderMetadata | undefined
    const result = this.#change('result-metadata')?.providerMetadata as ProviderMetadata | undefined
    const tool = this.#change('tool-metadata')?.toolMetadata as DynamicToolPart['toolMetadata']
    return {
      ...(tool && { toolMetadata: tool }),
      ...(call && { callProviderMetadata: call }),
      ...(result && { resultProviderMetadata: result }),
    }
  }
}

/** Whether a message of this kind describes the call itself; metadata may precede it. */
const tells = (kind: Change['kind']): boolean => !kind.endsWith('-metadata')

function toolFor(parts: PartList, toolCallId: string, serial: string): OpenTool {
  const make = (id: string): OpenPart => new OpenTool(id, toolCallId, serial, parts)
  const part = parts.get(toolCallId, 'call', isCall, make)
  if (part instanceof OpenTool) return part
  // A row's copy goes on with what the channel says now.
  const tool = new OpenTool(part.id, toolCallId, part.serial, parts, part.row)
  parts.drop(part)
  parts.add(tool)
  return tool
}

const isCall = (part: OpenPart): part is OpenPart =>
  part instanceof OpenTool || /^(tool-|dynamic-tool$)/.test(part.row?.type ?? '')

/** Tool calls, with their arguments whole or as growing text. */
export const toolKind: PartKind<ToolEvent> = {
  apply(event, parts) {
    const part = toolFor(parts, event.toolCallId, event.serial)
    part.number ??= event.part
    if (event.serial < part.serial) parts.place(part, event.serial)
    return part.apply(event)
  },
  // Its place is where its agent calls it.
  reply: (event, parts, host) => toolFor(parts, event.toolCallId!, '~').applyReply(event, host),
  place(event, parts) {
    const part = toolFor(parts, event.toolCallId ?? event.serial, event.serial)
    part.name ??= event.toolName
    part.number ??= event.part?.split('.')[0]
    part.input ??= new OpenText('text', part.id, event.serial)
    const place = parts.placeIn(part, part.input, event)
    part.runs = part.input.runs
    return place
  },
}
