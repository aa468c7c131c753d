import type { StreamEvent } from '../protocol/event.ts'
import type { Coverage } from '../text/coverage.ts'
import type { Known } from './known.ts'
import type { Response } from './response.ts'
import type { Roster } from './roster.ts'
import type { Shelf, Shelved } from './shelf.ts'
import { canWait, Transcript } from './transcript.ts'

export interface TranscriptHost {
  readonly roster: Roster
  readonly shelf: Shelf
  readonly known: Known
  /** The reading of the past that is being applied. */
  readonly reading: number
  /** Whether somebody listens for gaps: only then are texts that nobody has asked for compared with their checksums. */
  hearsGaps(): boolean
  /** Makes a response of its messages. */
  remake(events: readonly StreamEvent[]): Response
}

/** While one is left, V8 keeps the code that makes the others. Its time is a large number, as theirs are. */
let example: Transcript | undefined

/** Keeps answers that pages of history tell from beginning to end on the shelf, unassembled. */
export class Transcripts {
  readonly #host: TranscriptHost
  /** Of the page that is being read. */
  #page: Transcript[] | undefined
  /** Continuity was lost before this attachment, and these may have been edited meanwhile. */
  #doubts = { epoch: 0, left: new Set<Shelved>() }

  constructor(host: TranscriptHost) {
    this.#host = host
  }

  /** Takes in the messages of a page. */
  gather(take: () => void): void {
    if (!example) (example = new Transcript('', '', 0, undefined)).createdAt = 1e12
    const { shelf } = this.#host
    const page: Transcript[] = (this.#page = [])
    take()
    this.#page = undefined
    const whole: Transcript[] = []
    for (const transcript of page)
      if (transcript.reading === undefined) continue
      else if (transcript.close() && !(this.#host.hearsGaps() && transcript.isWrong)) whole.push(transcript)
      else shelf.find(transcript.id)
    shelf.hold(whole, this.#host.reading)
  }

  /** Takes an event of the past that need not be applied before its response is asked for. */
  take(event: StreamEvent): boolean {
    const { responseId, serial } = event
    if (!this.#page || responseId === undefined || !canWait(event)) return false
    const { shelf, roster } = this.#host
    const party = roster.partyOf(event)
    const known = shelf.byId.get(responseId)
    if (!known) return this.#begin(responseId, party, event)
    if (!(known instanceof Transcript) || known.party !== party) return false
    if (known.confirm(event)) {
      if (known.isSure) this.#doubts.left.delete(known)
      return true
    }
    if (!known.add(event)) return false
    if (event.type === 'text') shelf.name(serial, known)
    return true
  }

  #begin(id: string, party: string | undefined, event: StreamEvent): boolean {
    const { shelf, roster, known, reading } = this.#host
    const { serial } = event
    if (party === undefined || known.gap || roster.known(id)) return false
    // It may go by another name.
    if (roster.serials.has(serial) || shelf.idsBySerial.has(serial)) return false
    const transcript = new Transcript(id, party, reading, this.#host)
    transcript.add(event)
    this.#page!.push(transcript)
    shelf.put(transcript)
    return true
  }

  /** Continuity was lost: they are to be read again. */
  doubt(epoch: number): void {
    this.#doubts.epoch = epoch
    for (const shelved of this.#host.shelf.byId.values())
      if (shelved instanceof Transcript) {
        shelved.doubt()
        this.#doubts.left.add(shelved)
      }
  }

  /** Everything was read again, up to that attachment. */
  cover({ epoch }: Coverage): void {
    if (this.#doubts.epoch <= epoch) this.#doubts.left.clear()
  }

  /** A response was made. Returns the attachment before which continuity was lost, if it is not read again. */
  taken(shelved: Shelved): number | undefined {
    return this.#doubts.left.delete(shelved) ? this.#doubts.epoch : undefined
  }

  get needsPast(): boolean {
    return this.#doubts.left.size > 0
  }
}
