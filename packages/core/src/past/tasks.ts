import type { Store } from '../store/store.ts'

/** Something that reads the past: the hydrator's `load` or `loadOlder`, or reading on for unknown heads. */
export interface Task {
  readonly kind: 'load' | 'older' | 'judge'
  readonly abort: AbortController
  /** The store holds back what it changes. */
  readonly hold: number
}

/** Readings of the past under way: what each changes, the store holds back until it ends. */
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

  /** A load gives up every other task, and holds back what those did. */
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

  /** What it read is to be published: `release` says when. False: it was given up before. */
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
   * Makes a change that a task brings, by default the load's. Returns whether it is held back: what comes late, of a task
   * that was given up, is held by the load under way, if there is one.
   */
  apply(change: () => void, task = this.#load): boolean {
    const { conversation } = this.#store
    const holder = task && this.#underWay.has(task) ? task : this.loading ? this.#load : undefined
    conversation.reading = holder?.hold ?? 0
    change()
    conversation.reading = 0
    return holder !== undefined
  }
}

/** Settles when the task is given up: its requests may take as long as they like. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
