import type { ChannelStateChange, InboundMessage, RealtimeChannel } from 'ably'
import { applyRows } from './applyRows.ts'
import { Backlog } from './backlog.ts'
import { Heard } from './heard.ts'
import type { HistoryReading, Hydrator, Past } from './hydrator.ts'
import { begins, beginsTurn, emptyLedger, hasMore, hydrationOf, isAtRest, isUnmet, step } from './ledger.ts'
import type { Decision, Event, HydrationState, Ledger } from './ledger.ts'
import { NONE } from './stretch.ts'
import { Pages } from './pages.ts'
import { aborted, Tasks } from './tasks.ts'
import type { Task } from './tasks.ts'
import type { Store } from '../store/store.ts'
import { lacking, RejoinError, wrapError } from '../types/errors.ts'
import type { Row } from '../types/types.ts'

interface Hooks {
  apply(message: InboundMessage, epoch: number | undefined, live: boolean): void
  applyRow(row: Row): void
  onChange(): void
  onDiscontinuity(reason: unknown): void
  /** Part of the past was read and is about to show. `loaded`: the hydrator's `load` has ended. */
  onPast(loaded: boolean): void
  onError(error: Error): void
}

/** Bounds of a reading whose hydrator sets none. */
const DEFAULT_READING: HistoryReading = { limit: 200, maxPages: 10 }

/**
 * Keeps the conversation continuous with its channel: attaches, counts attachments, and reads the past after
 * every attach that did not resume. Live messages are applied all the while. The ledger decides; this obeys.
 */
export class Continuity {
  /** Counts attachments that did not resume. Within one epoch, no delivery is missing. */
  epoch = 0
  readonly #channel: RealtimeChannel
  readonly #hydrator: Hydrator
  readonly #store: Store
  readonly #hooks: Hooks
  #ledger = emptyLedger
  #view: HydrationState
  #attaches = 0
  #closed = false
  readonly #heard = new Heard()
  /** This attach rewound the channel. */
  #rewound = false
  readonly #backlog = new Backlog()
  readonly #tasks: Tasks
  readonly #pages: Pages
  /** The first load, until the channel is attached. */
  #early: Task | undefined
  #openEarly = (): void => {}
  /** Resolves when the channel is attached for the first time. */
  readonly #attached = new Promise<void>((resolve) => (this.#openEarly = resolve))
  /** Settles when the newest load has ended or was given up; never rejects. */
  #loading: Promise<Error | undefined> = Promise.resolve(undefined)
  /** How the hydrator last read history. */
  #reading = DEFAULT_READING
  #older: Promise<void> | undefined
  #settleFirst: (error?: Error) => void = () => {}
  #firstSettled = false
  /** Settles when the first hydration ends. */
  readonly #first = new Promise<void>((resolve, reject) => {
    this.#settleFirst = (error) => {
      this.#firstSettled = true
      if (error) reject(error)
      else resolve()
    }
  })

  /** Rows that show from the beginning. */
  readonly #initialRows: readonly Row[] | undefined

  constructor(
    channel: RealtimeChannel,
    hydrator: Hydrator,
    store: Store,
    initialRows: readonly Row[] | undefined,
    hooks: Hooks,
  ) {
    this.#initialRows = initialRows
    this.#channel = channel
    this.#hydrator = hydrator
    this.#store = store
    this.#hooks = hooks
    this.#tasks = new Tasks(store)
    this.#pages = new Pages(channel, store.conversation, this.#heard, {
      ledger: () => this.#ledger,
      tell: (event) => this.#tell(event),
      apply: (task, change) => this.#apply(task, change),
      take: (message) => hooks.apply(message, undefined, false),
    })
    this.#view = this.state
    // An attach can fail before anything awaits it.
    this.#first.catch(() => {})
    const ledger = () => this.#ledger
    store.conversation.known = {
      get gap() {
        return ledger().gap
      },
      begins: (_, serial, live) => begins(ledger(), serial, live),
      beginsTurn: (serial) => beginsTurn(ledger(), serial),
    }
  }

  get state(): HydrationState {
    return hydrationOf(this.#ledger, this.#hydrator.loadOlder !== undefined)
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
    if (attached) this.#openEarly()
    else {
      // Rows of a database need no channel.
      this.#early = this.#tasks.beginEarly()
      this.#loading = this.#hydrate(this.#early, false)
    }
    try {
      await subscribed
      if ((channel.state as string) !== 'attached' && !this.#closed) await channel.attach()
    } catch (cause) {
      const { name } = channel
      throw wrapError(`attach to channel "${name}"`, cause, 'attach_failed', [lacking('subscribe', name)])
    }
    if (attached && this.#ledger.phase === 'detached') this.#attach()
    await this.#first
    // Without the right to subscribe, Ably attaches all the same, with fewer modes. Not every server reports them.
    const { modes, name } = channel
    if (modes && !modes.some((mode) => mode.toLowerCase() === 'subscribe')) throw deaf(name, modes)
  }

  /** Reads further back, one reading at a time. Resolves when the messages show. */
  loadOlder(): Promise<void> {
    return (this.#older ??= this.#loadOlder().finally(() => (this.#older = undefined)))
  }

  /** Whether messages can be let go now. */
  get isAtRest(): boolean {
    return isAtRest(this.#ledger) && this.#tasks.isIdle
  }

  /** Older messages were let go. `deep`: the hydrator can load older messages. */
  forget(without: (ledger: Ledger, deep: boolean) => Ledger): void {
    this.#ledger = without(this.#ledger, this.#hydrator.loadOlder !== undefined)
    this.#refresh()
  }

  close(): void {
    this.#closed = true
    this.#tasks.abort()
    // Release those who wait for `ready` or `loadOlder()`.
    this.#settleFirst()
    this.#channel.unsubscribe(this.#onMessage)
    this.#channel.off('attached', this.#onAttached)
    this.#channel.off('update', this.#onAttached)
  }

  readonly #onMessage = (message: InboundMessage): void => {
    const { serial = '' } = message
    this.#heard.hear(message)
    // Rewound messages belong to the past, although they are delivered like live ones.
    if (this.#backlog.coming) this.#tasks.apply(() => this.#hooks.apply(message, this.epoch, false))
    else this.#hooks.apply(message, this.epoch, true)
    this.#backlog.hear(serial)
    if (this.#store.conversation.strangers) this.#meetStrangers()
  }

  readonly #onAttached = (change: ChannelStateChange): void => {
    if (this.#closed || change.current !== 'attached') return
    this.#attaches++
    if (change.resumed && this.#attaches > 1) return
    this.epoch++
    this.#heard.sawAttach = true
    if (this.#attaches > 1) this.#hooks.onDiscontinuity(change.reason)
    if (!this.#closed) this.#attach(change.hasBacklog)
  }

  #attach(hasBacklog = false): void {
    const rewinds = this.#hydrator.params?.rewind !== undefined && this.#channel.params.rewind !== undefined
    // On a later attach, the channel rewinds only if it says so (`hasBacklog`).
    this.#rewound = rewinds && this.#heard.sawAttach && (hasBacklog || this.#attaches === 1)
    this.#backlog.begin(rewinds && hasBacklog)
    const { newest } = this.#heard
    this.#heard.attached()
    const seen = newest !== '' || this.#store.conversation.length > 0
    this.#tell({ type: 'attached', epoch: this.epoch, newest, seen })
  }

  /** Passes an event to the ledger and obeys its decisions. Returns the last one: some are for the caller. */
  #tell(event: Event): Decision | undefined {
    if (this.#closed) return undefined
    const { ledger, decisions } = step(this.#ledger, event)
    this.#ledger = ledger
    this.#refresh()
    for (const decision of decisions) this.#obey(decision)
    return decisions.at(-1)
  }

  #refresh(): void {
    const { status, hasOlder } = this.state
    if (status === this.#view.status && hasOlder === this.#view.hasOlder) return
    this.#view = { status, hasOlder }
    this.#hooks.onChange()
  }

  #obey(decision: Decision): void {
    const { conversation } = this.#store
    switch (decision.do) {
      case 'break':
        return conversation.break(decision.gap)
      case 'cover':
        return conversation.cover(decision.coverage, decision.again)
      case 'want':
        return conversation.want()
      case 'hydrate':
        if (this.#early) this.#goOn(this.#early)
        else this.#loading = this.#hydrate(this.#tasks.begin('load'), decision.again)
        break
      case 'judge':
        void this.#judge()
    }
  }

  /** Ends a task that was not given up, and shows what it read. */
  #end(task: Task): void {
    if (!this.#tasks.end(task) || this.#closed) return
    this.#hooks.onPast(task.kind === 'load')
    this.#tasks.release(task)
    if (this.#store.conversation.strangers) this.#meetStrangers()
  }

  /** The channel is attached: the load that began before goes on with its history. */
  #goOn(early: Task): void {
    this.#early = undefined
    this.#tasks.attached(early)
    this.#openEarly()
  }

  async #hydrate(task: Task, again: boolean): Promise<Error | undefined> {
    const { signal } = task.abort
    const { conversation } = this.#store
    const read = this.#pages.readings
    let error: Error | undefined
    try {
      const loaded = this.#hydrator.load(this.#past(task, again))
      // A load that fails before the attach counts as failed once the channel is attached.
      await Promise.race([loaded.finally(() => this.#attached), aborted(signal)])
      if (signal.aborted) return undefined
      // A hydrator that neither reads history nor rewinds has loaded all it wants.
      const readsNothing = this.#pages.readings === read && this.#hydrator.params?.rewind === undefined
      this.#tell({
        type: 'loaded',
        needsPast: conversation.needsPast,
        begins: readsNothing ? this.#heard.newest : NONE,
      })
    } catch (cause) {
      if (signal.aborted) return undefined
      this.#tell({ type: 'failed' })
      error =
        cause instanceof RejoinError
          ? cause
          : this.#unread(`read the past of channel "${this.#channel.name}"`, cause)
    }
    this.#backlog.coming = false
    this.#end(task)
    if (!this.#firstSettled) this.#settleFirst(error)
    else if (error) this.#hooks.onError(error)
    return error
  }

  async #loadOlder(): Promise<void> {
    const { conversation } = this.#store
    const { length } = conversation
    let restarted = false
    while (!this.#closed) {
      switch (this.#tell({ type: 'older' })?.do) {
        case 'wait':
          // Wait for hydration: it fixes which message is the oldest.
          await (this.#ledger.phase === 'detached' ? this.#first.catch(() => {}) : this.#loading)
          break
        case 'retry': {
          const error = await this.#loading
          if (error) throw error
          return
        }
        case 'resume':
          if (await this.#runOlder((task) => this.#resume(task))) return
          break
        case 'reread':
          if (await this.#runOlder((task) => this.#reread(task))) return
          break
        default:
          if (!this.#hydrator.loadOlder) return
          restarted ||= this.#ledger.restarts
          if (!(await this.#runOlder((task) => this.#askHydrator(task)))) break
          // One that begins anew first finds what shows already.
          if (!restarted || conversation.length !== length || !this.state.hasOlder) return
      }
    }
  }

  /** Resolves to false when continuity was lost meanwhile: ask again. */
  async #runOlder(read: (task: Task) => Promise<void>): Promise<boolean> {
    const task = this.#tasks.begin('older')
    const { signal } = task.abort
    try {
      await Promise.race([read(task), aborted(signal)])
    } catch (cause) {
      if (!signal.aborted) throw this.#unread('load older messages', cause)
    } finally {
      if (!signal.aborted)
        this.#tell({ type: 'ended', needsPast: this.#store.conversation.needsPast, judged: false })
      this.#end(task)
    }
    return !signal.aborted
  }

  async #resume(task: Task): Promise<void> {
    await this.#pages.read(
      task,
      { ...this.#reading, older: false },
      { from: 'top', reached: !isUnmet(this.#ledger) },
    )
  }

  /** Goes back through what was let go. */
  async #reread(task: Task): Promise<void> {
    await this.#pages.read(task, { ...this.#reading, older: true }, { from: 'bottom', reached: false })
  }

  async #askHydrator(task: Task): Promise<void> {
    const { restarts: restarted } = this.#ledger
    const hasOlder = await this.#hydrator.loadOlder!(this.#past(task, restarted))
    if (!task.abort.signal.aborted) this.#tell({ type: 'told', hasOlder, restarted })
  }

  #meetStrangers(): void {
    const { conversation } = this.#store
    if (this.#tasks.loading) return
    conversation.strangers = false
    if (conversation.needsPast) this.#tell({ type: 'stranger' })
  }

  /** A live response may have begun before the messages read so far: reads on to find out. */
  async #judge(): Promise<void> {
    const task = this.#tasks.begin('judge')
    const { signal } = task.abort
    try {
      await this.#pages.read(task, { ...this.#reading, older: false }, { from: 'bottom', reached: true })
    } catch (cause) {
      if (!signal.aborted) this.#hooks.onError(this.#unread('read the beginning of a response', cause))
    }
    if (signal.aborted) return
    this.#tell({ type: 'ended', needsPast: this.#store.conversation.needsPast, judged: true })
    this.#end(task)
  }

  #unread(what: string, cause: unknown): RejoinError {
    return wrapError(what, cause, 'hydration_failed', [lacking('history', this.#channel.name)])
  }

  #past(task: Task, again: boolean): Past {
    const { conversation } = this.#store
    const { signal } = task.abort
    return {
      channel: this.#channel,
      again,
      initialRows: again ? undefined : this.#initialRows,
      signal,
      attached: () => this.#attached,
      get needsMore() {
        return conversation.needsPast
      },
      apply: (messages) => this.#apply(task, () => this.#pages.apply(messages)),
      applyRows: (rows: readonly Row[]) => {
        let error: Error | undefined
        this.#apply(task, () => {
          error = applyRows(rows, this.#hooks.applyRow)
        })
        if (error) throw error
      },
      readHistory: async (reading) => {
        await this.#attached
        if (signal.aborted) return false
        this.#reading = reading
        const from = task.kind === 'load' ? 'top' : 'bottom'
        await this.#pages.read(task, reading, { from, reached: reading.enough === undefined })
        return hasMore(this.#ledger)
      },
      rewound: () => this.#attached.then(() => this.#awaitRewind(signal)),
      setHasOlder: (hasOlder) => {
        if (!signal.aborted) this.#tell({ type: 'told', hasOlder })
      },
    }
  }

  /** Applies messages or rows of a task. If nothing holds them back, they show at once. */
  #apply(task: Task, change: () => void): void {
    if (this.#closed || this.#tasks.apply(change, task)) return
    // A late page of a reading that was given up may bring a response whose beginning is older still.
    if (!this.#tasks.loading && this.#store.conversation.needsPast) this.#tell({ type: 'stranger' })
    this.#hooks.onPast(false)
    this.#store.changed('now')
  }

  async #awaitRewind(signal: AbortSignal): Promise<boolean> {
    if (!this.#rewound || signal.aborted) return false
    await this.#backlog.end(this.#channel, signal)
    if (!signal.aborted) this.#tell({ type: 'rewound' })
    return true
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
