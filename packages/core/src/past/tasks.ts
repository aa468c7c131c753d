import type { Store } from '../store/store.ts'

/** A reading of the past: the hydrator's `load` or `loadOlder`, or the search for unknown heads. */
export interface Task {
  readonly kind: 'load' | 'older' | 'judge'
  readonly abort: AbortController
  /** The store's hold on the changes that this task makes; 0 before the channel is attached: they show at once. */
  hold: number
}

/** The readings of the past under way. The store holds back each one's changes until it ends. */
export class Tasks {
  readonly #store: Store
  readonly #underWay = new Set<Task>()
  #load: Task | undefined

  constructor(store: Store) {
    this.#store = store
  }

  /** The hydrator's `load` is under way. */
  get loading(): boolean {
    return this.#load !== undefined && this.#underWay.has(this.#load)
  }

  get isIdle(): boolean {
    return this.#underWay.size === 0
  }

  /** Begins a load while the channel is being attached: what it reads shows at once. */
  beginEarly(): Task {
    const task = (this.#load = { kind: 'load', abort: new AbortController(), hold: 0 })
    this.#underWay.add(task)
    return task
  }

  /** The channel is attached: what a load reads from now on shows with what history brings. */
  attached(task: Task): void {
    if (this.#underWay.has(task)) task.hold = this.#store.hold()
  }

  /** Begins a task. A load aborts every other task and takes over their held changes. */
  begin(kind: Task['kind']): Task {
    const task = { kind, abort: new AbortController(), hold: this.#store.hold() }
    if (kind === 'load') {
      this.#load = task
      for (const other of this.#underWay) {
        this.#store.handOver(other.hold, task.hold)
        this.#underWay.delete(other)
        other.abort.abort()
      }
    }
    this.#underWay.add(task)
    return task
  }

  /** Ends a task; `release` then shows what it read. False: it was given up before. */
  end(task: Task): boolean {
    return this.#underWay.delete(task)
  }

  release(task: Task): void {
    this.#store.release(task.hold)
  }

  abort(): void {
    for (const { abort } of this.#underWay) abort.abort()
  }

  /**
   * Makes a change on a task's behalf, by default the load's. Returns whether it is held back. A late change of a task
   * that was given up is held by the load under way, if there is one.
   */
  apply(change: () => void, task = this.#load): boolean {
    const { conversation } = this.#store
    const holder = task && this.#underWay.has(task) ? task : this.loading ? this.#load : undefined
    conversation.reading = holder?.hold ?? 0
    change()
    conversation.reading = 0
    return holder !== undefined && holder.hold > 0
  }
}

/** Resolves when the task is given up, without waiting for its requests. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
