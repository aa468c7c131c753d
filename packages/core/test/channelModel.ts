import type { ChannelStateChange, InboundMessage, RealtimeChannel } from 'ably'

const pad = (n: number) => String(n).padStart(8, '0')

interface Stored {
  serial: string
  name: string
  headers: Record<string, string>
  data: string
  clientId: string
  /** Newest operation. */
  version: string
  action: 'create' | 'update' | 'delete'
  metadata: Record<string, string> | undefined
}

interface Live {
  stored: Stored
  kind: 'create' | 'append' | 'update'
  fragment: string
}

/**
 * An Ably channel as the documents describe it, without a network or a clock: serials, versions, the first append
 * on an attachment as a full update, history as of the query. For tests that need thousands of random runs; the
 * same laws are tested on real sockets elsewhere.
 */
export class ChannelModel {
  private count = 0
  readonly log: Stored[] = []
  private readonly listeners = new Set<(live: Live) => void>()

  /** A publish. `lost`: the channel refuses it. */
  create(name: string, data: string, headers: Record<string, string>): string {
    const serial = pad(++this.count)
    const stored: Stored = {
      serial,
      name,
      headers,
      data,
      clientId: 'agent',
      version: serial,
      action: 'create',
      metadata: undefined,
    }
    this.log.push(stored)
    this.emit({ stored, kind: 'create', fragment: data })
    return serial
  }

  append(serial: string, fragment: string, metadata?: Record<string, string>): void {
    const stored = this.change(serial, metadata)
    stored.data += fragment
    this.emit({ stored, kind: 'append', fragment })
  }

  update(serial: string, data: string, metadata?: Record<string, string>): void {
    const stored = this.change(serial, metadata)
    stored.data = data
    this.emit({ stored, kind: 'update', fragment: data })
  }

  listen(listener: (live: Live) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private change(serial: string, metadata: Record<string, string> | undefined): Stored {
    const stored = this.log.find((m) => m.serial === serial)!
    stored.version = pad(++this.count)
    stored.action = 'update'
    stored.metadata = metadata
    return stored
  }

  private emit(live: Live): void {
    for (const listener of this.listeners) listener(live)
  }
}

function toMessage(stored: Stored, action: string, data: string): InboundMessage {
  return {
    name: stored.name,
    data,
    action: `message.${action}`,
    serial: stored.serial,
    clientId: stored.clientId,
    timestamp: Number(stored.serial),
    extras: { headers: { ...stored.headers } },
    version: {
      serial: stored.version,
      timestamp: 0,
      ...(stored.metadata && { metadata: { ...stored.metadata } }),
    },
    annotations: { summary: {} },
  } as unknown as InboundMessage
}

interface Pending {
  run(): void
}

/** A reader's attachment to a model: what a session needs of a RealtimeChannel, every answer under the test's control. */
export class ModelChannel {
  readonly name = 'model'
  state = 'initialized'
  /** History requests waiting for an answer. */
  readonly pending: Pending[] = []
  private readonly model: ChannelModel
  private readonly subscribers = new Set<(message: InboundMessage) => void>()
  private readonly stateListeners: [events: string[], listener: (change: ChannelStateChange) => void][] = []
  private seen = new Set<string>()
  private attachedAt = 0
  private attaches = 0

  constructor(model: ChannelModel) {
    this.model = model
    model.listen((live) => this.deliver(live))
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
    if (listener) this.stateListeners.push([[event as string], listener])
  }

  off(): void {}

  attach(): Promise<null> {
    this.attached()
    return Promise.resolve(null)
  }

  /** Attaches, or attaches again with continuity lost. */
  attached(): void {
    this.state = 'attached'
    this.seen = new Set()
    this.attachedAt = this.model.log.length
    const change = {
      current: 'attached',
      previous: 'attached',
      resumed: false,
      hasBacklog: false,
    } as unknown as ChannelStateChange
    const event = this.attaches++ ? 'update' : 'attached'
    for (const [events, listener] of this.stateListeners) if (events.includes(event)) listener(change)
  }

  /** The connection is gone: what the channel says is lost to this reader. */
  outage(): void {
    this.state = 'suspended'
  }

  get listening(): boolean {
    return this.state === 'attached' && this.subscribers.size > 0
  }

  history({ limit, untilAttach }: { limit: number; untilAttach?: boolean }): Promise<unknown> {
    const upTo = untilAttach ? this.attachedAt : this.model.log.length
    return this.page(upTo, limit)
  }

  readonly presence = { subscribe: () => Promise.resolve(), unsubscribe() {}, get: () => Promise.resolve([]) }

  private page(upTo: number, limit: number): Promise<unknown> {
    return new Promise((resolve) => {
      this.pending.push({
        run: () => {
          // As of the query: an old message shows what was appended since.
          const from = Math.max(0, upTo - limit)
          const items = this.model.log
            .slice(from, upTo)
            .reverse()
            .map((m) => toMessage(m, m.action, m.data))
          resolve({ items, hasNext: () => from > 0, next: () => this.page(from, limit) })
        },
      })
    })
  }

  private deliver({ stored, kind, fragment }: Live): void {
    if (!this.listening) return
    const first = !this.seen.has(stored.serial)
    this.seen.add(stored.serial)
    const action = kind === 'append' && first ? 'update' : kind
    const message = toMessage(stored, action, action === 'append' ? fragment : stored.data)
    for (const listener of this.subscribers) listener(message)
  }
}
