import type { ReviseEvent, TextEvent } from '../protocol/event.ts'
import { Run } from '../text/run.ts'
import type { ProviderMetadata } from '../types/types.ts'
import type { OpenPart } from './part.ts'
import { OpenText } from './textPart.ts'
import type { Values } from './values.ts'

/** Where a message's text goes. */
export interface Place {
  part: OpenPart
  run: Run
}

/** Where the text of a message goes, by its serial. */
type NamedPlace = Place & { readonly serial: string }

/** Shared, because tokens have none and are kept for long. */
const noMessages: readonly NamedPlace[] = []

const noParts: readonly OpenPart[] = Object.freeze([])

/** Up to this many parts or messages are searched one by one. */
const FEW = 16

/** The parts of a response in order, and which message's text goes where. */
export class PartList {
  ordered: readonly OpenPart[] = []
  /** Growing messages and their serials. */
  messages = noMessages
  /** What the provider says of parts, by the part's number; undefined while it says nothing. */
  metadata: Map<string, { version: string; providerMetadata: ProviderMetadata }> | undefined
  /** Values in pieces; undefined while there are none. */
  values: Values | undefined
  /** Values of a row that have no ids of their own. */
  nameless: readonly OpenPart[] = noParts
  /** `messages` has grown since the conversation last looked. */
  newMessage = false
  /** Indexes of many parts and messages: those of a few are cheaper to search than to keep. */
  #byId: Map<string, OpenPart> | undefined
  #bySerial: Map<string, NamedPlace> | undefined
  /** What grew last, and where: most appends and tokens go on with it. */
  #last: TextEvent | ReviseEvent | undefined
  #lastPlace: Place | undefined

  /** Where the newest growth was. */
  get lastPlace(): Place | undefined {
    return this.#lastPlace
  }

  /** Whether the newest growth was of this message. */
  isRecent(serial: string): boolean {
    return serial === this.#last?.serial
  }

  /** Where the text of a message goes, if it is known. */
  placeOf(event: TextEvent | ReviseEvent): Place | undefined {
    const last = this.#last
    const place = this.#lastPlace
    // A message goes on under its own serial, a run of tokens under ever later ones.
    const known = place?.run.merges ? event.serial === last!.serial : last && follows(event, last)
    return known ? place : this.#placeAt(event.serial)
  }

  #placeAt(serial: string): Place | undefined {
    const { messages } = this
    if (messages.length <= FEW) return messages.findLast((one) => one.serial === serial)
    return (this.#bySerial ??= new Map(messages.map((one) => [one.serial, one]))).get(serial)
  }

  remember(event: TextEvent | ReviseEvent, place: Place): void {
    this.#last = event
    this.#lastPlace = place
  }

  /** Forgets what grew last. */
  forget(): void {
    this.#last = this.#lastPlace = undefined
  }

  note(serial: string, place: Place, continues?: string): void {
    const names = continues === undefined ? [serial] : [serial, continues]
    const named = names.map((name) => ({ serial: name, part: place.part, run: place.run }))
    // Copied to its exact length: an array that was pushed to keeps spare room.
    this.messages = this.messages.filter((one) => !names.includes(one.serial)).concat(named)
    this.#bySerial = undefined
    this.newMessage = true
  }

  /** Every growing text. */
  runs(): readonly Run[] {
    const { ordered } = this
    // Most answers are one text.
    return ordered.length === 1 ? ordered[0]!.runs : ordered.flatMap((part) => part.runs)
  }

  find(id: string): OpenPart | undefined {
    const { ordered } = this
    if (ordered.length <= FEW) return ordered.findLast((part) => part.id === id)
    return (this.#byId ??= new Map(ordered.map((part) => [part.id, part]))).get(id)
  }

  /** The part with this id among those that `is` knows, made where there is none: other kinds' ids may be alike. */
  get<P extends OpenPart>(
    id: string,
    kind: string,
    is: (part: OpenPart) => part is P,
    make: (id: string) => P,
  ): P {
    const known = this.find(id)
    if (known && is(known)) return known
    const other = `${id}:${kind}`
    // What stood in its way may be gone: a row's copy, once the channel tells more.
    if (known || this.find(other)) return this.get(other, kind, is, make)
    const part = make(id)
    this.add(part)
    return part
  }

  add(part: OpenPart): void {
    part.providerMetadata ??= this.metadata?.get(part.id)?.providerMetadata
    this.#byId?.set(part.id, part)
    this.ordered = this.ordered.concat(part)
    this.place(part, part.serial)
  }

  drop(part: OpenPart): void {
    this.#byId?.delete(part.id)
    this.ordered = this.ordered.filter((one) => one !== part)
    if (this.nameless.length > 0) this.nameless = this.nameless.filter((one) => one !== part)
    this.#bySerial = undefined
    this.messages = this.messages.filter((one) => one.part !== part)
    this.forget()
  }

  clear(): void {
    this.#byId = undefined
    this.ordered = []
    this.nameless = noParts
    this.forget()
  }

  /** A part begins with its first message: an older one moves it forward. */
  place(part: OpenPart, serial: string): void {
    if (serial < part.serial) part.serial = serial
    const { ordered } = this
    if (ordered.at(-1) === part && (ordered.length === 1 || ordered.at(-2)!.serial <= part.serial)) return
    this.ordered = ordered.toSorted((a, b) => (a.serial < b.serial ? -1 : a.serial > b.serial ? 1 : 0))
  }

  /** The text or reasoning part of a message; made where there is none. */
  textFor(event: Pick<TextEvent, 'kind' | 'part' | 'unit' | 'serial'>): OpenText {
    const kind = event.kind as 'text' | 'reasoning'
    const number = event.part?.replace(RUN, '$1') ?? (event.unit === 'token' ? kind : event.serial)
    const is = (part: OpenPart): part is OpenText => part instanceof OpenText && part.kind === kind
    const part = this.get(number, kind, is, (id) => new OpenText(kind, id, event.serial))
    if (part.id !== number) part.number = number
    return part
  }

  /** Where the text of a new message goes. */
  newPlace(event: TextEvent): Place {
    const part = this.textFor(event)
    return this.placeIn(part, part, event)
  }

  /** All tokens of a run form one text, and so do a growing message and the messages that replace it. */
  placeIn(part: OpenPart, text: OpenText, event: TextEvent): Place {
    const merges = event.unit === 'message'
    const index = runIndex(event)
    let run =
      merges && event.continues === undefined
        ? undefined
        : text.runs.find((one) => one.merges === merges && one.index === index)
    if (!run) text.add((run = new Run(merges, event.serial, index)))
    else if (event.serial < run.serial) run.serial = event.serial
    this.place(part, run.serial)
    return { part, run }
  }

  /** A message that was taken for a token has begun to grow: it becomes a part of its own. */
  promote(event: TextEvent | ReviseEvent): Place | undefined {
    if (event.type === 'text' && (event.unit === 'token' || event.kind !== 'reasoning' || event.create))
      return undefined
    for (const part of this.ordered) {
      if (!(part instanceof OpenText)) continue
      const tokens = part.runs.find((run) => !run.merges)
      const text = tokens?.take(event.serial)
      if (tokens === undefined || text === undefined) continue
      part.dirty = true
      this.forget()
      if (tokens.key === '') part.runs.splice(part.runs.indexOf(tokens), 1)
      if (part.runs.length === 0) this.drop(part)
      const own = this.textFor({ kind: part.kind, unit: 'message', part: undefined, serial: event.serial })
      const run = new Run(true, event.serial)
      run.replace({ key: event.serial, text, create: true, epoch: event.epoch })
      own.add(run)
      this.note(event.serial, { part: own, run })
      return { part: own, run }
    }
    return undefined
  }

  /** The only text. A newer version goes there when nothing says which part its message was. */
  onlyText(): Place | undefined {
    const texts = this.ordered.filter((p) => p instanceof OpenText && p.kind === 'text') as OpenText[]
    const part = texts.length === 1 ? texts[0]! : undefined
    return part?.runs.length === 1 ? { part, run: part.runs[0]! } : undefined
  }
}

/** Part `0.2` is the third run of part `0` (PROTOCOL.md §1.3). */
const RUN = /^(\d+)\.([1-9]\d*)$/

/** Place among the runs of its part. */
export const runIndex = ({ part }: { part: string | undefined }): number =>
  Number(part && RUN.exec(part)?.[2]) || 0

/** Whether it is a later token of the run that the last one was of. */
function follows(event: TextEvent | ReviseEvent, last: TextEvent | ReviseEvent): boolean {
  return (
    event.type === 'text' &&
    last.type === 'text' &&
    event.unit === 'token' &&
    last.unit === 'token' &&
    event.kind === last.kind &&
    event.part === last.part &&
    event.toolCallId === last.toolCallId &&
    event.serial > last.serial
  )
}
