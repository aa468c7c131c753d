import { Decisions } from './decisions.ts'
import type { ToolEvent } from '../protocol/event.ts'
import { noGaps, OpenPart } from './part.ts'
import type { AnyPart } from './part.ts'
import { parsePartialJson } from './partialJson.ts'
import type { PartKind } from './partKind.ts'
import type { PartList } from './partList.ts'
import { OpenText } from './textPart.ts'
import type { RowPart, ToolState } from '../types/types.ts'

type Changes = { [K in ToolEvent['change']['kind']]?: { version: string; event: ToolEvent } }

/** A tool call: its arguments, progress, approval and outcome come in any order. */
export class OpenTool extends OpenPart {
  name: string | undefined
  /** The argument text, where it streams. */
  input: OpenText | undefined
  #changes: Changes = {}
  #approval: Decisions | undefined
  /** What a database row told of it: counts where the channel says nothing. */
  readonly #told: RowPart | undefined

  constructor(toolCallId: string, serial: string, told?: RowPart) {
    super(toolCallId, serial)
    this.#told = told
    if (told) this.name = told.type.replace(/^tool-/, '')
  }

  /** Part of the conversation's flow: nothing of it is awaited any more. */
  override get finished(): boolean {
    return !!(this.#changes.result ?? this.#changes.failure) || String(this.#told?.state).startsWith('output')
  }

  /** Arguments with a gap are no arguments: nothing is made of them until it is filled. */
  #parseInput({ gaps, snapshot }: OpenText): unknown {
    return gaps.length ? undefined : parsePartialJson(snapshot!.text)
  }

  apply(event: ToolEvent): boolean {
    const { kind } = event.change
    if (kind === 'approval-request' || kind === 'approval-response') {
      if (!(this.#approval ??= new Decisions()).apply(event)) return false
    } else {
      const known = this.#changes[kind]
      if (known && known.version >= event.version) return false
      this.#changes[kind] = { version: event.version, event }
    }
    this.name ??= event.toolName
    return (this.dirty = true)
  }

  override refresh(): undefined {
    this.input?.refresh()
    this.gaps = this.input?.gaps ?? noGaps
    super.refresh()
    return undefined
  }

  protected override show(): AnyPart {
    const { input } = this
    const { result, failure, progress } = this.#changes
    const approval = this.#approval
    const decision = approval?.decision
    const pending = approval?.pending
    const call = this.#changes.call?.event.change as { input: unknown } | undefined
    const told = this.#told
    const given = input ? this.#parseInput(input) : approval?.input
    const parsed = call ? call.input : (given ?? told?.input)
    const output = result?.event.change as { output: unknown } | undefined
    const failed = failure?.event.change as { errorText: string } | undefined
    let state: ToolState =
      call || input?.finished || (approval?.requested && parsed !== undefined)
        ? 'input-available'
        : 'input-streaming'
    if (told?.state) state = told.state as ToolState
    if (approval?.requested) state = 'approval-requested'
    if (decision) state = decision.approved ? 'approval-responded' : 'output-denied'
    if (failed) state = 'output-error'
    if (output) state = 'output-available'
    const { kind: _, ...reported } = (progress?.event.change ?? { kind: '' }) as Record<string, unknown>
    return {
      ...told,
      type: `tool-${this.name ?? 'unknown'}`,
      id: this.id,
      toolCallId: this.id,
      state,
      input: parsed,
      ...(input && !input.finished && { inputText: input.snapshot!.text }),
      ...(output && { output: output.output }),
      ...(failed && { errorText: failed.errorText }),
      ...(progress && { progress: reported }),
      ...(approval && {
        approval: { id: this.id, ...decision, ...(pending && !output && !failed && { pending }) },
      }),
    }
  }
}

function toolFor(parts: PartList, toolCallId: string, serial: string): OpenTool {
  const part = parts.get(toolCallId, () => new OpenTool(toolCallId, serial))
  if (part instanceof OpenTool) return part
  // A row's copy goes on with what the channel says now.
  const tool = new OpenTool(toolCallId, part.serial, part.row)
  parts.drop(part)
  parts.add(tool)
  return tool
}

/** Tool calls, with their arguments whole or as growing text. */
export const toolKind: PartKind<ToolEvent> = {
  apply: (event, parts) => toolFor(parts, event.toolCallId, event.serial).apply(event),
  place(event, parts) {
    const part = toolFor(parts, event.toolCallId ?? event.serial, event.serial)
    part.name ??= event.toolName
    part.input ??= new OpenText('text', part.id, event.serial)
    part.runs = part.input.runs
    return parts.placeIn(part, part.input, event)
  },
}
