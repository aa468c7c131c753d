import type { Author } from './author.ts'
import { mixIn, remember, versionOf, withClaim } from './change.ts'
import { Delivery, type Subscriber } from './delivery.ts'
import { AblyError, notFound } from '../wire/errors.ts'
import { frameOf, summaryFrame, withMessages } from './frames.ts'
import { Journal } from './journal.ts'
import { joinPayload, toAppend, toWire, type Message, type MessageInput } from './message.ts'
import { MessageAction, Mode, type WireAnnotation, type WireMessage } from '../wire/protocol.ts'
import { RateLimit } from '../connection/limits.ts'
import { occupancyOf, type Occupancy } from './occupancy.ts'
import { PresenceSet } from './presence.ts'
import { messageSerial, serialTime, type SerialSource } from '../wire/serial.ts'
import type { Namespace, Settings } from '../settings.ts'
import { addAnnotation, measure, type Retained } from './retained.ts'
import { MessageStore } from './store.ts'
import { SummaryState } from './summary.ts'

/** A channel: its messages, subscribers and members. It knows nothing of sockets. */
export class Channel {
  readonly name: string
  readonly rules: Namespace
  readonly journal: Journal
  readonly messages: MessageStore
  readonly subscribers = new Set<Subscriber>()
  readonly presence: PresenceSet
  readonly rate = new RateLimit(42913, 'channel.maxRate')
  readonly #serials: SerialSource
  readonly #settings: Settings
  readonly #retained: Retained
  readonly #published = new Map<string, { serial: string; at: number }>()
  /** Called after each change of a message, for storage. */
  onChange: ((message: Message) => void) | undefined
  /** Called with published messages, for webhooks. */
  onMessages: ((messages: readonly WireMessage[], serial: string) => void) | undefined
  lastUsed = Date.now()
  #counting: NodeJS.Timeout | undefined

  constructor(
    name: string,
    rules: Namespace,
    { serials, settings, retained }: { serials: SerialSource; settings: Settings; retained: Retained },
  ) {
    this.name = name
    this.#retained = retained
    this.messages = new MessageStore(retained)
    this.rules = rules
    this.#serials = serials
    this.#settings = settings
    this.journal = new Journal(serials.series, serials.next())
    this.presence = new PresenceSet(serials, this.journal, retained, (delivery) => {
      this.#emit(delivery)
      this.#countSoon()
    })
  }

  /** Publishes new messages in one frame. For ids that were published before, returns their earlier serials. */
  create(inputs: readonly MessageInput[], author: Author): string[] {
    const known = inputs.map((input) =>
      input.id === undefined ? undefined : this.#published.get(input.id)?.serial,
    )
    if (known.length > 0 && known.every((serial) => serial !== undefined)) return known
    const serial = this.#serials.next()
    const timestamp = serialTime(serial)
    const messages = inputs.map((input, i): Message => {
      const own = messageSerial(serial, i)
      return {
        serial: own,
        id: input.id ?? `${author.frameId}:${i}`,
        timestamp,
        clientId: input.clientId ?? author.clientId,
        connectionId: author.connectionId,
        name: input.name,
        data: input.data,
        encoding: input.encoding,
        extras: withClaim(input.extras, author.userClaim),
        action: MessageAction.create,
        version: { serial: own, timestamp },
        size: input.size,
        weight: { operation: 0, past: 0, annotations: 0 },
        touched: serial,
        past: [],
      }
    })
    for (const [i, message] of messages.entries()) {
      this.messages.add(message)
      if (inputs[i]!.id !== undefined)
        this.#published.set(message.id, { serial: message.serial, at: timestamp })
    }
    this.#record(serial, timestamp, author, { messages })
    const wire = messages.map(toWire)
    this.#emit(
      new Delivery({ mode: Mode.SUBSCRIBE, serial, origin: author.connectionId }, () => ({
        ...frameOf(serial, timestamp, author),
        messages: wire,
      })),
    )
    for (const message of messages) this.onChange?.(message)
    this.onMessages?.(wire, serial)
    this.#makeRoom()
    return messages.map((message) => message.serial)
  }

  /** Adds a message from storage, without telling subscribers. */
  restore(kept: Omit<Message, 'weight'>): void {
    const message: Message = { ...kept, weight: measure(kept) }
    this.messages.add(message)
    this.#published.set(message.id, { serial: message.serial, at: message.timestamp })
    this.#makeRoom()
  }

  /** Returns the message with this serial, or throws a 40400. */
  find(serial: string | undefined): Message {
    const message = serial === undefined ? undefined : this.messages.get(serial)
    if (message) return message
    throw notFound(
      `unable to find message ${String(serial)}; it was never published on this channel, or has expired`,
    )
  }

  /** Updates, deletes or appends to a message. Returns the serial of the new version. */
  operate(input: MessageInput, author: Author): string {
    const message = this.find(input.serial)
    this.checkAppend(message, input)
    const serial = this.#serials.next()
    const timestamp = Math.max(serialTime(serial), message.timestamp + 1)
    const before = message.touched
    const appending = input.action === MessageAction.append
    if (!appending) remember(message)
    mixIn(message, input, author.userClaim)
    message.version = versionOf(messageSerial(serial, 0), timestamp, input.operation, author)
    message.touched = serial
    message.weight.operation = input.operationSize
    this.messages.weigh(message)
    this.#record(serial, timestamp, author, { messages: [message] })
    this.#emit(
      new Delivery(
        {
          mode: Mode.SUBSCRIBE,
          serial,
          origin: author.connectionId,
          change: { message, before, isAppend: appending },
        },
        (whole) =>
          withMessages(frameOf(serial, timestamp, author), [
            appending && !whole ? toAppend(message, input) : toWire(message),
          ]),
      ),
    )
    this.onChange?.(message)
    this.onMessages?.([appending ? toAppend(message, input) : toWire(message)], serial)
    this.#makeRoom()
    return message.version.serial
  }

  /** Refuses an append that cannot be joined, or that would grow the message past the limit. */
  checkAppend(message: Message, input: MessageInput): void {
    if (input.action !== MessageAction.append) return
    joinPayload(message.data, input.data)
    const limit = this.sizeLimit
    if (message.size + input.size > limit) {
      throw new AblyError(40009, 413, `unable to append; the whole message would exceed ${limit} bytes`)
    }
  }

  /** Annotates messages and publishes their new summaries. Returns the annotations' serials. */
  annotate(annotations: readonly WireAnnotation[], author: Author): string[] {
    const subjects = annotations.map((annotation) => this.find(annotation.messageSerial))
    const serial = this.#serials.next()
    const timestamp = serialTime(serial)
    const stamped = annotations.map((annotation, i): WireAnnotation => {
      const own: WireAnnotation = { ...annotation, id: annotation.id ?? `${author.frameId}:${i}` }
      if (author.connectionId !== undefined) own.connectionId = author.connectionId
      return { ...own, timestamp, serial: messageSerial(serial, i) }
    })
    this.#record(serial, timestamp, author, { annotations: stamped })
    this.#emit(
      new Delivery({ mode: Mode.ANNOTATION_SUBSCRIBE, serial, origin: author.connectionId }, () => ({
        ...frameOf(serial, timestamp, author),
        action: 21,
        annotations: stamped,
      })),
    )
    const changed = new Set<Message>()
    for (const [i, annotation] of stamped.entries()) {
      const message = subjects[i]!
      addAnnotation(message, annotation)
      this.messages.weigh(message)
      message.summary ??= new SummaryState()
      if (message.summary.apply(annotation)) changed.add(message)
    }
    for (const message of changed) this.#summarise(message)
    for (const message of new Set(subjects)) if (!changed.has(message)) this.onChange?.(message)
    this.#makeRoom()
    return stamped.map((annotation) => annotation.serial!)
  }

  #summarise(message: Message): void {
    const serial = this.#serials.next()
    const timestamp = serialTime(serial)
    this.journal.append({ serial, frameId: serial, connectionId: undefined, timestamp, summaryOf: message })
    this.#emit(new Delivery({ mode: Mode.SUBSCRIBE, serial }, () => summaryFrame(message, serial, timestamp)))
    this.onChange?.(message)
  }

  /** Drops everything: the channel is removed. */
  clear(): void {
    this.messages.clear()
    this.presence.clear()
  }

  /** Drops the oldest messages until at most `bytes` are left. Resumes from before the dropped messages then fail. */
  shed(bytes: number): void {
    const touched = this.messages.dropOldest(bytes)
    if (touched !== undefined) this.journal.dropThrough(touched)
  }

  #makeRoom(): void {
    const { bytes } = this.#settings.retention
    // Drop more than needed, so that the next publish need not.
    if (this.messages.bytes > bytes) this.shed(bytes * 0.875)
    this.#retained.check()
  }

  /** Whether the channel can be removed: no subscribers, members or messages. */
  get idle(): boolean {
    return this.subscribers.size === 0 && this.messages.size === 0 && this.presence.size === 0
  }

  /** Drops messages past their retention. */
  expire(now: number): void {
    const { recent, persisted, messages } = this.#settings.retention
    this.journal.expire(now - recent, messages)
    const kept = this.rules.persisted ? persisted : recent
    this.messages.expire(now - kept, messages, this.rules.persistLast ?? false)
    this.presence.expire(now - kept)
    for (const [id, { at }] of this.#published) {
      if (at > now - Math.max(recent, 120_000)) break
      this.#published.delete(id)
    }
  }

  /** Adds an attachment, which gets all later deliveries. */
  join(subscriber: Subscriber): void {
    this.subscribers.add(subscriber)
    this.#countSoon()
  }

  part(subscriber: Subscriber): void {
    this.subscribers.delete(subscriber)
    this.#countSoon()
  }

  occupancy(): Occupancy {
    return occupancyOf(this.subscribers, this.presence.size)
  }

  /** The most bytes of one publish. */
  get sizeLimit(): number {
    return this.#settings.limits.messageSize
  }

  /** The most bytes that may wait for one subscriber. */
  get outboundLimit(): number {
    return this.#settings.limits.outboundBytes
  }

  /** Returns a serial greater than all before it: the present on this channel. */
  mark(): string {
    return this.#serials.next()
  }

  #record(
    serial: string,
    timestamp: number,
    author: Author,
    what: { messages?: Message[]; annotations?: WireAnnotation[] },
  ): void {
    const { frameId, connectionId } = author
    this.lastUsed = timestamp
    this.journal.append({ serial, frameId, connectionId, timestamp, ...what })
  }

  // Many changes of occupancy are told at once.
  #countSoon(): void {
    if (this.#counting) return
    this.#counting = setTimeout(() => {
      this.#counting = undefined
      const occupancy = this.occupancy()
      for (const subscriber of this.subscribers) subscriber.tellOccupancy(occupancy)
    }, 20).unref()
  }

  #emit(delivery: Delivery): void {
    for (const subscriber of this.subscribers) subscriber.deliver(delivery)
  }
}
