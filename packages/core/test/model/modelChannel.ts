import type { ChannelStateChange, InboundMessage, RealtimeChannel } from 'ably'
import { toMessage } from './channelModel.ts'
import type { ChannelModel, Live, Stored } from './channelModel.ts'

export interface Attachment {
  /** Messages that every attach brings first. */
  rewind: number | undefined
  /** Appends carry neither name nor headers. */
  bare: boolean
  /** After a rewind, an append to a message that it brought comes as an append. */
  rewindCounts: boolean
}

/** A request under way: what the test makes of it. */
export interface Request {
  succeed(): void
  fail(): void
}

/** A message on its way, or news of a member. */
interface Arriving {
  order: number
  publisher: string
  arrive(): void
}

/**
 * A reader's attachment to a model: what a session needs of a RealtimeChannel, every answer and every delivery under
 * the test's control.
 */
export class ModelChannel {
  readonly name = 'model'
  readonly params: { rewind?: string }
  state = 'initialized'
  /** Requests waiting for an answer. */
  readonly pending: Request[] = []
  /** Requests from before continuity was lost; their answers are no longer needed. */
  readonly stuck: Request[] = []
  /** Ably does not know the point of attach any more, after the first question. */
  attachPointGone = false
  /** Client ids of those who are present, as this attachment knows. */
  private members = new Set<string>()
  /** What was delivered live since the channel was attached, in order. */
  delivered: InboundMessage[] = []
  /** Whose messages were delivered since the test looked; `*`: anybody's, of the past. */
  readonly touched = new Set<string>()
  /** Publishers whose messages take longer: those of others overtake them. */
  readonly slow = new Set<string>()
  private readonly model: ChannelModel
  private readonly how: Attachment
  private readonly subscribers = new Set<(message: InboundMessage) => void>()
  private readonly stateListeners: [event: string, listener: (change: ChannelStateChange) => void][] = []
  private seen = new Set<string>()
  private attachedAt = 0
  private attaches = 0
  /** History requests since then. */
  private asks = 0
  private backlog: InboundMessage[] = []
  private arriving: Arriving[] = []
  /** Calls that wait for the channel while its connection is away for a moment. */
  private waiting: (() => void)[] = []
  private count = 0
  private newest = 0

  constructor(model: ChannelModel, how: Attachment) {
    this.model = model
    this.how = how
    this.params = how.rewind === undefined ? {} : { rewind: String(how.rewind) }
    model.listen(({ kind, fragment, stored }) => {
      const publisher = stored.headers.responseId ?? this.name
      this.receive(publisher, () => this.deliver(this.message(kind, fragment, stored)))
    })
  }

  /** Something is on its way, or the connection is not there. */
  get busy(): boolean {
    return this.state !== 'attached' || this.backlog.length > 0 || this.arriving.length > 0
  }

  asChannel(): RealtimeChannel {
    return this as unknown as RealtimeChannel
  }

  subscribe(listener: (message: InboundMessage) => void): Promise<void> {
    this.subscribers.add(listener)
    return Promise.resolve()
  }

  unsubscribe(): void {
    this.subscribers.clear()
  }

  on(event: unknown, listener?: (change: ChannelStateChange) => void): void {
    if (listener) this.stateListeners.push([event as string, listener])
    else this.stateListeners.push(['*', event as (change: ChannelStateChange) => void])
  }

  off(): void {}

  attach(): Promise<null> {
    if (this.state === 'attaching') return new Promise((resolve) => this.waiting.push(() => resolve(null)))
    this.attached()
    return Promise.resolve(null)
  }

  /** Attaches, or attaches again with continuity lost. The SDK rewinds nothing when it attaches again. */
  attached({ rewinds = true }: { rewinds?: boolean } = {}): void {
    this.catchUp()
    this.state = 'attached'
    this.seen = new Set()
    this.arriving = []
    this.delivered = []
    this.attachedAt = this.model.log.length
    this.asks = 0
    const { rewind, rewindCounts } = this.how
    this.backlog =
      rewind && rewinds
        ? this.model.log.slice(-Math.min(rewind, 100)).map((m) => toMessage(m, m.action, m.data))
        : []
    if (rewindCounts) for (const { serial } of this.backlog) this.seen.add(serial!)
    const before = this.members
    this.members = new Set(this.model.members)
    // With or without a word from the connection in between.
    this.tell(this.attaches++ % 2 ? 'update' : 'attached', false)
    // The SDK compares who was there with who is.
    for (const clientId of before) if (!this.members.has(clientId)) this.tellMember('leave', clientId)
    for (const clientId of this.members) if (!before.has(clientId)) this.tellMember('present', clientId)
  }

  /** The connection is lost for long: this reader misses the channel's messages, except overtaken ones. */
  outage(): void {
    this.catchUp()
    this.state = 'suspended'
    this.tell('suspended', false)
    this.backlog = []
    this.arriving = []
  }

  /** Delivers what others have overtaken: the service leaves no gap before what it has delivered. */
  private catchUp(): void {
    if (this.state === 'attached') while (this.arriving.some((a) => a.order < this.newest) && this.arrive());
  }

  /** The connection is gone for a moment: what the channel says comes when it is back. */
  drop(): void {
    this.state = 'attaching'
    this.tell('attaching', false)
  }

  resumed(): void {
    this.state = 'attached'
    this.tell('attached', true)
  }

  history({
    limit,
    untilAttach,
    end,
  }: {
    limit: number
    untilAttach?: boolean
    end?: number
  }): Promise<unknown> {
    const first = this.asks++ === 0
    if (untilAttach && this.attachPointGone && !first)
      return Promise.reject(Object.assign(new Error('gone'), { code: 90008, statusCode: 400 }))
    if (untilAttach) return this.page(this.attachedAt, limit)
    // Of a channel that was attached before, a page is asked for at once: what it has, the connection has delivered.
    if (!this.attachPointGone) while (this.busy && this.arrive());
    const { log } = this.model
    // A message's time is its serial.
    const newer = end === undefined ? -1 : log.findIndex(({ serial }) => Number(serial) > end)
    return this.page(newer < 0 ? log.length : newer, limit, !this.attachPointGone)
  }

  private readonly presenceListeners = new Set<(message: object) => void>()

  readonly presence = {
    subscribe: (listener: (message: object) => void) => {
      this.presenceListeners.add(listener)
      return Promise.resolve()
    },
    unsubscribe: () => this.presenceListeners.clear(),
    get: async () => {
      if (this.state !== 'attached') await new Promise<void>((resolve) => this.waiting.push(resolve))
      return [...this.members].map((clientId) => ({ clientId, timestamp: 0, data: { role: 'agent' } }))
    },
    history: () => Promise.resolve({ items: [...this.model.left], hasNext: () => false }),
  }

  /** A publisher leaves, or comes back: readers learn of it after its last message, and before its next one. */
  member(action: 'leave' | 'enter', clientId: string, publisher: string): void {
    this.receive(publisher, () => {
      if (action === 'leave') this.members.delete(clientId)
      else this.members.add(clientId)
      this.tellMember(action, clientId)
    })
  }

  private tellMember(action: string, clientId: string): void {
    const message = { clientId, action, timestamp: 0, data: { role: 'agent' } }
    for (const listener of this.presenceListeners) listener(message)
  }

  /** An answer that comes when the test says so. */
  answer<T>(make: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = () => reject(Object.assign(new Error('refused'), { code: 40160, statusCode: 401 }))
      this.pending.push({ succeed: () => resolve(make()), fail })
    })
  }

  /** Delivers what the attach rewound. Returns whether it did. */
  rewound(): boolean {
    while (this.backlog.length && this.arrive());
    return this.backlog.length === 0
  }

  /** Delivers one message that is on its way, if any is; `slow` ones too. Returns whether there was one. */
  arrive(slow = true): boolean {
    if (this.state !== 'attached' || this.subscribers.size === 0) return false
    const rewound = this.backlog.shift()
    if (rewound) {
      this.touched.add('*')
      this.deliver(rewound)
      return true
    }
    let index = this.arriving.findIndex((a) => !this.slow.has(a.publisher))
    if (index < 0 && slow) index = 0
    const [next] = index < 0 ? [] : this.arriving.splice(index, 1)
    if (!next) return false
    this.touched.add(next.publisher)
    this.newest = Math.max(this.newest, next.order)
    next.arrive()
    return true
  }

  /** Delivers a message that was delivered before. */
  again(message: InboundMessage): void {
    for (const listener of this.subscribers) listener(message)
  }

  /** `now`: as of the request. Else an old message shows what was appended until the answer. */
  private page(upTo: number, limit: number, now = false): Promise<unknown> {
    const from = Math.max(0, upTo - limit)
    const items = () =>
      this.model.log
        .slice(from, upTo)
        .reverse()
        .map((m) => toMessage(m, m.action, m.data))
    const known = now ? items() : undefined
    return this.answer(() => ({
      items: known ?? items(),
      hasNext: () => from > 0,
      next: () => this.page(from, limit),
    }))
  }

  private receive(publisher: string, arrive: () => void): void {
    if (this.state === 'suspended' || this.state === 'initialized') return
    this.arriving.push({ order: ++this.count, publisher, arrive })
    while (!this.backlog.length && this.arrive(false));
  }

  private message(kind: Live['kind'], fragment: unknown, stored: Stored): InboundMessage {
    const first = !this.seen.has(stored.serial)
    this.seen.add(stored.serial)
    if (kind !== 'append') return toMessage(stored, kind, fragment)
    return first
      ? toMessage(stored, 'update', stored.data)
      : toMessage(stored, 'append', fragment, this.how.bare)
  }

  private deliver(message: InboundMessage): void {
    this.delivered.push(message)
    for (const listener of this.subscribers) listener(message)
  }

  private tell(event: string, resumed: boolean): void {
    for (const go of this.waiting.splice(0)) go()
    const change = {
      current: this.state,
      previous: 'attached',
      resumed,
      hasBacklog: this.backlog.length > 0,
    } as unknown as ChannelStateChange
    for (const [wanted, listener] of this.stateListeners)
      if (wanted === event || wanted === '*') listener(change)
  }
}
