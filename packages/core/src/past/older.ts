import type { Hydrator } from './hydrator.ts'
import { isUnmet } from './ledger.ts'
import type { LedgerStore } from './ledgerStore.ts'
import type { Readings } from './readings.ts'
import type { Task } from './tasks.ts'
import type { Conversation } from '../response/conversation.ts'

/** Loads older messages for the application, one reading at a time. */
export class Older {
  readonly #hydrator: Hydrator
  readonly #ledgers: LedgerStore
  readonly #readings: Readings
  readonly #conversation: Conversation
  #underWay: Promise<void> | undefined

  constructor(hydrator: Hydrator, ledgers: LedgerStore, readings: Readings, conversation: Conversation) {
    this.#hydrator = hydrator
    this.#ledgers = ledgers
    this.#readings = readings
    this.#conversation = conversation
  }

  /** Resolves when the messages show. */
  load(): Promise<void> {
    return (this.#underWay ??= this.#load().finally(() => (this.#underWay = undefined)))
  }

  async #load(): Promise<void> {
    const { length } = this.#conversation
    let restarted = false
    while (!this.#ledgers.closed) {
      switch (this.#ledgers.dispatch({ type: 'older' })?.do) {
        case 'wait':
          // Wait for hydration: it fixes which message is the oldest.
          await this.#readings.hydrated()
          break
        case 'retry': {
          const error = await this.#readings.loading
          if (error) throw error
          return
        }
        case 'resume':
          if (await this.#run((task) => this.#resume(task))) return
          break
        case 'reread':
          if (await this.#run((task) => this.#reread(task))) return
          break
        default:
          if (!this.#hydrator.loadOlder) return
          restarted ||= this.#ledgers.ledger.restarts
          if (!(await this.#run((task) => this.#askHydrator(task)))) break
          // A hydrator that begins again first finds messages that show already.
          if (!restarted || this.#conversation.length !== length || !this.#ledgers.hydration.hasOlder) return
      }
    }
  }

  /** Resolves to false when continuity was lost meanwhile: ask again. */
  #run(read: (task: Task) => Promise<void>): Promise<boolean> {
    return this.#readings.run('older', 'load older messages', read)
  }

  /** Goes on after a bound. */
  #resume(task: Task): Promise<void> {
    return this.#readings.readOn(task, false, { from: 'top', reached: !isUnmet(this.#ledgers.ledger) })
  }

  /** Goes back through what was let go. */
  #reread(task: Task): Promise<void> {
    return this.#readings.readOn(task, true, { from: 'bottom', reached: false })
  }

  async #askHydrator(task: Task): Promise<void> {
    const { restarts: restarted } = this.#ledgers.ledger
    const hasOlder = await this.#hydrator.loadOlder!(this.#readings.past(task, restarted))
    if (!task.abort.signal.aborted) this.#ledgers.dispatch({ type: 'told', hasOlder, restarted })
  }
}
