import { Citations } from './citations.ts'
import type {
  CitationEvent,
  DataEvent,
  EndEvent,
  ReviseEvent,
  SourceEvent,
  StreamEvent,
  SummaryEvent,
  TextEvent,
  ToolEvent,
} from './event.ts'
import { covers } from './coverage.ts'
import type { Break, Coverage } from './coverage.ts'
import { newSource, OpenText, OpenTool, OpenValue, RowValue } from './part.ts'
import { PartList, runOf } from './partList.ts'
import type { OpenPart, TextSource } from './part.ts'
import type {
  Gap,
  Part,
  ResponseChange,
  ResponseRow,
  ResponseState,
  ResponseStatus,
  RowPart,
} from './types.ts'

const noGaps: readonly Gap[] = Object.freeze([])

const nothingKnown: readonly Gap[] = Object.freeze([{ part: 'text', from: 0, to: 0, missing: undefined }])

/** One answer while it is being assembled: events in, snapshots out. Knows no clock and no channel. */
export class Response {
  readonly role = 'assistant'
  readonly id: string
  serial: string | undefined
  createdAt = 0
  promptId: string | undefined
  clientId: string | undefined
  snapshot: ResponseState | undefined
  /** Nothing of it comes before what is known. */
  headKnown = false
  /** Older messages are read for its sake: it is shown as it is when they end before its beginning. */
  wanted = false
  /** What has changed it since it was last published. */
  touched: 'past' | 'live' | undefined
  readonly parts = new PartList()
  #citations: Citations | undefined
  #strict = false
  #agentPresent = false
  #firstPartKnown = false
  #marker: EndEvent | undefined
  /** A row of the app's database that is complete wins over the channel's past. */
  #row: ResponseRow | undefined
  /** Continuity was lost there, and history has not reached back to it. */
  #broken: Break | undefined
  #interrupted = false
  #sealed = false

  constructor(id: string) {
    this.id = id
  }

  get status(): ResponseStatus {
    if (this.#marker) return this.#marker.status
    if (this.#rowComplete) return this.#row!.status ?? 'complete'
    if (!this.#strict && this.#allDone) return 'complete'
    return this.#interrupted ? 'interrupted' : 'streaming'
  }

  get open(): boolean {
    const { status } = this
    return status === 'streaming' || status === 'interrupted'
  }

  /** Its agent promises to be present while it streams (PROTOCOL.md §6.6), so that its absence tells. */
  get watched(): boolean {
    return this.#agentPresent && this.status === 'streaming'
  }

  get #rowComplete(): boolean {
    return this.#row !== undefined && this.#row.status !== 'streaming' && this.#row.status !== 'interrupted'
  }

  get #allDone(): boolean {
    let any = false
    for (const part of this.parts.ordered) {
      if (part instanceof OpenText) {
        if (!part.done) return false
        any ||= part.kind === 'text'
      } else if (part instanceof OpenTool && !part.settled) return false
    }
    return any
  }

  /** It ends in what is known, but begins before: it is for `loadOlder()` to show. */
  get withheld(): boolean {
    return !this.wanted && !this.open && this.needsPast
  }

  /** Whether older messages of the channel could complete it. */
  get needsPast(): boolean {
    if (this.#rowComplete) return false
    if (this.#broken || this.parts.texts().some((s) => s.text.needsPast)) return true
    return !this.headKnown && !this.#firstPartKnown
  }

  /** Takes note of what any message of the response tells. Returns whether a view would see it. */
  meet(event: StreamEvent): boolean {
    const fromAgent = event.clientId === undefined || event.clientId === this.clientId
    if (this.#interrupted && fromAgent && event.epoch !== undefined && event.type !== 'end')
      this.#interrupted = false
    if (event.strict) {
      this.#agentPresent = event.watched
      this.#strict = true
      // Parts are numbered: none comes before this one (PROTOCOL.md §1.3).
      if (event.part === '0' && event.type !== 'end') this.#firstPartKnown = true
    }
    let seen = false
    if (!this.parts.isRecent(event.serial) && (this.serial === undefined || event.serial < this.serial)) {
      this.serial = event.serial
      if (event.timestamp) this.createdAt = event.timestamp
      seen = true
    }
    if (event.promptId !== undefined && this.promptId === undefined) {
      this.promptId = event.promptId
      seen = true
    }
    if (event.clientId !== undefined && this.clientId === undefined && event.type !== 'tool') {
      this.clientId = event.clientId
      seen = true
    }
    return seen
  }

  /** Text of a part. Returns whether anything changed. */
  applyText(event: TextEvent | ReviseEvent): boolean {
    const { parts } = this
    let known = parts.placeOf(event.serial)
    if (this.#rowComplete) {
      if (!this.#beyondRow(event)) return false
      known ??= parts.onlyText()
    } else if (
      this.#row &&
      (event.type === 'revise' || event.unit === 'message' || event.end === undefined || runOf(event) > 0)
    ) {
      // An unfinished row gives way to the channel, except to stamped tokens, which go on where it ends.
      this.#discardRow()
      known = undefined
    }
    known ??= parts.promote(event)
    if (!known) {
      if (event.type === 'revise') return false
      known = parts.newPlace(event)
      if (event.unit === 'message') parts.note(event.serial, known)
      else if (this.headKnown && !this.#broken) known.source.text.knowHead()
    }
    parts.remember(event.serial, known)
    const changed = this.#grow(known.source, event)
    if (changed) known.part.dirty = true
    return changed
  }

  /** An operation on one of its messages, known by the message's serial. */
  #grow(source: TextSource, event: TextEvent | ReviseEvent): boolean {
    const { text: growing } = source
    const { version, text, end, checksum, done, epoch, serial, op } = event
    const token = source.unit === 'token'
    const item = { key: token ? serial : version, text, end, checksum, done, epoch }
    if (token) {
      if (op === 'full') return growing.replace(item, { final: event.responseId !== undefined })
      return growing.append(version === serial ? item : { ...item, edited: true })
    }
    if (op === 'append') return growing.append(item)
    if (op === 'delete') return growing.remove(version)
    return growing.replace({ ...item, create: event.type === 'text' && event.create })
  }

  applyTool(event: ToolEvent): boolean {
    if (this.#rowComplete && event.epoch === undefined) return false
    return this.parts.toolFor(event.toolCallId, event.serial).apply(event)
  }

  applyValue(event: SourceEvent | DataEvent): boolean {
    if (this.#rowComplete && event.epoch === undefined) return false
    const id = event.part ?? (event.type === 'source' ? event.source.sourceId : event.serial)
    const part = this.parts.get(id, () => new OpenValue(id, event.serial))
    return part instanceof OpenValue && part.apply(event)
  }

  applyCitation(event: SummaryEvent | CitationEvent): boolean {
    this.#citations ??= new Citations()
    return this.#citations.apply(event, (id, make) => this.parts.get(id, make))
  }

  /** A marker once set stays: what it says is final, unless a later one says otherwise. */
  applyEnd(event: EndEvent): boolean {
    if (this.#marker && this.#marker.version >= event.version) return false
    // A stop or an error is not undone by the end marker that follows it.
    if (this.#marker && this.#marker.status !== 'complete' && event.status === 'complete') return false
    this.#marker = event
    return true
  }

  /** The continuous response of a channel goes on after its end. */
  reopen(event: StreamEvent): void {
    if (this.#marker && event.version > this.#marker.version) this.#marker = undefined
  }

  /** A row of the app's database (PROTOCOL.md §6.7). Returns whether anything changed. */
  applyRow(row: ResponseRow): boolean {
    if (this.#rowComplete || (!this.open && this.parts.ordered.length > 0)) return false
    const complete = row.status !== 'streaming' && row.status !== 'interrupted'
    if (!complete && this.parts.ordered.length > 0) return false
    this.#row = row
    this.promptId ??= row.promptId
    this.clientId ??= row.clientId
    this.serial ??= row.serial
    if (!this.createdAt && row.createdAt !== undefined)
      this.createdAt = new Date(row.createdAt).getTime() || 0
    const known = this.parts.ordered
    this.parts.clear()
    const parts: readonly RowPart[] =
      row.parts ?? (row.text === undefined ? [] : [{ type: 'text', text: row.text }])
    parts.forEach((part, i) => this.#addRowPart(part, i, complete, known))
    return true
  }

  #addRowPart(part: RowPart, index: number, complete: boolean, known: readonly OpenPart[]): void {
    const id = part.id ?? (part.toolCallId as string | undefined) ?? String(index)
    // Rows keep the order of their parts; a leading space sorts them before every serial.
    const serial = part.serial ?? ` ${String(index).padStart(6, '0')}`
    if (part.type !== 'text' && part.type !== 'reasoning')
      return this.parts.add(new RowValue(id, serial, part))
    const before = known.find((one) => one.id === id)
    const open = before instanceof OpenText ? before : new OpenText(part.type, id, serial)
    const text = part.text ?? ''
    const source = open.sources[0] ?? newSource(part.serial ?? '', part.serial ? 'message' : 'token')
    if (open.sources.length === 0) open.add(source)
    else open.sources.length = 1
    source.run = 0
    if (part.serial) this.parts.note(part.serial, { part: open, source })
    const key = part.version ?? ''
    source.text.replace(
      { key: key > source.text.key ? key : source.text.key, text, end: text.length, done: complete },
      { final: true },
    )
    open.dirty = true
    this.parts.add(open)
  }

  /** After a complete row only what is surely newer counts: a later version, or a live change of the text. */
  #beyondRow(event: TextEvent | ReviseEvent): boolean {
    const version = this.#row!.parts?.find((p) => p.serial === event.serial)?.version
    if (version !== undefined) return event.version > version
    const message = event.type === 'revise' || event.unit === 'message'
    return message && event.epoch !== undefined && event.op !== 'append' && event.version !== event.serial
  }

  #discardRow(): void {
    this.#row = undefined
    this.parts.clear()
    this.parts.messages.clear()
  }

  interrupt(): boolean {
    if (this.status !== 'streaming') return false
    this.#interrupted = true
    return true
  }

  /**
   * Continuity was lost after it had ended: its messages may have been changed meanwhile. They are read again;
   * tokens, of which there may be thousands, are not. Returns whether there is anything to read.
   */
  doubt(epoch: number): boolean {
    const messages = this.#rowComplete ? [] : this.parts.texts().filter((source) => source.unit === 'message')
    for (const source of messages) source.text.break(epoch)
    this.wanted ||= messages.length > 0
    return messages.length > 0
  }

  /** Continuity of its channel was lost. */
  break({ key, epoch }: Break): void {
    this.#broken = { key: this.#broken?.key ?? key, epoch }
    for (const source of this.parts.texts()) source.text.break(epoch)
  }

  /**
   * History has delivered what `coverage` says; from `''`: all that the channel retains. A message that grows stands
   * in history at its beginning, and its full text clears its doubts.
   */
  cover(coverage: Coverage): void {
    if (this.#broken && covers(coverage, this.#broken)) this.#broken = undefined
    for (const source of this.parts.texts()) {
      if (source.unit !== 'token' && coverage.from !== '') continue
      source.text.cover(coverage)
      // Its first tokens came after a loss that is made up for by now.
      if (this.headKnown && !this.#broken) source.text.knowHead()
      this.parts.touch(source)
    }
  }

  knowHead(): void {
    this.headKnown = true
    // What was lost with the connection may have been the beginning.
    if (this.#broken) return
    for (const source of this.parts.texts()) {
      if (source.unit === 'token') source.text.knowHead()
      this.parts.touch(source)
    }
  }

  /** Folds what arrived out of order; bounds the memory of a long past being read. */
  settle(): void {
    for (const source of this.parts.texts()) source.text.settle()
  }

  #openEnd(): Gap[] {
    const last = this.parts.ordered.findLast((part) => part instanceof OpenText)
    const at = last instanceof OpenText ? last.snapshot!.text.length : 0
    return last ? [{ part: last.id, from: at, to: at, missing: undefined }] : []
  }

  /** Makes the snapshot anew. Returns what changed, or undefined when nothing did. */
  refresh(): ResponseChange[] | undefined {
    const before = this.snapshot
    const changes: ResponseChange[] = []
    let partsChanged = before?.parts.length !== this.parts.ordered.length
    for (const part of this.parts.ordered) {
      if (!part.dirty) continue
      const { snapshot, gaps } = part
      const change = part.refresh()
      if (change) changes.push(change)
      else if (snapshot !== part.snapshot || gaps !== part.gaps) partsChanged = true
      if (snapshot !== part.snapshot) partsChanged ||= !change
    }
    const parts: Part[] = []
    let gaps = noGaps
    let texts = 0
    let verified = true
    let text = ''
    for (const part of this.parts.ordered) {
      if (part.snapshot) parts.push(part.snapshot)
      if (part.gaps.length) gaps = gaps === noGaps ? part.gaps : gaps.concat(part.gaps)
      if (!(part instanceof OpenText)) continue
      texts++
      verified &&= part.verified
      if (part.kind === 'text') text += part.snapshot!.text
    }
    const { status } = this
    verified &&= texts > 0
    // Only its end is known: all of its text is missing.
    if (texts === 0 && gaps === noGaps && this.needsPast && !this.open) gaps = nothingKnown
    // It ended while continuity was lost: what came last may be missing, until history has reached back.
    else if (this.#broken && !verified && !this.open) gaps = gaps.concat(this.#openEnd())
    const next: ResponseState = {
      id: this.id,
      status,
      text,
      parts,
      gaps,
      hasGap: gaps.length > 0,
      verified,
      promptId: this.promptId,
      clientId: this.clientId,
      createdAt: this.createdAt,
      serial: this.serial,
      error: this.#marker?.error,
    }
    const other =
      partsChanged ||
      !before ||
      before.status !== status ||
      before.verified !== verified ||
      !sameGaps(before.gaps, gaps) ||
      before.promptId !== this.promptId ||
      before.clientId !== this.clientId ||
      before.serial !== this.serial ||
      before.createdAt !== this.createdAt
    if (!other && changes.length === 0) return undefined
    if (other) changes.push({})
    this.snapshot = next
    if (!this.open && !next.hasGap && !this.#sealed) {
      this.#sealed = true
      for (const source of this.parts.texts()) source.text.seal()
    }
    return changes
  }
}

function sameGaps(a: readonly Gap[], b: readonly Gap[]): boolean {
  if (a.length !== b.length) return false
  return a.every((gap, i) => {
    const other = b[i]!
    return (
      gap.part === other.part &&
      gap.from === other.from &&
      gap.to === other.to &&
      gap.missing === other.missing
    )
  })
}
