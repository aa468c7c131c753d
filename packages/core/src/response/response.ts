import type { EventMeta, Met, ReviseEvent, StreamEvent, TextEvent } from '../protocol/event.ts'
import { Attendance } from './attendance.ts'
import { differs, refreshParts, replaced } from './changes.ts'
import { Facts } from './facts.ts'
import { covers, lostAgain } from '../text/coverage.ts'
import type { Break, Coverage } from '../text/coverage.ts'
import { healedIn } from './healing.ts'
import { lossesOf } from './losses.ts'
import { noGaps } from './part.ts'
import type { Changed, Run } from '../text/run.ts'
import type { OpenPart } from './part.ts'
import { beginsNothing } from './parties.ts'
import type { Reply } from './parties.ts'
import type { PartKinds } from './partKind.ts'
import { PartList } from './partList.ts'
import type { Place } from './partList.ts'
import { same } from '../types/same.ts'
import { isOpen } from '../types/status.ts'
import { OpenText } from './textPart.ts'
import type { Gap, ResponseChange, ResponseState, ResponseStatus } from '../types/types.ts'

/** A row of the app's database, as a response knows it. */
export interface KnownRow {
  readonly status: ResponseStatus
  /** It has ended: the row wins over the channel's past. */
  readonly complete: boolean
  /** Whether an operation on a text is surely newer than a complete row. */
  isOlderThan(event: TextEvent | ReviseEvent): boolean
  /** Whether it goes on with a text that an unfinished row names. */
  goesOnWith(event: TextEvent | ReviseEvent): boolean
}

const nothingKnown: readonly Gap[] = Object.freeze([{ part: 'text', from: 0, to: 0, missing: undefined }])

type AskerOf = (promptId: string) => { readonly clientId: string | undefined } | undefined

const final = { final: true }

/** As `Response.touched`: a live message, which no reading holds back. */
export const LIVE = Number.POSITIVE_INFINITY

/** One answer while it is being assembled: events in, snapshots out. Knows no clock and no channel. */
export class Response {
  readonly id: string
  serial: string | undefined
  createdAt = 0
  updatedAt = 0
  promptId: string | undefined
  /** Serial of the oldest message that names it; '': a row does. */
  #promptAt = ''
  clientId: string | undefined
  /** Whose it is; `undefined`: a row of a database that does not tell. */
  party: string | undefined
  /** Serial of the oldest message that only its own party may publish. */
  begun: string | undefined
  /** Another party began it earlier, so this one does not show. */
  isRival = false
  snapshot: ResponseState | undefined
  /** Its start is known. */
  headKnown = false
  /** The first message of it that was heard came live. */
  isLive = false
  /** Older messages are being read for it. If reading ends before its start, it shows as it is. */
  wanted = false
  /** The source of its unpublished changes: the number of a reading of the past, or `LIVE`. */
  touched: number | undefined
  /** Something beside the end of a text may have changed since the last snapshot. */
  #reshaped = true
  /** The part whose text became longer since then. */
  #grown: OpenPart | undefined
  /** Names of it beside its id and its growing messages: of tokens, calls, and in the app's database. */
  names: string[] | undefined
  /** Other parties replied to it. */
  replied = false
  readonly parts = new PartList()
  /** What its agent says about the whole response. */
  readonly facts = new Facts()
  #agent: Attendance | undefined
  row: KnownRow | undefined
  readonly #kinds: PartKinds
  #strict = false
  #firstPartKnown = false
  /** Continuity was lost there, and history has not reached back to it. */
  #broken: Break | undefined
  /** Serial and time of the newest message about it. */
  newest = ''
  heardAt = 0
  /** Newest version among its agent's messages other than text. */
  #newestVersion = ''
  #sealed = false
  #wasOver = false
  #tookOver = false
  /** What the snapshot shows beside the fields that all have. */
  #shownFacts: Partial<ResponseState> | undefined
  /** How many missing code units have arrived. */
  #healed = 0
  /** The snapshot lacks text that reading the past may bring, which does not count as healed. */
  #pastWasNeeded = true
  readonly #askerOf: AskerOf

  constructor(id: string, party: string | undefined, kinds: PartKinds, askerOf: AskerOf = () => undefined) {
    this.id = id
    this.party = party
    this.#kinds = kinds
    this.#askerOf = askerOf
  }

  /** How its agent was watched: once the response is over, only what comes later. */
  get agent(): Attendance {
    return (this.#agent ??= new Attendance())
  }

  get role(): 'assistant' {
    return 'assistant'
  }

  get status(): ResponseStatus {
    const { end } = this.facts
    if (end) return end.status
    if (this.row?.complete) return this.row.status
    if (!this.#strict && this.#allDone) return 'complete'
    if (this.#suspended) return 'suspended'
    return this.agent.interrupted ? 'interrupted' : 'streaming'
  }

  get open(): boolean {
    return isOpen(this.status) && !this.facts.withdrawn
  }

  /** It waits for people, and its agent has said nothing since it declared so. */
  get #suspended(): boolean {
    const { suspendedSince } = this.facts
    if (suspendedSince === undefined || this.#newestVersion > suspendedSince) return false
    return !this.parts.runs().some((run) => run.key > suspendedSince)
  }

  /** Its agent promises to be present while it streams (PROTOCOL.md §6.6), so that its absence tells. */
  get watched(): boolean {
    return this.status === 'streaming' && this.agent.promised
  }

  get #allDone(): boolean {
    const { ordered } = this.parts
    return ordered.every((part) => part.finished) && ordered.some(isText)
  }

  /**
   * It has ended, but its start is unread: hidden until `loadOlder()` reaches it. A shown response stays. What only replies
   * tell of is no response.
   */
  get withheld(): boolean {
    if (this.isRival || (this.begun === undefined && !this.row)) return true
    return !this.snapshot && !this.wanted && !this.open && this.needsPast
  }

  /** Whether older messages of the channel could complete it. */
  get needsPast(): boolean {
    if (this.row?.complete) return false
    if (this.facts.withdrawn) return false
    if (this.#broken || this.parts.runs().some((run) => run.needsPast)) return true
    return !this.headKnown && (!this.#firstPartKnown || this.parts.ordered.some(isTorn))
  }

  get isStrict(): boolean {
    return this.#strict
  }

  /** Who sent its prompt; `undefined` while that is unknown. */
  get asker(): { readonly clientId: string | undefined } | undefined {
    return this.promptId === undefined ? undefined : this.#askerOf(this.promptId)
  }

  /** Whether its party spoke first. */
  isBefore(other: Response): boolean {
    const rank = ({ begun, serial }: Response): string => begun ?? `~${serial}`
    return rank(this) < rank(other)
  }

  /** Takes the place of a response with the same id that turned out to be a stranger's. */
  takeOver(before: Response): void {
    this.snapshot = before.snapshot
    before.snapshot = undefined
    this.wanted ||= before.wanted
    this.#tookOver = true
    this.reshape()
    for (const part of this.parts.ordered) part.dirty = true
  }

  /** Notes how far back the channel is to be read for all that is said for it. */
  hear({ serial, updatedAt }: EventMeta): void {
    if (serial > this.newest) this.newest = serial
    if (updatedAt > this.heardAt) this.heardAt = updatedAt
  }

  /** Records serial, promptId and clientId of a message. Returns whether a view would change. */
  meet(event: StreamEvent, live: boolean, meta: Met = event): boolean {
    const { serial, updatedAt, promptId } = meta
    let seen = this.agent.meet(meta, live)
    if (meta.strict) {
      if (!this.#strict) this.reshape()
      this.#strict = true
      // Parts are numbered: none comes before this one (PROTOCOL.md §1.3).
      if (!this.#firstPartKnown && meta.part === '0' && beginsPart(event, live))
        seen = this.#firstPartKnown = true
    }
    if (updatedAt > this.updatedAt) this.updatedAt = updatedAt
    if (updatedAt > this.heardAt) this.heardAt = updatedAt
    if (!this.parts.isRecent(serial)) {
      if (serial > this.newest) this.newest = serial
      if (this.#meetSerial(event, meta)) seen = true
    }
    if (promptId === undefined || (this.promptId !== undefined && serial >= this.#promptAt)) return seen
    this.#promptAt = serial
    if (promptId === this.promptId) return seen
    this.promptId = promptId
    return true
  }

  /** Returns whether its known start has moved. */
  #meetSerial(event: StreamEvent, { serial, timestamp, clientId }: Met): boolean {
    const isLater = this.serial !== undefined && serial >= this.serial
    // Mostly the two are one and the same.
    const isAfter = this.begun === this.serial ? isLater : this.begun !== undefined && serial >= this.begun
    if (!isAfter && !beginsNothing(event)) this.begun = serial
    if (isLater) {
      if (clientId === undefined || this.clientId !== undefined) return false
      this.clientId = clientId
      return true
    }
    this.serial = serial
    if (timestamp) this.createdAt = timestamp
    if (clientId !== undefined) this.clientId = clientId
    return true
  }

  /** More than the end of a text changes: the next snapshot is made anew. */
  reshape(): void {
    this.#reshaped = true
  }

  /** Text of a part. Returns whether anything changed. */
  applyText(event: TextEvent | ReviseEvent): Changed {
    const { parts } = this
    const known = parts.placeOf(event)
    if (!known) this.reshape()
    const place = this.#placeFor(event, known)
    if (!place) return false
    place.part.row = undefined
    // It begins nothing, so what follows it on its message still may.
    if (event.op !== 'lost') parts.remember(event, place)
    // A message that the row does not name can only be the one whose text it is.
    const whole = this.row?.complete === true && !known
    const changed = this.#operate(place.run, event, !place.run.merges && !whole)
    if (changed) place.part.dirty = true
    if (changed === 'grew') this.#grow(place.part)
    const edited = event.op !== 'append' && event.op !== 'lost' && place.part.noteEdit(event)
    return changed || edited
  }

  /**
   * Text that goes on where that of `before` ended, in a message that says nothing else. Returns false, having changed
   * nothing, if anything but a longer text could follow from it. A row has no place where text grew.
   */
  goOn(before: TextEvent, key: string, text: string, end: number, updatedAt: number): boolean {
    const agent = this.#agent
    const place = this.parts.lastPlace
    if (!place || !agent?.isHere(before.clientId)) return false
    const { run, part } = place
    if (!run.extend(key, text, end, before.epoch, before.connectionId)) return false
    part.dirty = true
    this.#grow(part)
    agent.speak(updatedAt)
    if (updatedAt > this.updatedAt) this.updatedAt = updatedAt
    if (updatedAt > this.heardAt) this.heardAt = updatedAt
    if (!run.merges && key > this.newest) this.newest = key
    return true
  }

  #grow(part: OpenPart): void {
    if (this.#grown !== undefined && this.#grown !== part) this.reshape()
    this.#grown = part
  }

  /** Where the text of an event goes; undefined: it counts for nothing. */
  #placeFor(event: TextEvent | ReviseEvent, known: Place | undefined): Place | undefined {
    const { parts, row } = this
    let place = known
    if (row?.complete) {
      if (!row.isOlderThan(event)) return undefined
      place ??= parts.onlyText()
    } else if (row && event.op !== 'lost' && !row.goesOnWith(event)) {
      // An unfinished row gives way to the channel, except to stamped tokens, which go on where it ends.
      this.row = undefined
      this.reshape()
      for (const part of parts.ordered) if (part.row) parts.drop(part)
      place = parts.placeOf(event)
    }
    return place ?? parts.promote(event) ?? (event.type === 'revise' ? undefined : this.#newPlace(event))
  }

  #newPlace(event: TextEvent): Place {
    const place = this.#kinds[event.kind as 'tool']?.place?.(event, this.parts) ?? this.parts.newPlace(event)
    if (event.unit === 'message') this.parts.note(event.serial, place, event.continues)
    else if (this.headKnown && !this.#broken) place.run.knowHead()
    return place
  }

  /** An operation on one of its messages, known by the message's serial. */
  #operate(run: Run, event: TextEvent | ReviseEvent, token: boolean): Changed {
    const { version, text, end, checksum, epoch, serial, op } = event
    // A continuous stream goes on with its next token, also after a full text.
    const done =
      token && op === 'append' && event.responseId === undefined ? (event.done ?? false) : event.done
    const key = token ? serial : version
    const connectionId = event.type === 'text' ? event.connectionId : undefined
    if (op === 'lost')
      return run.append({ key: version, text, end, checksum, done, epoch, connectionId, lost: true })
    if (op === 'append' || (token && op === 'delete')) {
      const edited = token && version !== serial ? version : undefined
      const declares = checksum !== undefined || (done !== undefined && done !== run.done)
      // Every token passes here: this makes no object.
      if (
        op === 'append' &&
        edited === undefined &&
        !declares &&
        run.extend(key, text, end, epoch, connectionId)
      )
        return 'grew'
      return run.append({ key, text, end, checksum, done, epoch, edited, connectionId })
    }
    if (op === 'delete') return run.replace({ key, text: '' })
    const create = !token && event.type === 'text' && event.create
    // What a full text of tokens is edited to counts from its edit on.
    const at = token && done === true ? version : key
    return run.replace(
      { key: at, text, end, checksum, done, epoch, create, connectionId },
      token && event.responseId !== undefined ? final : undefined,
    )
  }

  /** Applies events other than text. */
  applyPart(event: StreamEvent): boolean {
    if (this.row?.complete && event.epoch === undefined) return false
    if (event.strict && event.version > this.#newestVersion) this.#newestVersion = event.version
    return this.#kinds[event.type]?.apply(event as never, this.parts) ?? false
  }

  /** Applies a reply of another party. Returns whether a view could change. */
  applyReply(event: Reply): boolean {
    if (this.row?.complete) return false
    return this.#kinds.tool?.reply?.(event, this.parts, this) ?? false
  }

  /** Records who sent its prompt. Returns whether results of that client are waiting. */
  judgeReplies(): boolean {
    const judge = (part: OpenPart): boolean => part.judgeReplies()
    return this.parts.ordered.filter(judge).length > 0
  }

  interrupt(): boolean {
    if (this.status !== 'streaming') return false
    this.reshape()
    return (this.agent.interrupted = true)
  }

  /**
   * Continuity was lost after the response had ended, so its messages may have been edited meanwhile: reads them again,
   * except tokens, which can number thousands. Returns whether there is anything to read.
   */
  doubt(epoch: number): boolean {
    this.reshape()
    const messages = this.row?.complete ? [] : this.parts.runs().filter((run) => run.merges)
    for (const run of messages) run.break(epoch)
    this.wanted ||= messages.length > 0
    return messages.length > 0
  }

  /** Continuity was lost: messages of it may be missing, until history covers the place. */
  break(gap: Break): void {
    this.reshape()
    this.agent.attended = false
    this.#broken = lostAgain(this.#broken, gap)
    for (const run of this.parts.runs()) run.break(gap.epoch)
  }

  /**
   * History has delivered everything in `coverage`. In history, a growing message stands where it was
   * created. Its full text clears its doubts, or the fact that nothing is left to read `again`.
   */
  cover(coverage: Coverage, again: Coverage | undefined): void {
    if (this.#broken && covers(coverage, this.#broken)) this.#broken = undefined
    this.#eachRun((run) => {
      if (run.merges && !again) return
      run.cover(run.merges ? again! : coverage)
      // Its first tokens came after a loss that history has covered since.
      if (this.headKnown && !this.#broken) run.knowHead()
    })
  }

  knowHead(): void {
    this.headKnown = true
    this.reshape()
    // The start may have been lost with the connection.
    if (this.#broken) return
    this.#eachRun((run) => {
      if (!run.merges) run.knowHead()
    })
  }

  /** Something outside its texts may change how they show. */
  #eachRun(change: (run: Run) => void): void {
    for (const part of this.parts.ordered) {
      part.runs.forEach(change)
      part.dirty ||= part.runs.length > 0
    }
  }

  /** Folds what arrived out of order; bounds the memory of a long past being read. */
  fold(): void {
    for (const run of this.parts.runs()) run.fold()
  }

  /** Makes a new snapshot, if only a text became longer. Returns that change; otherwise undefined: call `refresh`. */
  lengthen(): ResponseChange | undefined {
    const grown = this.#grown
    if (this.#reshaped || !(grown instanceof OpenText)) return undefined
    const index = this.#indexOf(grown)
    if (index < 0) return undefined
    this.#grown = undefined
    return this.#lengthen(grown, index)
  }

  /** Makes a new snapshot. Returns what changed, or undefined if nothing did. */
  refresh(): ResponseChange[] | undefined {
    this.#grown = undefined
    this.#reshaped = false
    return this.#remake()
  }

  #remake(): ResponseChange[] | undefined {
    const before = this.snapshot
    this.#closeTexts()
    const { changes, others } = this.#tookOver
      ? replaced(this.parts.ordered)
      : refreshParts(this.parts.ordered)
    this.#tookOver = false
    const shown = this.#show()
    if (before && !this.#pastWasNeeded) this.#healed += healedIn(before, shown)
    this.#pastWasNeeded = this.needsPast
    const next = this.#withHealed(shown)
    if (others || !before || before.parts.length !== next.parts.length || differs(before, next))
      changes.push({})
    if (changes.length === 0) return undefined
    this.snapshot = next
    if (!this.open && !next.hasGap && !this.#sealed) {
      this.#sealed = true
      for (const run of this.parts.runs()) run.seal()
      this.parts.forget()
      if (this.facts.end) this.#agent = undefined
    }
    return changes
  }

  /** What ends a response ends its texts. */
  #closeTexts(): void {
    const isOver = !this.open
    if (!isOver && !this.#wasOver) return
    this.#wasOver = isOver
    for (const part of this.parts.ordered)
      if (part.runs.length > 0 && part.isOver !== isOver) {
        part.isOver = isOver
        part.dirty = true
      }
  }

  /** Where the snapshot shows a part, if nothing but the length of its text needs to change there; otherwise -1. */
  #indexOf({ snapshot: part }: OpenPart): number {
    const before = this.snapshot
    if (!part || before?.status !== 'streaming' || before.hasGap) return -1
    const { parts } = before
    let index = parts.length - 1
    while (index >= 0 && parts[index] !== part) index--
    return index
  }

  /** The snapshot before, with the text of one part longer. */
  #lengthen(part: OpenPart, index: number): ResponseChange | undefined {
    const change = part.refresh()
    if (!change) return undefined
    const { status, parts: before, gaps } = this.snapshot!
    const parts = before.length > 1 ? before.with(index, part.snapshot!) : [part.snapshot!]
    this.snapshot = this.#withHealed(this.#stateOf(status, parts, gaps, false))
    return change
  }

  #withHealed(state: ResponseState): ResponseState {
    return this.#healed > 0 ? { ...state, healed: this.#healed } : state
  }

  #show(): ResponseState {
    const { status } = this
    const shown = this.parts.ordered.filter((part) => !this.#isRetracted(part))
    const texts = shown.filter((part) => part instanceof OpenText)
    const gaps = this.#gaps(shown, texts)
    const whole = texts.length > 0 && !this.#headless && gaps.length === 0
    const facts = { ...this.facts.shown, ...editedBy(shown) }
    this.#shownFacts = Object.keys(facts).length > 0 ? facts : undefined
    // Copied to its exact length: an array that grew keeps spare room.
    const parts = shown.flatMap((part) => part.snapshot ?? []).slice()
    // Of a response that is not complete, no one can tell whether its text is whole.
    const verified = whole && status === 'complete' && texts.every((text) => text.verified)
    return this.#stateOf(status, parts, gaps, verified)
  }

  /** One literal, and not spread: V8 would make a hidden class for each response. */
  #stateOf(
    status: ResponseStatus,
    parts: ResponseState['parts'],
    gaps: readonly Gap[],
    verified: boolean,
  ): ResponseState {
    const state: ResponseState = {
      id: this.id,
      status,
      text: textOf(parts),
      parts,
      gaps,
      hasGap: gaps.length > 0,
      verified,
      promptId: this.promptId,
      clientId: this.clientId,
      createdAt: this.createdAt,
      updatedAt: this.updatedAt,
      serial: this.serial,
      error: undefined,
    }
    return this.#shownFacts ? Object.assign(state, this.#shownFacts) : state
  }

  /** Parts are retracted by the number that the agent gave them; a call's own id is another. */
  #isRetracted(part: OpenPart): boolean {
    return this.facts.isRetracted(part.number ?? part.id)
  }

  /** Text may come before. If parts are numbered (PROTOCOL.md §1.3), it is certain that some does. */
  get #headless(): boolean {
    return !this.headKnown && !this.#firstPartKnown && !this.row?.complete
  }

  /** Its known gaps; the same array until they change. */
  #gaps(shown: readonly OpenPart[], texts: readonly OpenText[]): readonly Gap[] {
    let gaps = noGaps
    for (const part of shown)
      if (part.gaps.length) gaps = gaps === noGaps ? part.gaps : gaps.concat(part.gaps)
    // Only its end is known: all of its text is missing.
    if (shown.length === 0 && this.needsPast && !this.open) gaps = nothingKnown
    const begunBefore = this.#headless && this.#strict
    const broken = this.#broken !== undefined || texts.some((text) => text.broken)
    if ((broken || begunBefore) && !this.row?.complete)
      gaps = gaps.concat(lossesOf(texts, this.#broken, begunBefore, !this.open))
    const known = this.snapshot?.gaps
    return gaps.length === known?.length && gaps.every((gap, i) => same(gap, known[i])) ? known : gaps
  }
}

/**
 * Whether a message is the first of its part, and all messages after it are known. A live operation may change a message
 * of long before.
 */
function beginsPart(event: StreamEvent, live: boolean): boolean {
  if (live && event.version !== event.serial) return false
  switch (event.type) {
    case 'text':
      return event.unit === 'message' ? event.continues === undefined : event.op === 'append'
    case 'tool':
      return event.change.kind === 'call'
    case 'source':
    case 'document':
    case 'file':
      return true
    default:
      return false
  }
}

function editedBy(parts: readonly OpenPart[]): { editedBy?: string } {
  const editor = parts.find((part) => part.editedBy !== undefined)?.editedBy
  return editor === undefined ? {} : { editedBy: editor }
}

/** Joins without reading: reading would flatten the engine's rope of strings. */
function textOf(parts: ResponseState['parts']): string {
  let text = ''
  for (const part of parts) if (part.type === 'text') text += part.text
  return text
}

function isText(part: object): part is OpenText {
  return part instanceof OpenText && part.kind === 'text'
}

function isTorn(part: object): boolean {
  return part instanceof OpenText && part.torn
}
