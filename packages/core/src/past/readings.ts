import type { InboundMessage, RealtimeChannel } from 'ably'
import type { Backlog } from './backlog.ts'
import type { Heard } from './heard.ts'
import type { HistoryReading, Hydrator, Past } from './hydrator.ts'
import { hasMore } from './ledger.ts'
import type { LedgerStore } from './ledgerStore.ts'
import { Pages } from './pages.ts'
import { NONE } from './stretch.ts'
import { aborted, Tasks } from './tasks.ts'
import type { Task } from './tasks.ts'
import type { Conversation } from '../response/conversation.ts'
import type { Store } from '../store/store.ts'
import { lacking, RejoinError, wrapError } from '../types/errors.ts'
import type { Row } from '../types/types.ts'

export interface ReadingHooks {
  /** Applies a message that an attach brought from the past. */
  applyRewound(message: InboundMessage): void
  apply(message: InboundMessage, epoch: number | undefined, live: boolean): void
  /** Returns the first error, if any. */
  applyRows(rows: readonly Row[]): RejoinError | undefined
  /** Part of the past was read and is about to show. `loaded`: the hydrator's `load` has ended. */
  onPast(loaded: boolean): void
  onError(error: RejoinError): void
}

/** What a reading needs. */
interface Sources {
  channel: RealtimeChannel
  hydrator: Hydrator
  /** Rows that show from the beginning. */
  initialRows: readonly Row[] | undefined
  store: Store
  ledgers: LedgerStore
  heard: Heard
  backlog: Backlog
}

/** Bounds of a reading whose hydrator sets none. */
const DEFAULT_READING: HistoryReading = { limit: 200, maxPages: 10 }

/** Reads the past of a channel: the hydrator's load, and history beyond it. */
export class Readings {
  readonly #channel: RealtimeChannel
  readonly #hydrator: Hydrator
  readonly #initialRows: readonly Row[] | undefined
  readonly #store: Store
  readonly #conversation: Conversation
  readonly #ledgers: LedgerStore
  readonly #heard: Heard
  readonly #backlog: Backlog
  readonly #hooks: ReadingHooks
  readonly #tasks: Tasks
  readonly #pages: Pages
  readonly #session = Object.freeze({})
  /** The first load, until the channel is attached. */
  #early: Task | undefined
  #open = (): void => {}
  /** Resolves when the channel is attached for the first time. */
  readonly #attached = new Promise<void>((resolve) => (this.#open = resolve))
  #loading: Promise<RejoinError | undefined> = Promise.resolve(undefined)
  /** How the hydrator last read history. */
  #reading = DEFAULT_READING
  #settleFirst: (error?: RejoinError) => void = () => {}
  #firstSettled = false
  /** Settles when the first hydration ends. */
  readonly first = new Promise<void>((resolve, reject) => {
    this.#settleFirst = (error) => {
      this.#firstSettled = true
      if (error) reject(error)
      else resolve()
    }
  })

  constructor(
    { channel, hydrator, initialRows, store, ledgers, heard, backlog }: Sources,
    hooks: ReadingHooks,
  ) {
    this.#channel = channel
    this.#hydrator = hydrator
    this.#initialRows = initialRows
    this.#store = store
    this.#conversation = store.conversation
    this.#ledgers = ledgers
    this.#heard = heard
    this.#backlog = backlog
    this.#hooks = hooks
    this.#tasks = new Tasks(store)
    this.#pages = new Pages(channel, store.conversation, heard, ledgers, {
      apply: (task, change) => this.#apply(task, change),
      take: (message) => hooks.apply(message, undefined, false),
    })
    // An attach can fail before anything awaits it.
    this.first.catch(() => {})
  }

  get isIdle(): boolean {
    return this.#tasks.isIdle
  }

  /** Settles when the newest load has ended or was given up; never rejects. */
  get loading(): Promise<RejoinError | undefined> {
    return this.#loading
  }

  /** Resolves when the load under way has ended, or the first one if none has begun. */
  async hydrated(): Promise<void> {
    await (this.#ledgers.ledger.phase === 'detached' ? this.first.catch(() => {}) : this.#loading)
  }

  /** The channel was attached before the session began. */
  begin(): void {
    this.#open()
  }

  /** Begins the first load while the channel is being attached: rows of a database need no channel. */
  beginEarly(): void {
    this.#early = this.#tasks.beginEarly()
    this.#loading = this.#load(this.#early, false)
  }

  /** The channel is attached: starts a load, or lets the early one go on to the channel's history. */
  load(again: boolean): void {
    const early = this.#early
    if (!early) {
      this.#loading = this.#load(this.#tasks.begin('load'), again)
      return
    }
    this.#early = undefined
    this.#tasks.attached(early)
    this.#open()
  }

  /** A live response may have begun before the messages read so far: reads on to find out. */
  judge(): void {
    const read = (task: Task) => this.readOn(task, false, { from: 'bottom', reached: true })
    this.run('judge', 'read the beginning of a response', read).catch((error) => this.#hooks.onError(error))
  }

  /** Resolves to false when the reading was given up, for a new load. Rejects when it failed. */
  async run(kind: 'older' | 'judge', what: string, read: (task: Task) => Promise<void>): Promise<boolean> {
    const task = this.#tasks.begin(kind)
    const { signal } = task.abort
    try {
      await Promise.race([read(task), aborted(signal)])
    } catch (cause) {
      if (!signal.aborted) throw this.#unread(what, cause)
    } finally {
      const { needsPast } = this.#conversation
      if (!signal.aborted) this.#ledgers.dispatch({ type: 'ended', needsPast, judged: kind === 'judge' })
      this.#end(task)
    }
    return !signal.aborted
  }

  /** Reads history within the bounds that the hydrator last set. */
  readOn(task: Task, older: boolean, how: { from: 'top' | 'bottom'; reached: boolean }): Promise<void> {
    return this.#pages.read(task, { ...this.#reading, older }, how)
  }

  /** Applies the backlog: it belongs to the load. */
  #takeRewound(): void {
    const messages = this.#backlog.take()
    if (messages.length === 0) return
    this.#tasks.apply(() => {
      for (const message of messages) {
        this.#heard.hear(message)
        this.#hooks.applyRewound(message)
      }
    })
    this.meetStrangers()
  }

  /** If responses have appeared whose beginnings are unknown, asks the ledger what to read for them. */
  meetStrangers(): void {
    if (!this.#conversation.strangers || this.#tasks.loading) return
    this.#conversation.strangers = false
    if (this.#conversation.needsPast) this.#ledgers.dispatch({ type: 'stranger' })
  }

  close(): void {
    this.#tasks.abort()
    // Release those who wait for `ready` or `loadOlder()`.
    this.#settleFirst()
  }

  /** What a hydrator may do during a task. */
  past(task: Task, again: boolean): Past {
    const conversation = this.#conversation
    const { signal } = task.abort
    return {
      session: this.#session,
      channel: this.#channel,
      again,
      initialRows: again ? undefined : this.#initialRows,
      signal,
      attached: () => this.#attached,
      get needsMore() {
        return conversation.needsPast
      },
      serialOf: (responseId) => conversation.roster.known(responseId)?.serial,
      apply: (messages) => this.#apply(task, () => this.#pages.apply(messages)),
      applyRows: (rows: readonly Row[]) => {
        let error: RejoinError | undefined
        this.#apply(task, () => {
          error = this.#hooks.applyRows(rows)
        })
        if (error) throw error
      },
      readHistory: async (reading) => {
        await this.#attached
        if (signal.aborted) return false
        this.#reading = reading
        const from = task.kind === 'load' ? 'top' : 'bottom'
        await this.#pages.read(task, reading, { from, reached: reading.enough === undefined })
        return hasMore(this.#ledgers.ledger)
      },
      rewound: () => this.#attached.then(() => this.#awaitRewind(signal)),
      setHasOlder: (hasOlder) => {
        if (!signal.aborted) this.#ledgers.dispatch({ type: 'told', hasOlder })
      },
    }
  }

  async #load(task: Task, again: boolean): Promise<RejoinError | undefined> {
    const { signal } = task.abort
    const read = this.#pages.readings
    let error: RejoinError | undefined
    try {
      const loaded = Promise.resolve(this.#hydrator.load(this.past(task, again)))
      // A load that fails before the attach counts as failed once the channel is attached.
      await Promise.race([loaded.finally(() => this.#attached), aborted(signal)])
      if (signal.aborted) return undefined
      this.#takeRewound()
      // A hydrator that neither reads history nor rewinds has loaded all it wants.
      const readsNothing = this.#pages.readings === read && this.#hydrator.params?.rewind === undefined
      this.#ledgers.dispatch({
        type: 'loaded',
        needsPast: this.#conversation.needsPast,
        begins: readsNothing ? this.#heard.newest : NONE,
      })
    } catch (cause) {
      if (signal.aborted) return undefined
      this.#takeRewound()
      this.#ledgers.dispatch({ type: 'failed' })
      const { name } = this.#channel
      error = cause instanceof RejoinError ? cause : this.#unread(`read the past of channel "${name}"`, cause)
    }
    this.#end(task)
    if (!this.#firstSettled) this.#settleFirst(error)
    else if (error) this.#hooks.onError(error)
    return error
  }

  /** Ends a task that was not given up, and shows what it read. */
  #end(task: Task): void {
    if (!this.#tasks.end(task) || this.#ledgers.closed) return
    this.#hooks.onPast(task.kind === 'load')
    this.#tasks.release(task)
    this.meetStrangers()
  }

  /** Applies messages or rows of a task. If nothing holds them back, they show at once. */
  #apply(task: Task, change: () => void): void {
    if (this.#ledgers.closed || this.#tasks.apply(change, task)) return
    // A late page of a reading that was given up may bring a response whose beginning is older still.
    if (!this.#tasks.loading && this.#conversation.needsPast) this.#ledgers.dispatch({ type: 'stranger' })
    this.#hooks.onPast(false)
    this.#store.changed('now')
  }

  async #awaitRewind(signal: AbortSignal): Promise<boolean> {
    if (!this.#backlog.rewound || signal.aborted) return false
    const whole = await this.#backlog.end(this.#channel, signal)
    if (signal.aborted) return true
    this.#takeRewound()
    this.#ledgers.dispatch({ type: 'rewound' })
    return whole
  }

  #unread(what: string, cause: unknown): RejoinError {
    return wrapError(what, cause, 'hydration_failed', [lacking('history', this.#channel.name)])
  }
}
