import { checksum } from '../protocol/checksum.ts'
import type { EndEvent, StreamEvent, TextEvent } from '../protocol/event.ts'
import type { ResponseStatus } from '../types/types.ts'
import type { Response } from './response.ts'
import type { Shelved } from './shelf.ts'
import type { Span } from './span.ts'

const none: readonly never[] = Object.freeze([])

interface Maker {
  /** Makes a response of its messages. */
  remake(events: readonly StreamEvent[]): Response
}

/** The messages of one response that is over, as history has them. Its fields are declared: thousands are made. */
export class Transcript implements Shelved {
  declare readonly id: string
  declare readonly role: 'assistant'
  declare readonly party: string
  declare events: readonly StreamEvent[]
  declare serial: string | undefined
  declare createdAt: number
  declare promptId: string | undefined
  declare clientId: string | undefined
  declare reading: number | undefined
  declare ref: Shelved['ref']
  declare private end: EndEvent | undefined
  /** Its first part was read from the beginning. */
  declare private begins: boolean
  /** Nothing is added to it any more. */
  declare private isClosed: boolean
  /** Serials of texts that are to be read again. */
  declare private unsure: readonly string[]
  declare private readonly maker: Maker | undefined

  constructor(id: string, party: string, reading: number, maker: Maker | undefined) {
    this.id = id
    this.role = 'assistant'
    this.party = party
    this.events = none
    this.serial = undefined
    this.createdAt = 0
    this.promptId = undefined
    this.clientId = undefined
    this.reading = reading
    this.ref = undefined
    this.end = undefined
    this.begins = false
    this.isClosed = false
    this.unsure = none
    this.maker = maker
  }

  get status(): ResponseStatus {
    return this.end!.status
  }

  /** Adds what a message says. False if it cannot wait. */
  add(event: StreamEvent): boolean {
    const { serial, timestamp, clientId } = event
    const isKnown = (event.type === 'end' && this.end) || this.events.some((one) => one.serial === serial)
    if (this.isClosed || isKnown) return false
    if (event.type === 'end') this.end = event
    else if (event.part === '0' && event.type !== 'metadata') this.begins = true
    if (this.serial === undefined || serial < this.serial) {
      this.serial = serial
      this.createdAt = timestamp || this.createdAt
      this.clientId = clientId ?? this.clientId
    }
    this.promptId ??= event.promptId
    // As long as it is: one that is pushed to keeps room for more.
    this.events = this.events.concat(event)
    return true
  }

  /** Call when all is added. Returns whether it tells the response from its beginning to its end. */
  close(): boolean {
    this.isClosed = true
    return this.begins && this.end !== undefined
  }

  /** A checksum disagrees. */
  get isWrong(): boolean {
    return this.events.some(
      (one) => one.type === 'text' && one.checksum !== undefined && one.checksum !== checksum(one.text),
    )
  }

  /** Its texts may have been edited since they were read. */
  doubt(): void {
    this.unsure = this.serials()
  }

  get isSure(): boolean {
    return this.unsure.length === 0
  }

  /** Whether a message says what is known. */
  confirm({ type, serial, version }: StreamEvent): boolean {
    const known = this.events.find((one) => one.serial === serial)
    if (known?.type !== type || known.version !== version) return false
    if (!this.isSure) this.unsure = this.unsure.filter((one) => one !== serial)
    return true
  }

  serials(): string[] {
    const serials: string[] = []
    for (const { type, serial } of this.events) if (type === 'text') serials.push(serial)
    return serials
  }

  measure(span: Span): void {
    for (const { serial, updatedAt } of this.events) span.add(serial, serial, updatedAt)
  }

  make(): Response {
    const { events } = this
    this.events = none
    return this.maker!.remake(events)
  }
}

/** Whether what a message says can wait: its agent has stamped it, and nothing of it is missing. */
export function canWait(event: StreamEvent): boolean {
  if (!event.strict || event.editor !== undefined) return false
  switch (event.type) {
    case 'text':
      return isWhole(event)
    case 'end':
    case 'metadata':
    case 'source':
    case 'document':
      return true
    default:
      return false
  }
}

function isWhole({ kind, unit, op, done, end, text, part, continues }: TextEvent): boolean {
  return (
    kind !== 'tool' &&
    unit === 'message' &&
    op === 'full' &&
    done === true &&
    end === text.length &&
    continues === undefined &&
    part?.includes('.') !== true
  )
}
