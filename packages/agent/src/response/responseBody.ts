import type { Message, RealtimeChannel } from 'ably'
import { storable } from '../inbound/storable.ts'
import {
  ErrorCode,
  RejoinError,
  Header,
  MessageName,
  PROTOCOL_VERSION,
  shortened,
  type EndStatus,
} from '@rejoin/core/protocol'
import type { RetryOptions } from '../publish/backoff.ts'
import { PartText } from './partText.ts'
import { Lane, type LaneEntry } from '../publish/lane.ts'
import { LargeValue, largeField } from './largeValue.ts'
import { utf8Length } from './unicode.ts'
import type { Uplink } from '../publish/uplink.ts'
import type { ProviderMetadata } from './modelEvent.ts'
import type { PastResponse } from './pastResponse.ts'
import type { LastMessage } from '../publish/lastMessage.ts'
import { adoptedTool, ResponseParts } from './responseParts.ts'
import type { Pattern } from './runWire.ts'
import { ToolCalls, type MessageParts } from './toolCalls.ts'
import { Values, type Publish } from './values.ts'

/** How an agent publishes. */
export interface Publishing {
  readonly channel: RealtimeChannel
  readonly uplink: Uplink
  readonly retry: RetryOptions
  readonly pattern: Pattern
  /** Whether the agent is present on the channel, so that readers notice when it dies. */
  present(): boolean
  /** Resolves when the agent receives people's requests about a response, or cannot. */
  listening(): Promise<void>
  /** Bytes that a message may have. */
  readonly maxMessageSize: number
  /** Code units of a response that may wait for the network before its stream is paused. */
  readonly highWaterMark: number
}

/** The parts of a response, and their publishing. */
export class ResponseBody {
  readonly parts = new ResponseParts()
  readonly tools: ToolCalls
  readonly values: Values
  /** Number of parts at the start of the current model call. */
  stepStart = 0
  /** Operations refused or not acknowledged. */
  failures = 0
  /** Times a text was published again in full. */
  repairs = 0
  /** Messages other than text that could not be delivered. */
  readonly lost: RejoinError[] = []

  readonly #publishing: Publishing
  readonly #ids: Record<string, string>
  readonly #lane: Lane
  readonly #onLost: (error: RejoinError) => void
  #partCount = 0
  #begun = false
  #sealed = false
  #ready: { promise: Promise<void>; resolve: () => void } | undefined

  constructor(
    publishing: Publishing,
    ids: { responseId: string; promptId: string | undefined },
    onLost: (error: RejoinError) => void,
  ) {
    this.#publishing = publishing
    this.#onLost = onLost
    this.#ids = {
      [Header.Rejoin]: PROTOCOL_VERSION,
      [Header.ResponseId]: ids.responseId,
      ...(ids.promptId !== undefined && { [Header.PromptId]: ids.promptId }),
    }
    this.#lane = new Lane({ ...publishing, refused: () => this.failures++ })
    this.tools = new ToolCalls({
      parts: this.parts,
      streamsInput: publishing.pattern === 'message-per-response',
      nextPart: () => this.#nextPart(),
      grow: (type, part, headers) => this.#grow(type, part, headers),
      publish: (...message) => this.publish(...message),
      said: (text) => this.said(text),
    })
    this.values = new Values({
      parts: this.parts,
      nextPart: () => this.#nextPart(),
      publish: (...message) => this.publish(...message),
      lost: (error) => this.#loss(error),
    })
  }

  /** Pending while more than `highWaterMark` code units wait for the network; otherwise `undefined`. */
  get pressure(): Promise<void> | undefined {
    if (this.#ready) return this.#ready.promise
    if (this.backlog <= this.#publishing.highWaterMark || this.parts.error) return undefined
    let resolve = () => {}
    const promise = new Promise<void>((resolved) => (resolve = resolved))
    this.#ready = { promise, resolve }
    return promise
  }

  /** Code units without an acknowledgement. */
  get backlog(): number {
    let backlog = 0
    for (const growing of this.parts.growing) backlog += growing.backlog
    return backlog
  }

  get #headers(): Record<string, string> {
    return this.#publishing.present() ? this.#ids : { ...this.#ids, [Header.Presence]: 'none' }
  }

  /** Publishes the beginning. Returns `false` once sealed, when writes are ignored. */
  begin(): boolean {
    if (this.#sealed) return false
    if (!this.#begun) {
      this.#begun = true
      this.publish(MessageName.Start, undefined, {}, { done: (serial) => (this.parts.startSerial = serial) })
    }
    return true
  }

  /** The text to append to: the last part, if it is open and of the same kind. */
  current(kind: 'text' | 'reasoning'): PartText {
    const last = this.parts.records.at(-1)
    if (last?.kind === kind && !last.growing.finished) return last.growing
    this.finishText()
    return this.openText(kind)
  }

  openText(kind: 'text' | 'reasoning'): PartText {
    const open = this.begin()
    const growing = this.#grow(kind, () => this.#nextPart(), {})
    if (open) this.parts.add({ kind, growing })
    else growing.finish()
    return growing
  }

  /** Takes over an unfinished response of a former process. */
  adopt(past: PastResponse): void {
    this.#begun = true
    this.#partCount = past.partCount
    this.parts.startSerial = past.startSerial
    this.parts.retracted.push(...past.retracted)
    for (const name of past.retracted) this.values.nameWithdrawn(name)
    if (past.metadata) this.values.adoptMetadata(past.metadata)
    for (const part of past.parts) {
      const { kind, serial } = part
      if (kind === 'text' || kind === 'reasoning') {
        const growing = this.#grow(kind, () => part.part, {})
        const over = past.status !== undefined
        growing.adopt([...part.pieces.values()].map((piece) => ({ ...piece, done: piece.done || over })))
        const { providerMetadata } = past.metadataOf(part)
        this.parts.add({ kind, growing, ...(providerMetadata && { providerMetadata }) })
      } else if (kind === 'tool') this.parts.add(adoptedTool(part, past.metadataOf(part)))
      else {
        const { name: type = 'source-url', version = serial } = part
        const fields = kind === 'data' ? { data: part.data } : (part.data as object)
        this.parts.add({ kind: 'whole', row: { type, id: part.part, serial, version, ...fields } })
      }
    }
  }

  /** Another part begins: an open text is complete. */
  finishText(): void {
    const last = this.parts.records.at(-1)
    if (last?.kind === 'text' || last?.kind === 'reasoning') last.growing.finish()
  }

  /** Withdraws the parts from `index` on: readers no longer show them, and rows leave them out. */
  retract(index: number): void {
    const names: string[] = []
    for (const part of this.parts.take(index)) {
      const name = part.kind === 'whole' ? part.row.id : part.kind === 'tool' ? part.part : part.growing.part
      if (name !== undefined) names.push(name)
      if (part.kind === 'whole') this.values.withdrawn(part)
      else part.growing?.retract()
    }
    if (names.length === 0) return
    this.parts.retracted.push(...names)
    this.publish(MessageName.Retract, { parts: names }, {})
  }

  /** Withdraws the output of the current model call after its last completed tool. */
  resetStep(): void {
    this.retract(Math.max(this.stepStart, this.parts.afterSettledTool))
  }

  textMetadata(text: PartText, providerMetadata: ProviderMetadata): void {
    const record = this.parts.records.find((part) => part.kind !== 'whole' && part.growing === text)
    if (!record || record.kind === 'whole') return
    record.providerMetadata = storable(providerMetadata)
    text.begin()
    this.values.partMetadata({ [Header.Part]: text.part! }, 'providerMetadata', providerMetadata)
  }

  toolMetadata(
    toolCallId: string,
    field: 'providerMetadata' | 'resultProviderMetadata' | 'toolMetadata',
    metadata: Record<string, unknown>,
  ): void {
    const tool = this.parts.tool(toolCallId)
    if (!tool) return
    tool[field] = storable(metadata) as ProviderMetadata
    this.values.partMetadata({ [Header.ToolCallId]: toolCallId }, field, metadata)
  }

  readonly publish: Publish = (name, data, headers, options = {}) => {
    const { done, failed = (error) => this.#loss(error), key, ephemeral } = options
    const { value, json, encoding } = wireData(name, this.#said(name, data))
    const room = this.#room
    const field = largeField(name)
    let large: LargeValue | undefined
    const entry: LaneEntry = {
      key,
      ephemeral,
      make: () =>
        large
          ? this.#message(name, large.data, { ...headers, ...large.headers })
          : { ...this.#message(name, value, headers, ephemeral), ...(encoding && { encoding }) },
      done: (serial) => done?.(serial),
      failed,
    }
    const enlarge = () => {
      if (large || field === undefined) return false
      large = new LargeValue(value, field)
      entry.before = () => large!.entries(room, (...piece) => this.#message(...piece), failed)
      return true
    }
    // The channel may accept less than assumed.
    entry.shrink = enlarge
    if (json !== undefined && json.length * 3 > room && utf8Length(json) > room) enlarge()
    this.#lane.push(entry)
  }

  #loss(error: RejoinError): void {
    this.lost.push(error)
    this.#onLost(error)
  }

  /** As `publish`, awaited; rejects when it could not be delivered. */
  deliver(name: string, data: unknown, headers: Record<string, string>): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#lane.push({
        make: () => this.#message(name, this.#said(name, data), headers),
        done: () => resolve(),
        failed: reject,
      }),
    )
  }

  /** Resolves when everything so far is acknowledged; rejects when text could not be delivered. */
  async settled(): Promise<void> {
    await this.values.uploaded()
    await this.#lane.idle()
    for (const growing of [...this.parts.growing, ...this.parts.withdrawn]) await growing.settled()
    await this.#lane.idle()
    if (this.parts.error) throw this.parts.error
  }

  /** Whether the channel may hold a part of the response. */
  get begun(): boolean {
    return this.#begun
  }

  /** Whether `lastWords` holds the whole text. */
  get lasts(): boolean {
    return !this.#lane.busy && this.parts.growing.every((growing) => growing.lasts)
  }

  /** The messages that complete the response as far as it goes when nothing can be awaited; `name` ends it. */
  lastWords(status: EndStatus, ...end: MessageParts): LastMessage[] {
    const texts = this.parts.growing.flatMap(({ runs }) => runs.flatMap((run) => run.last() ?? []))
    const questions = this.tools.openQuestions(status).map((question) => this.#message(...question))
    const [name, data, headers] = end
    return [...texts, ...questions, this.#message(name, this.#said(name, data), headers)]
  }

  /** Publishes nothing more, not even waiting messages. */
  abandon(): void {
    this.#sealed = true
    this.#lane.close()
    for (const growing of this.parts.growing) growing.abandon()
  }

  /** This run writes nothing more. */
  pause(): void {
    this.#sealed = true
    for (const growing of this.parts.growing) growing.finish()
  }

  /** Accepts no more writes: finishes all parts and closes open questions. */
  seal(status: EndStatus): void {
    if (this.#sealed) return
    this.tools.closeQuestions(status)
    this.#sealed = true
    for (const growing of this.parts.growing) growing.finish()
  }

  /** Bytes of data that a message may have. */
  get #room(): number {
    return Math.max(256, this.#publishing.maxMessageSize - MESSAGE_OVERHEAD)
  }

  /** Data whose text for people fits into a message: cut, and saying so (PROTOCOL.md §1.5). */
  #said(name: string, data: unknown): unknown {
    const field = SAID[name]
    const text = field === undefined ? undefined : (data as Record<string, unknown> | undefined)?.[field]
    if (typeof text !== 'string') return data
    return { ...(data as object), [field!]: this.said(text) }
  }

  /** A text for people as readers get it. */
  said(text: string): string {
    return shortened(text, this.#room - MESSAGE_OVERHEAD / 4)
  }

  #message(name: string, data: unknown, headers: Record<string, string>, ephemeral = false): Message {
    const extras = { headers: { ...this.#headers, ...headers }, ...(ephemeral && { ephemeral }) }
    const message: Message = { name, extras }
    if (data !== undefined) message.data = data
    return message
  }

  /** Name of the next part. */
  get upcomingPart(): string {
    return String(this.#partCount)
  }

  #nextPart(): string {
    return String(this.#partCount++)
  }

  #grow(
    type: 'text' | 'reasoning' | 'tool-input',
    part: () => string,
    headers: Record<string, string>,
  ): PartText {
    const { channel } = this.#publishing
    const host = {
      ...this.#publishing,
      lane: this.#lane,
      refused: () => this.failures++,
      repaired: () => this.repairs++,
      progressed: () => this.#progressed(),
    }
    return new PartText(host, { channel, type, headers: { ...this.#headers, ...headers } }, part)
  }

  #progressed(): void {
    if (!this.#ready) return
    if (this.backlog > this.#publishing.highWaterMark / 2 && !this.parts.error) return
    const { resolve } = this.#ready
    this.#ready = undefined
    resolve()
  }
}

/** Fields of messages' data that hold a text for people. */
const SAID: Readonly<Record<string, string>> = {
  [MessageName.ToolResult]: 'error',
  [MessageName.ApprovalResponse]: 'reason',
  [MessageName.ResponseEnd]: 'message',
  [MessageName.Stop]: 'message',
  [MessageName.Cancelled]: 'message',
}

/** Bytes for the name, the headers and anything else that a service counts. */
const MESSAGE_OVERHEAD = 1024

/** Data in a form that the SDK can send: texts, objects and arrays unchanged, others as JSON text marked as such. */
function wireData(name: string, data: unknown): { value: unknown; json?: string; encoding?: string } {
  if (data === undefined) return { value: undefined }
  try {
    const value = storable(data)
    const json = JSON.stringify(value)
    const carried = typeof value === 'string' || (typeof value === 'object' && value !== null)
    return carried ? { value, json } : { value: json, json, encoding: 'json' }
  } catch (cause) {
    const message = `unable to publish ${name}; its data is no JSON: ${(cause as Error).message}`
    throw new RejoinError(ErrorCode.InvalidArgument, message, { cause })
  }
}
