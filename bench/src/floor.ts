import type { InboundMessage } from 'ably'
import type { Deliveries } from '../../packages/core/test/model/deliveries.ts'
import { Frames } from './frames.ts'
import { appendChanges, readWhole } from './view.ts'
import type { View } from './view.ts'

interface Part {
  readonly type: 'text'
  readonly id: string
  readonly text: string
  readonly state: 'streaming' | 'done'
}

interface Snapshot {
  readonly id: string
  readonly status: 'streaming'
  readonly text: string
  readonly parts: readonly Part[]
  readonly hasGap: boolean
  readonly clientId: string
  readonly serial: string
  readonly createdAt: number
  readonly updatedAt: number
}

interface Change {
  readonly part: string
  readonly from: number
  readonly appended: string
}

/** What any reader keeps of a response and its one text. */
export interface Known {
  readonly id: string
  readonly part: string
  readonly clientId: string
  readonly serial: string
  readonly createdAt: number
  updatedAt: number
  /** The newest operation that was taken. */
  newest: string
  text: string
}

/** A response while it grows. */
interface Open extends Known {
  /** Counted, since reading it from the text would flatten it. */
  length: number
  appended: string
  done: boolean
  hasGap: boolean
  isDirty: boolean
  /** Of a message per token: the serial and length of each. */
  readonly keys: string[]
  readonly lengths: number[]
  snapshot: Snapshot | undefined
  listener: ((changes: readonly Change[]) => void) | undefined
}

interface Headers {
  readonly responseId: string
  readonly part: string
  readonly end?: string
  readonly phase?: string
}

/**
 * The least that a correct reader does for a token, in the plainest code:
 * - it reads a message's name, action, serials, times, publisher, response, part and stamp, and finds the response;
 * - it takes text from the client that began the response only, and only if it is newer than what was taken before;
 * - it compares the stamp with the length, so that a gap would be noticed, and adds the text;
 * - where each token is a message of its own, it keeps the serial and length of each, by which an edit or deletion, which
 *   may come at any time, would find its place;
 * - it asks for a frame, in which it makes an immutable snapshot of each response that grew (the response, the list of
 *   its parts, the part), and tells its subscriber what was appended.
 * It cannot place what comes late, fill a gap, read the past, end a response or show anything but text.
 */
export class Floor {
  private readonly responses = new Map<string, Open>()
  private readonly frames = new Frames()
  private dirty: Open[] = []
  private isScheduled = false

  constructor(messages: number) {
    for (let i = 0; i < messages; i++) {
      const { serial, ...fields } = pastMessage(`past-${i}`)
      this.receive({ serial, version: { serial }, ...fields } as unknown as InboundMessage)
    }
    this.frames.next()
  }

  /** Several that are open at once; one after the other is streamed. */
  streamAll(all: readonly Deliveries[], view: View, frame: number): () => void {
    const each = all.map((deliveries) => this.stream(deliveries, view, frame))
    return () => {
      for (const run of each) run()
    }
  }

  stream(deliveries: Deliveries, view: View, frame: number): () => void {
    for (const message of deliveries.first) this.receive(message)
    this.frames.next()
    const open = this.responses.get(deliveries.responseId)!
    if (view !== 'ignore') open.listener = listenerOf(open, view)
    return () => {
      this.feed(deliveries.tokens, frame)
      const { hasGap, text } = open.snapshot!
      if (hasGap || text.length !== deliveries.text.length)
        throw new Error('unable to measure; the floor got it wrong')
    }
  }

  /** As the reader's: apart from what is made anew for each response. */
  private feed(tokens: Deliveries['tokens'], frame: number): void {
    let left = frame
    for (const message of tokens) {
      this.receive(message)
      if (--left > 0) continue
      left = frame
      this.frames.next()
    }
    this.frames.next()
  }

  private receive(message: InboundMessage): void {
    const { name, action, version, data, timestamp } = message
    const headers = (message.extras as { headers: Headers }).headers
    const isAppend = action === 'message.append'
    if (name !== 'token' && name !== 'response') return
    const open = this.responses.get(headers.responseId) ?? this.begin(message, headers)
    if (message.clientId !== open.clientId || version.serial! <= open.newest) return
    const stamps = (isAppend ? version.metadata! : headers) as Headers
    const text = data as string
    const length = open.length + text.length
    // The first version of a message that grows has no stamp.
    if (stamps.end !== undefined && Number(stamps.end) !== length) open.hasGap = true
    open.newest = version.serial!
    if (name === 'token') {
      open.keys.push(message.serial!)
      open.lengths.push(text.length)
    }
    open.text += text
    open.appended += text
    open.length = length
    open.done = stamps.phase === 'done'
    open.updatedAt = version.timestamp ?? timestamp
    if (open.isDirty) return
    open.isDirty = true
    this.dirty.push(open)
    if (this.isScheduled) return
    this.isScheduled = true
    this.frames.schedule(this.flush)
  }

  private begin(message: InboundMessage, { responseId: id, part }: Headers): Open {
    const { serial, timestamp, clientId } = message
    const open: Open = {
      id,
      part,
      clientId: clientId!,
      serial: serial!,
      createdAt: timestamp,
      updatedAt: timestamp,
      newest: '',
      text: '',
      length: 0,
      appended: '',
      done: false,
      hasGap: false,
      isDirty: false,
      keys: [],
      lengths: [],
      snapshot: undefined,
      listener: undefined,
    }
    this.responses.set(id, open)
    return open
  }

  private readonly flush = (): void => {
    this.isScheduled = false
    const { dirty } = this
    this.dirty = []
    for (const open of dirty) {
      open.isDirty = false
      const { id, text, hasGap, clientId, serial, createdAt, updatedAt, appended, length } = open
      const part: Part = { type: 'text', id: open.part, text, state: open.done ? 'done' : 'streaming' }
      open.snapshot = {
        id,
        status: 'streaming',
        text,
        parts: [part],
        hasGap,
        clientId,
        serial,
        createdAt,
        updatedAt,
      }
      open.appended = ''
      if (open.listener) open.listener([{ part: open.part, from: length - appended.length, appended }])
    }
  }
}

function listenerOf(open: Open, view: View): (changes: readonly Change[]) => void {
  if (view === 'whole') return () => readWhole(open.snapshot!.text)
  return appendChanges
}

function pastMessage(responseId: string) {
  const headers = { rejoin: '1', responseId, part: '0' }
  return {
    serial: '00000000000000-000@bench:000',
    name: 'response',
    data: 'An earlier answer.',
    clientId: 'agent',
    action: 'message.update',
    timestamp: 1,
    extras: { headers },
  }
}
