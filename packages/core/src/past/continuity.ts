import type { ChannelStateChange, InboundMessage, RealtimeChannel } from 'ably'
import { Backlog } from './backlog.ts'
import { RejoinError, wrapError } from '../types/errors.ts'
import { HistoryReader } from '../ably/historyReader.ts'
import type { HistoryReading, Hydrator, Past } from './hydrator.ts'
import type { Store } from '../store/store.ts'
import type { Row } from '../types/types.ts'

/** How far reading the past has come. */
export interface HydrationState {
  /**
   * - `running`: the past is being read;
   * - `whole`: every open response is whole from its start;
   * - `bounded`: it stopped at the hydrator's bound, and an open response may lack its beginning;
   * - `failed`: it could not be read; see `error`.
   */
  readonly status: 'running' | 'whole' | 'bounded' | 'failed'
  readonly hasOlder: boolean
}

interface Hooks {
  apply(message: InboundMessage, epoch: number | undefined, live: boolean): void
  applyRow(row: Row): void
  onChange(): void
  onDiscontinuity(reason: unknown): void
  onHydrated(): void
  onError(error: Error): void
}

/**
 * A response of which nothing marks the beginning (no stamp, no `start`, no prompt) counts as whole from its start
 * when this many older messages of the channel hold nothing of it.
 */
const HEAD_MARGIN = 500

/**
 * Keeps the conversation continuous with its channel: attaches, counts attachments, and reads the past after
 * every attach that did not resume. Live messages are applied all the while.
 */
export class Continuity {
  state: HydrationState = { status: 'running', hasOlder: false }
  /** Counts attachments that did not resume: deliveries of one follow each other. */
  epoch = 0
  readonly #channel: RealtimeChannel
  readonly #hydrator: Hydrator
  readonly #store: Store
  readonly #hooks: Hooks
  /** Whether this session was listening when the channel attached: only then is `untilAttach` gapless. */
  #sawAttach = false
  #attaches = 0
  #running: AbortController | undefined
  /** Settles, and never rejects, when the past has been read after the newest attach. */
  #hydration: Promise<unknown> | undefined
  #closed = false
  /** Serial of the newest message known without a gap before it. */
  #newest = ''
  /** Where continuity ended: what must be reached again. Empty while the past was never read. */
  #target = ''
  /** Everything from `coveredFrom` to `newest` is known. */
  #continuous = false
  /** The last reading reached what was known before continuity was lost. */
  #joined = false
  #reading: HistoryReading | undefined
  #meeting = false
  #reader: HistoryReader | undefined
  readonly #backlog = new Backlog()
  #loadingOlder: Promise<void> | undefined

  constructor(channel: RealtimeChannel, hydrator: Hydrator, store: Store, hooks: Hooks) {
    this.#channel = channel
    this.#hydrator = hydrator
    this.#store = store
    this.#hooks = hooks
  }

  /** Subscribes, attaches and reads the past. Rejects when the channel cannot be attached or the past read. */
  async start(): Promise<void> {
    const channel = this.#channel
    channel.on('attached', this.#onAttached)
    channel.on('update', this.#onAttached)
    const attached = channel.state === 'attached'
    if (attached) this.#attaches = 1
    // Listening comes first: nothing that follows the attach may be missed.
    const subscribed = channel.subscribe(this.#onMessage)
    try {
      await subscribed
      if ((channel.state as string) !== 'attached') await channel.attach()
    } catch (cause) {
      throw wrapError(`attach to channel "${channel.name}"`, cause, 'attach_failed')
    }
    this.#first.catch(() => {})
    if (attached) this.#begin(false)
    await this.#first
  }

  #settleFirst: (error?: Error) => void = () => {}
  /** Settles with the first hydration, which an attach begins. */
  readonly #first = new Promise<void>((resolve, reject) => {
    this.#settleFirst = (error) => (error ? reject(error) : resolve())
  })

  /** Reads further back. One at a time; resolves when it is published. */
  loadOlder(): Promise<void> {
    return (this.#loadingOlder ??= this.#readOlder().finally(() => (this.#loadingOlder = undefined)))
  }

  close(): void {
    this.#closed = true
    this.#running?.abort()
    // Nobody waits for what does not come.
    this.#settleFirst()
    this.#channel.unsubscribe(this.#onMessage)
    this.#channel.off('attached', this.#onAttached)
    this.#channel.off('update', this.#onAttached)
  }

  readonly #onMessage = (message: InboundMessage): void => {
    const { serial = '' } = message
    if (serial > this.#newest) this.#newest = serial
    // What a rewind brings is the past, though it comes like live messages.
    this.#hooks.apply(message, this.epoch, !this.#backlog.coming)
    this.#backlog.hear(serial)
    if (this.#store.conversation.strangers && this.#continuous) void this.#meetStrangers()
  }

  readonly #onAttached = (change: ChannelStateChange): void => {
    if (this.#closed || change.current !== 'attached') return
    this.#attaches++
    if (change.resumed && this.#attaches > 1) return
    this.epoch++
    this.#sawAttach = true
    // While the past is being read nothing new is known to be continuous: the older target stays.
    if (this.#continuous) this.#target = this.#newest
    this.#continuous = false
    const again = this.#target !== ''
    if (this.#attaches > 1) {
      const { conversation } = this.#store
      // Where nothing was known yet, nothing that is can lack its end; but what is new may have begun meanwhile.
      if (this.#newest === '') conversation.pastKnown = false
      if (this.#newest !== '' || conversation.list().length)
        conversation.break({ key: this.#newest, epoch: this.epoch })
      this.#hooks.onDiscontinuity(change.reason)
    }
    this.#begin(again, change.hasBacklog)
  }

  #begin(again: boolean, hasBacklog?: boolean): void {
    this.#hydration = this.#hydrate(again, hasBacklog).then(
      (finished) => finished && this.#settleFirst(),
      (error: Error) => {
        this.#settleFirst(error)
        if (again) this.#hooks.onError(error)
      },
    )
  }

  async #hydrate(again: boolean, hasBacklog = false): Promise<boolean> {
    this.#running?.abort()
    const running = (this.#running = new AbortController())
    const store = this.#store
    this.#set({ status: 'running' })
    store.hold()
    this.#backlog.begin(hasBacklog && this.#hydrator.params?.rewind !== undefined)
    const reader = new HistoryReader(this.#channel, this.#sawAttach, this.epoch)
    if (!again) this.#reader = undefined
    const past = this.#past(running.signal, again, reader)
    try {
      await this.#hydrator.load(past)
      if (running.signal.aborted) return false
      this.#continuous = true
      store.conversation.pastKnown = this.#judgePast(reader, again)
      this.#set({ status: past.needsMore ? 'bounded' : 'whole' })
      return true
    } catch (cause) {
      if (running.signal.aborted) return false
      this.#set({ status: 'failed' })
      throw cause instanceof RejoinError
        ? cause
        : wrapError(`read the past of channel "${this.#channel.name}"`, cause, 'hydration_failed')
    } finally {
      if (!running.signal.aborted) this.#backlog.coming = false
      if (!this.#closed) {
        this.#hooks.onHydrated()
        store.release()
        if (store.conversation.strangers) void this.#meetStrangers()
      }
    }
  }

  async #readOlder(): Promise<void> {
    if (!this.#hydrator.loadOlder) return
    // Older than what: that is known when the past has been read.
    await this.#first.catch(() => {})
    let before: unknown
    while (!this.#closed && before !== this.#hydration) await (before = this.#hydration)
    if (this.#closed) return
    const store = this.#store
    store.hold()
    try {
      const reader = (this.#reader ??= new HistoryReader(this.#channel, this.#sawAttach, this.epoch))
      const past = this.#past(new AbortController().signal, false, reader)
      this.#set({ hasOlder: await this.#hydrator.loadOlder(past) })
    } catch (cause) {
      const error = wrapError('load older messages', cause, 'hydration_failed')
      throw error
    } finally {
      store.release()
    }
  }

  #past(signal: AbortSignal, again: boolean, reader: HistoryReader): Past {
    const { conversation } = this.#store
    return {
      channel: this.#channel,
      again,
      signal,
      get needsMore() {
        return conversation.needsPast
      },
      apply: (messages) => this.#applyPast(messages),
      applyRows: (rows: readonly Row[]) => {
        for (const row of rows) this.#hooks.applyRow(row)
      },
      readHistory: (reading) => this.#readHistory(reader, reading, again, signal),
      rewound: () => this.#awaitRewind(signal),
      setHasOlder: (hasOlder) => this.#set({ hasOlder }),
    }
  }

  async #readHistory(
    reader: HistoryReader,
    reading: HistoryReading,
    again: boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { limit, maxPages, enough, older = false } = reading
    const { conversation } = this.#store
    this.#reading = reading
    this.#joined = false
    let reached = enough === undefined
    const before = conversation.list().length
    for (let pages = 0; pages < maxPages && !signal.aborted; pages++) {
      const items = await reader.next(limit)
      // Asked for before continuity was lost: where nothing was known then, anything may be missing after it.
      if (signal.aborted && this.#newest === '') return true
      if (items) this.#applyPast(items)
      if (signal.aborted) return true
      if (items?.length) {
        const oldest = items.at(-1)!
        const serial = oldest.serial ?? ''
        // After a loss, what was covered before it joins on as soon as its newest message is reached.
        const wasJoined = this.#joined
        this.#joined = again && serial <= this.#target
        const deep = this.#joined && conversation.pastKnown
        const headsAfter = deep ? this.#target : (reader.before(HEAD_MARGIN) ?? '~')
        conversation.cover({ from: serial, epoch: reader.epoch }, reader.exhausted ? undefined : headsAfter)
        // Whoever ends in what is asked for is read from the beginning; whoever ends before is for later.
        if (pages === 0 || (again ? !wasJoined : !reached)) conversation.want()
        reached ||= enough!({ serial, timestamp: oldest.timestamp ?? 0 })
        if (!reader.exhausted && !conversation.needsPast) {
          const done = again ? this.#joined : older ? conversation.list().length > before : reached
          if (done) break
        }
      }
      if (reader.exhausted) {
        conversation.cover({ from: '', epoch: reader.epoch }, undefined)
        if (this.#continuous) conversation.pastKnown = true
        break
      }
    }
    if (!again && !signal.aborted) {
      this.#reader = reader
      this.#set({ hasOlder: !reader.exhausted })
    }
    return !reader.exhausted
  }

  /** Whether so much of the past is known that a response which nobody has seen before must begin now. */
  #judgePast(reader: HistoryReader, again: boolean): boolean {
    if (again && this.#joined) return this.#store.conversation.pastKnown
    if (reader.read === 0 && !reader.exhausted) return this.#hydrator.params?.rewind === undefined
    return reader.exhausted || reader.read >= HEAD_MARGIN
  }

  /** A response goes on live that may have begun before what was read: reads on, until that is known. */
  async #meetStrangers(): Promise<void> {
    const { conversation } = this.#store
    conversation.strangers = false
    if (this.#meeting || !this.#continuous || conversation.pastKnown || !conversation.needsPast) return
    this.#meeting = true
    this.#store.hold()
    try {
      const { signal } = this.#running!
      const reader = (this.#reader ??= new HistoryReader(this.#channel, this.#sawAttach, this.epoch))
      const reading = this.#reading ?? { limit: 200, maxPages: 5 }
      await this.#readHistory(reader, { ...reading, enough: undefined }, false, signal)
      // What is not known after reading to a bound is taken as it shows.
      const bounded = conversation.needsPast
      if (!signal.aborted) conversation.pastKnown = bounded || reader.exhausted || reader.read >= HEAD_MARGIN
    } catch (cause) {
      this.#hooks.onError(wrapError('read the beginning of a response', cause, 'hydration_failed'))
    } finally {
      this.#meeting = false
      if (!this.#closed) this.#store.release()
    }
  }

  #applyPast(messages: readonly InboundMessage[]): void {
    // Oldest first: then almost everything is applied at a tail.
    for (let i = messages.length - 1; i >= 0; i--) {
      const message = messages[i]!
      const { serial = '' } = message
      // Newer than all that is known to be continuous: read while the connection was away, with a gap before it.
      if (serial > this.#newest && !this.#continuous) this.#newest = serial
      this.#hooks.apply(message, undefined, false)
    }
  }

  async #awaitRewind(signal: AbortSignal): Promise<boolean> {
    // A channel that was attached before, or with other options, has rewound nothing for us.
    if (!this.#sawAttach || this.#channel.params.rewind === undefined) return false
    await this.#backlog.end(this.#channel, signal)
    return true
  }

  #set(change: Partial<HydrationState>): void {
    this.state = { ...this.state, ...change }
    this.#hooks.onChange()
  }
}
