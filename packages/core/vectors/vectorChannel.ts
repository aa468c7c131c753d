import type { InboundMessage, RealtimeChannel } from 'ably'
import { channelName } from './vector.ts'

export type Message = Record<string, unknown>

/** Later than any message of a vector says of itself, in milliseconds since the epoch. */
const AFTER_ALL = 1_800_000_000_000

interface Change {
  current: string
  resumed: boolean
  hasBacklog: boolean
}

/** Someone came or went. */
interface Move {
  clientId: string
  action: 'enter' | 'leave'
  timestamp: number
}

/** What a session needs of a channel, every answer given by the vector. */
export class VectorChannel {
  readonly name = channelName
  readonly params: Record<string, string>
  state = 'initialized'
  private listener: (message: InboundMessage) => void = () => {}
  private readonly stateListeners: [event: unknown, listener: (change: Change) => void][] = []
  private presenceListener: (message: Move) => void = () => {}
  private members: string[] = []
  /** Who entered and left, newest first. */
  private readonly moves: Move[] = []
  private readonly asked: ((page: Message[], more: boolean) => void)[] = []
  private rewound: Message[] = []
  private attaches = 0

  constructor(rewinds: boolean) {
    this.params = rewinds ? { rewind: '2m' } : {}
  }

  asChannel(): RealtimeChannel {
    return this as unknown as RealtimeChannel
  }

  attached(resumed: boolean, backlog: Message[] = []): void {
    this.state = 'attached'
    this.rewound = backlog
    const event = this.attaches++ ? 'update' : 'attached'
    const change = { current: 'attached', resumed, hasBacklog: backlog.length > 0 }
    for (const [name, listener] of this.stateListeners) if (name === event) listener(change)
  }

  /** What is delivered live after someone came or went is later than that. */
  deliver(message: Message): void {
    const timestamp = AFTER_ALL + this.moves.length
    const later = this.moves.length > 0 && { version: { ...Object(message.version), timestamp } }
    this.listener({ ...message, ...later } as unknown as InboundMessage)
  }

  /** Answers the oldest request for history, if there is one. */
  answer(page: Message[], more: boolean): void {
    this.asked.shift()?.(page, more)
  }

  setMembers(clientIds: string[]): void {
    const before = this.members
    this.members = clientIds
    const move = (clientId: string, action: 'enter' | 'leave'): void => {
      const message = { clientId, action, timestamp: AFTER_ALL + this.moves.length }
      this.moves.unshift(message)
      this.presenceListener(message)
    }
    for (const clientId of before) if (!clientIds.includes(clientId)) move(clientId, 'leave')
    for (const clientId of clientIds) if (!before.includes(clientId)) move(clientId, 'enter')
  }

  subscribe(listener: (message: InboundMessage) => void): Promise<null> {
    this.listener = listener
    return Promise.resolve(null)
  }

  unsubscribe(): void {}

  on(event: unknown, listener?: (change: Change) => void): void {
    if (listener) this.stateListeners.push([event, listener])
  }

  off(): void {}

  attach(): Promise<null> {
    return Promise.resolve(null)
  }

  history({ limit }: { limit?: number }): Promise<unknown> {
    // A reader asks for the last message alone to learn where a rewind ends.
    if (limit === 1 && this.rewound.length) return Promise.resolve({ items: this.rewound.slice(-1) })
    return this.page()
  }

  readonly presence = {
    subscribe: (listener: (message: Move) => void): Promise<void> => {
      this.presenceListener = listener
      return Promise.resolve()
    },
    unsubscribe: (): void => {},
    get: (): Promise<unknown> =>
      Promise.resolve(this.members.map((clientId) => ({ clientId, timestamp: 0, data: null }))),
    history: (): Promise<unknown> => Promise.resolve({ items: this.moves, hasNext: () => false }),
  }

  private page(): Promise<unknown> {
    return new Promise((resolve) => {
      this.asked.push((items, more) => resolve({ items, hasNext: () => more, next: () => this.page() }))
    })
  }
}
