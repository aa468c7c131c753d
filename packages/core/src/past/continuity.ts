import type { ChannelStateChange, InboundMessage, RealtimeChannel } from 'ably'
import { Backlog } from './backlog.ts'
import { Heard } from './heard.ts'
import type { Hydrator } from './hydrator.ts'
import { begins, beginsTurn, isAtRest } from './ledger.ts'
import type { HydrationState } from './ledger.ts'
import { LedgerStore } from './ledgerStore.ts'
import { Older } from './older.ts'
import { Readings } from './readings.ts'
import type { ReadingHooks } from './readings.ts'
import type { Decision } from './step.ts'
import type { Conversation } from '../response/conversation.ts'
import type { Store } from '../store/store.ts'
import { lacking, RejoinError, wrapError } from '../types/errors.ts'
import type { Row } from '../types/types.ts'

interface Hooks extends Omit<ReadingHooks, 'applyRewound'> {
  /** The hydration state has changed. */
  onChange(): void
  onDiscontinuity(reason: unknown): void
}

/**
 * Keeps the conversation continuous with its channel: attaches, counts attachments, and has the past read after every
 * attach that did not resume. Live messages are applied all the while. The ledger decides; this obeys.
 */
export class Continuity {
  /** Counts attachments that did not resume. Within one epoch, no delivery is missing. */
  epoch = 0
  readonly #channel: RealtimeChannel
  readonly #hydrator: Hydrator
  readonly #conversation: Conversation
  readonly #hooks: Hooks
  readonly #ledgers: LedgerStore
  readonly #readings: Readings
  readonly #older: Older
  readonly #heard = new Heard()
  readonly #backlog = new Backlog()
  #attaches = 0

  constructor(
    channel: RealtimeChannel,
    hydrator: Hydrator,
    store: Store,
    initialRows: readonly Row[] | undefined,
    hooks: Hooks,
  ) {
    const { conversation } = store
    this.#channel = channel
    this.#hydrator = hydrator
    this.#conversation = conversation
    this.#hooks = hooks
    const ledgers = (this.#ledgers = new LedgerStore(hydrator.loadOlder !== undefined, {
      obey: (decision) => this.#obey(decision),
      onChange: () => hooks.onChange(),
    }))
    const sources = {
      channel,
      hydrator,
      initialRows,
      store,
      ledgers,
      heard: this.#heard,
      backlog: this.#backlog,
    }
    this.#readings = new Readings(sources, {
      ...hooks,
      applyRewound: (message) => hooks.apply(message, this.epoch, false),
    })
    this.#older = new Older(hydrator, ledgers, this.#readings, conversation)
    conversation.known = {
      get gap() {
        return ledgers.ledger.gap
      },
      begins: (serial, live) => begins(ledgers.ledger, serial, live),
      beginsTurn: (serial) => beginsTurn(ledgers.ledger, serial),
    }
  }

  get state(): HydrationState {
    return this.#ledgers.hydration
  }

  /** Subscribes, attaches and reads the past. Rejects when the channel cannot be attached or the past read. */
  async start(): Promise<void> {
    const channel = this.#channel
    channel.on('attached', this.#onAttached)
    channel.on('update', this.#onAttached)
    const attached = channel.state === 'attached'
    if (attached) this.#attaches = 1
    // Listen before attaching, so that no message after the attach is missed.
    const subscribed = channel.subscribe(this.#onMessage)
    if (attached) this.#readings.begin()
    else this.#readings.beginEarly()
    try {
      await subscribed
      if ((channel.state as string) !== 'attached' && !this.#ledgers.closed) await channel.attach()
    } catch (cause) {
      const { name } = channel
      throw wrapError(`attach to channel "${name}"`, cause, 'attach_failed', [lacking('subscribe', name)])
    }
    if (attached && this.#ledgers.ledger.phase === 'detached') this.#attach()
    await this.#readings.first
    // Without the right to subscribe, Ably attaches all the same, with fewer modes. Not every server reports them.
    const { modes, name } = channel
    if (modes && !modes.some((mode) => mode.toLowerCase() === 'subscribe')) throw deaf(name, modes)
  }

  /** Reads further back, one reading at a time. Resolves when the messages show. */
  loadOlder(): Promise<void> {
    return this.#older.load()
  }

  /** Whether messages can be let go now. */
  get isAtRest(): boolean {
    return isAtRest(this.#ledgers.ledger) && this.#readings.isIdle
  }

  /** Older messages were let go. */
  forget(...without: Parameters<LedgerStore['forget']>): void {
    this.#ledgers.forget(...without)
  }

  close(): void {
    this.#ledgers.close()
    this.#readings.close()
    this.#channel.unsubscribe(this.#onMessage)
    this.#channel.off('attached', this.#onAttached)
    this.#channel.off('update', this.#onAttached)
  }

  readonly #onMessage = (message: InboundMessage): void => {
    // Rewound messages belong to the past, although they are delivered like live ones.
    if (this.#backlog.coming) return this.#backlog.hear(message)
    this.#heard.hear(message)
    this.#hooks.apply(message, this.epoch, true)
    this.#readings.meetStrangers()
  }

  readonly #onAttached = (change: ChannelStateChange): void => {
    if (this.#ledgers.closed || change.current !== 'attached') return
    this.#attaches++
    if (change.resumed && this.#attaches > 1) return
    this.epoch++
    this.#heard.sawAttach = true
    if (this.#attaches > 1) this.#hooks.onDiscontinuity(change.reason)
    // A listener may have closed the session.
    if (!this.#ledgers.closed) this.#attach(change.hasBacklog)
  }

  #attach(hasBacklog = false): void {
    const rewinds = this.#hydrator.params?.rewind !== undefined && this.#channel.params.rewind !== undefined
    // On a later attach, the channel rewinds only if it says so (`hasBacklog`).
    const rewound = rewinds && this.#heard.sawAttach && (hasBacklog || this.#attaches === 1)
    const { newest } = this.#heard
    this.#backlog.begin(rewound, rewinds && hasBacklog)
    this.#heard.attached()
    const seen = newest !== '' || this.#conversation.length > 0
    this.#ledgers.dispatch({ type: 'attached', epoch: this.epoch, newest, seen })
  }

  #obey(decision: Decision): void {
    switch (decision.do) {
      case 'break':
        return this.#conversation.break(decision.gap)
      case 'cover':
        return this.#conversation.cover(decision.coverage, decision.again)
      case 'want':
        return this.#conversation.want()
      case 'hydrate':
        return this.#readings.load(decision.again)
      case 'judge':
        this.#readings.judge()
    }
  }
}

function deaf(channelName: string, modes: readonly string[]): RejoinError {
  const [, code, cure] = lacking('subscribe', channelName)
  const has = modes.join(', ') || 'none'
  return new RejoinError(
    code,
    `unable to hear channel "${channelName}"; ${cure}, or list it in \`channelOptions.modes\`, if you set them: it has ${has}`,
  )
}
