import type { UIMessageChunk } from 'ai'
import type {
  DataPart,
  Part,
  ProviderMetadata,
  ReasoningPart,
  ResponseChange,
  ResponseState,
  TextPart,
} from '../types/types.ts'
import { isSettled, isTool, sourceMetadata, Steps, toolName } from './uiMessage.ts'
import type { AnyToolPart } from './uiMessage.ts'

/** How much of a part the stream has written. */
interface Told {
  part: Part
  /** UTF-16 code units written of its text or argument text. */
  length: number
  /** Its start was written on this stream and its end was not, so it can still grow. */
  open: boolean
  /** Number of the step in which it was written. */
  step: number
}

/**
 * Writes the states of one response as UI message chunks, each time only the difference.
 *
 * Chunks can add but not correct, and the AI SDK has no notion of a gap. So text is written only up to the first gap,
 * and goes on when the gap has healed. When written text turns out to differ (a redaction, a late part in the middle),
 * the step is withdrawn (`reset-step`) and written again in the same task, so that no frame shows it empty.
 */
export class ChunkWriter {
  private told: Told[] = []
  private steps = new Steps()
  private step = 0
  private chunks: UIMessageChunk[] = []

  /** Begins a stream. `again`: the chat has everything written so far, with all parts closed. */
  start(messageId: string | undefined, again: boolean, metadata?: unknown): UIMessageChunk[] {
    for (const told of this.told) told.open = false
    if (!again) {
      this.told = []
      this.steps = new Steps()
      this.step = 0
    }
    const start = { type: 'start' as const, ...(messageId !== undefined && { messageId }) }
    this.chunks = [{ ...start, ...(metadata !== undefined && { messageMetadata: metadata }) }]
    if (this.step === 0) this.beginStep()
    return this.take()
  }

  /** Counts everything that the chat already shows as written. */
  assume(response: ResponseState): void {
    for (const part of response.parts) {
      if (this.step === 0 || this.steps.beginsBefore()) this.beginStep()
      this.steps.note(part)
      this.told.push({ part, length: textOf(part).length, open: false, step: this.step })
    }
    this.take()
  }

  /**
   * Writes the difference to `response`. `changes` save reading text that only grew. `whole`: also writes text beyond
   * gaps, because they will not heal. Returns undefined if earlier chunks cannot be corrected.
   */
  say(
    response: ResponseState,
    changes: readonly ResponseChange[] | undefined,
    whole = false,
  ): UIMessageChunk[] | undefined {
    const wrong = this.told[this.firstWrong(this.arrange(response.parts), changes)]
    if (wrong) {
      if (wrong.step !== this.step) return undefined
      this.chunks.push({ type: 'reset-step' })
      this.told.splice(this.told.findIndex((told) => told.step === this.step))
      this.steps.begin()
    }
    this.arrange(response.parts).forEach((part, index) => {
      if (index < this.told.length) this.sayMore(this.told[index]!, part, response, whole)
      else if (index === this.told.length) this.sayNew(part, response, whole)
    })
    return this.take()
  }

  /** Closes every part and the step. */
  end(): UIMessageChunk[] {
    for (const told of this.told) this.close(told)
    this.chunks.push({ type: 'finish-step' })
    return this.take()
  }

  private take(): UIMessageChunk[] {
    const { chunks } = this
    this.chunks = []
    return chunks
  }

  private beginStep(): void {
    if (this.step > 0) this.chunks.push({ type: 'finish-step' })
    this.step++
    this.steps.begin()
    this.chunks.push({ type: 'start-step' })
  }

  /**
   * The parts in the order of writing. A closed step cannot change: a source or data part that enters it later (as
   * citations do) is written after it, and one that leaves it stays.
   */
  private arrange(parts: readonly Part[]): readonly Part[] {
    const older = this.told.filter((told) => told.step < this.step)
    if (older.length === 0) return parts
    const ids = new Set(older.map((told) => told.part.id))
    const border = parts.findLastIndex((part) => ids.has(part.id))
    const rest = parts.filter((part, i) => !ids.has(part.id) && !(i < border && isAside(part)))
    // Text or a tool in a closed step cannot be corrected.
    if (parts.some((part, i) => i < border && !ids.has(part.id) && !isAside(part))) return parts
    const said = older.flatMap((told) => {
      const now = parts.find((part) => part.id === told.part.id)
      return now ?? (isAside(told.part) ? told.part : [])
    })
    const arranged = [...said, ...rest]
    for (const [i, part] of parts.entries()) {
      if (i >= border || ids.has(part.id)) continue
      const at = this.told.findIndex((told) => told.part.id === part.id)
      arranged.splice(at < 0 ? arranged.length : at, 0, part)
    }
    return arranged
  }

  /** Index of the first part that differs from its chunks; the number of written parts if none does. */
  private firstWrong(parts: readonly Part[], changes: readonly ResponseChange[] | undefined): number {
    const read =
      changes && new Set(changes.flatMap((c) => ('replaced' in c && c.part !== undefined ? [c.part] : [])))
    const index = this.told.findIndex((told, i) => {
      const now = parts[i]
      if (!now || now.id !== told.part.id) return true
      if (now === told.part) return false
      if (now.type !== told.part.type) return !(isTool(now) && isTool(told.part))
      if (now.type === 'custom' || now.type.startsWith('source-') || now.type.endsWith('file'))
        return told.step === this.step && !told.open && !same(now, told.part)
      if (isTool(now)) return now.state === 'input-streaming' && !continues(now, told)
      if (now.type.startsWith('data-')) return false
      const { text } = now as TextPart
      if (text.length < told.length) return true
      if (!told.open && text.length > told.length) return true
      // Do not read text that only grew: that would cost its whole length every time.
      if (read && !read.has(now.id)) return false
      return text.slice(0, told.length) !== (told.part as TextPart).text.slice(0, told.length)
    })
    return index < 0 ? this.told.length : index
  }

  private sayNew(part: Part, response: ResponseState, whole: boolean): void {
    // Write a call once its name has arrived.
    if (part.type === 'tool-unknown' && !whole) return
    if (this.steps.beginsBefore()) this.beginStep()
    const told: Told = { part, length: 0, open: true, step: this.step }
    this.told.push(told)
    this.steps.note(part)
    if (part.type === 'text') this.chunks.push({ type: 'text-start', id: part.id })
    else if (part.type === 'reasoning') this.chunks.push({ type: 'reasoning-start', id: part.id })
    else if (isTool(part)) this.sayToolCall(told, part, response, whole)
    else this.sayWhole(told, part, whole)
    if (part.type === 'text' || part.type === 'reasoning') this.sayText(told, part, response, whole)
  }

  private sayMore(told: Told, part: Part, response: ResponseState, whole: boolean): void {
    if (part.type === 'text' || part.type === 'reasoning') return this.sayText(told, part, response, whole)
    const before = told.part
    told.part = part
    if (part === before) return
    this.steps.note(part)
    if (isTool(part)) this.sayToolChange(told, before as AnyToolPart, part, response, whole)
    else if (part.type.startsWith('data-') || told.open) this.sayWhole(told, part, whole)
  }

  /** A source, document, file or data part; `told.open` until it is whole. */
  private sayWhole(told: Told, part: Part, whole: boolean): void {
    const incomplete = 'incomplete' in part && part.incomplete !== undefined
    told.open = incomplete && !whole
    if (incomplete) return
    if (part.type === 'source-url') {
      const { type, sourceId, url, title } = part
      this.chunks.push({ type, sourceId, url, title, ...(sourceMetadata(part) as object) })
    } else if (part.type === 'source-document') {
      const { type, sourceId, mediaType, title, filename } = part
      const named = filename !== undefined && { filename }
      const metadata: object = sourceMetadata(part)
      this.chunks.push({ type, sourceId, mediaType, title, ...named, ...metadata })
    } else if (part.type === 'file' || part.type === 'reasoning-file') {
      const { type, url, mediaType } = part
      this.chunks.push({ type, url, mediaType, ...metadataOf(part) })
    } else if (part.type === 'custom') {
      const { type, kind } = part
      this.chunks.push({ type, kind: kind as `${string}.${string}`, ...metadataOf(part) })
    } else {
      const { type, id, data } = part as DataPart
      this.chunks.push({ type, id, data })
    }
  }

  private sayText(told: Told, part: TextPart | ReasoningPart, response: ResponseState, whole: boolean): void {
    const { type, id } = part
    told.part = part
    if (!told.open) return
    const limit = whole ? part.text.length : wholeUntil(response, id, part.text.length)
    if (limit > told.length) {
      const delta = part.text.slice(told.length, limit)
      told.length = limit
      this.chunks.push(
        type === 'text' ? { type: 'text-delta', id, delta } : { type: 'reasoning-delta', id, delta },
      )
    }
    if (
      part.state === 'done' &&
      told.length === part.text.length &&
      limit === part.text.length &&
      !gapIn(response, id)
    )
      this.close(told)
  }

  private sayToolCall(told: Told, part: AnyToolPart, response: ResponseState, whole: boolean): void {
    const { toolCallId } = part
    const call = callOf(part)
    if (part.inputError) {
      this.sayInputError(part)
      return this.sayOutcome(undefined, part)
    }
    if (part.state === 'input-streaming') {
      this.chunks.push({ type: 'tool-input-start', ...call })
      this.sayInput(told, part, response, whole)
      return
    }
    if (isSettled(part)) {
      // A client that runs tools (`onToolCall`) would run it again on `tool-input-available`.
      this.chunks.push({ type: 'tool-input-start', ...call })
      if (part.input !== undefined)
        this.chunks.push({ type: 'tool-input-delta', toolCallId, inputTextDelta: JSON.stringify(part.input) })
    } else this.chunks.push({ type: 'tool-input-available', ...call, input: part.input })
    this.sayOutcome(undefined, part)
  }

  private sayToolChange(
    told: Told,
    before: AnyToolPart,
    part: AnyToolPart,
    response: ResponseState,
    whole: boolean,
  ): void {
    if (part.inputError && !before.inputError && this.steps.has(part)) this.sayInputError(part)
    else if (part.state === 'input-streaming') return this.sayInput(told, part, response, whole)
    const { input } = part
    const known = before.state !== 'input-streaming'
    // Only a call of the open step can receive its input: in a closed one the chunk would make a second part.
    const changed =
      part.state === 'input-available' && (before.type !== part.type || !same(input, before.input))
    if ((!known || changed) && !part.inputError && this.steps.has(part))
      this.chunks.push({ type: 'tool-input-available', ...callOf(part), input })
    told.open = false
    this.sayOutcome(before, part)
  }

  private sayInputError(part: AnyToolPart): void {
    const errorText = `the arguments of the call are ${part.inputError === 'too deep' ? 'nested too deeply' : 'no JSON'}`
    this.chunks.push({ type: 'tool-input-error', ...callOf(part), input: part.inputText, errorText })
  }

  private sayInput(told: Told, part: AnyToolPart, response: ResponseState, whole: boolean): void {
    const text = part.inputText ?? ''
    const limit = whole ? text.length : wholeUntil(response, part.id, text.length)
    if (limit <= told.length) return
    const inputTextDelta = text.slice(told.length, limit)
    told.length = limit
    this.chunks.push({ type: 'tool-input-delta', toolCallId: part.toolCallId, inputTextDelta })
  }

  private sayOutcome(before: AnyToolPart | undefined, part: AnyToolPart): void {
    const { toolCallId, state, approval, preliminary, providerExecuted } = part
    const kind = {
      ...(part.type === 'dynamic-tool' && { dynamic: true }),
      ...(providerExecuted && { providerExecuted }),
      ...(part.toolMetadata && { toolMetadata: part.toolMetadata as never }),
      ...(part.resultProviderMetadata && { providerMetadata: part.resultProviderMetadata as never }),
    }
    const approvalId = approval?.id ?? toolCallId
    if (approval && !before?.approval)
      this.chunks.push({ type: 'tool-approval-request', toolCallId, approvalId })
    if (approval?.approved !== undefined && before?.approval?.approved !== approval.approved) {
      const { approved, reason } = approval
      this.chunks.push({
        type: 'tool-approval-response',
        approvalId,
        approved,
        ...(reason !== undefined && { reason }),
      })
    }
    if (state === 'output-denied' && before?.state !== state)
      this.chunks.push({ type: 'tool-output-denied', toolCallId })
    const newOutput = before?.output !== part.output || before?.preliminary !== preliminary
    if (state === 'output-available' && (before?.state !== state || newOutput))
      this.chunks.push({
        type: 'tool-output-available',
        toolCallId,
        output: part.output,
        ...(preliminary && { preliminary }),
        ...kind,
      })
    if (state === 'output-error' && (before?.state !== state || before.errorText !== part.errorText))
      this.chunks.push({
        type: 'tool-output-error',
        toolCallId,
        ...kind,
        errorText: part.errorText ?? 'the tool failed',
      })
  }

  private close(told: Told): void {
    const { part } = told
    if (told.open && (part.type === 'text' || part.type === 'reasoning')) {
      const { id, providerMetadata } = part
      const type = part.type === 'text' ? 'text-end' : 'reasoning-end'
      this.chunks.push({ type, id, ...(providerMetadata && { providerMetadata: providerMetadata as never }) })
    }
    told.open = false
  }
}

/** Parts beside the text, whose presence matters more than their place. */
function isAside(part: Part): boolean {
  const { type } = part
  return type === 'custom' || type.startsWith('source-') || type.startsWith('data-') || type.endsWith('file')
}

function metadataOf({ providerMetadata }: { providerMetadata?: ProviderMetadata }) {
  return providerMetadata && { providerMetadata: providerMetadata as never }
}

/** How far a part's text is known to be whole, in UTF-16 code units. */
function wholeUntil(response: ResponseState, part: string, length: number): number {
  let until = length
  for (const gap of response.gaps) if (gap.part === part) until = Math.min(until, gap.from)
  return until
}

function gapIn(response: ResponseState, part: string): boolean {
  return response.gaps.some((gap) => gap.part === part)
}

/** Whether the argument text can still be written by appending. */
function continues(now: AnyToolPart, told: Told): boolean {
  const text = now.inputText ?? ''
  if (!told.open) return text.length === told.length
  return text.startsWith(textOf(told.part).slice(0, told.length))
}

/** The fields by which a chunk names a call. */
function callOf(part: AnyToolPart) {
  const { toolCallId, providerExecuted, title, callProviderMetadata, toolMetadata } = part
  return {
    toolCallId,
    toolName: toolName(part),
    ...(part.type === 'dynamic-tool' && { dynamic: true }),
    ...(providerExecuted && { providerExecuted }),
    ...(title !== undefined && { title }),
    ...(toolMetadata && { toolMetadata: toolMetadata as never }),
    ...(callProviderMetadata && { providerMetadata: callProviderMetadata as never }),
  }
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

function textOf(part: Part): string {
  if (part.type === 'text' || part.type === 'reasoning') return (part as TextPart).text
  return (isTool(part) && part.inputText) || ''
}
