import { emptyLedger, hydrationOf } from './ledger.ts'
import type { HydrationState, Ledger } from './ledger.ts'
import { step } from './step.ts'
import type { Decision, Event } from './step.ts'

interface Hooks {
  obey(decision: Decision): void
  /** The hydration state has changed. */
  onChange(): void
}

/** Holds the ledger of one channel: passes it events, and has its decisions obeyed. */
export class LedgerStore {
  #ledger = emptyLedger
  /** The state that `onChange` last told of. */
  #view: HydrationState
  #closed = false
  /** The hydrator can load older messages. */
  readonly #deep: boolean
  readonly #hooks: Hooks

  constructor(deep: boolean, hooks: Hooks) {
    this.#deep = deep
    this.#hooks = hooks
    this.#view = this.hydration
  }

  get ledger(): Ledger {
    return this.#ledger
  }

  get hydration(): HydrationState {
    return hydrationOf(this.#ledger, this.#deep)
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Returns the last decision: some are for the caller. */
  dispatch(event: Event): Decision | undefined {
    if (this.#closed) return undefined
    const { ledger, decisions } = step(this.#ledger, event)
    this.#set(ledger)
    for (const decision of decisions) this.#hooks.obey(decision)
    return decisions.at(-1)
  }

  /** Older messages were let go. `deep`: the hydrator can load older messages. */
  forget(without: (ledger: Ledger, deep: boolean) => Ledger): void {
    this.#set(without(this.#ledger, this.#deep))
  }

  /** Events that come later change nothing. */
  close(): void {
    this.#closed = true
  }

  #set(ledger: Ledger): void {
    this.#ledger = ledger
    const { status, hasOlder } = this.hydration
    if (status === this.#view.status && hasOlder === this.#view.hasOlder) return
    this.#view = { status, hasOlder }
    this.#hooks.onChange()
  }
}
