import type { Checkpoint, CheckpointStore } from './checkpoint.ts'
import { emptyLedger, reduceLedger, type LedgerEvent } from './ledger.ts'

/** Saves the ledger of one channel in the application's store, one save at a time. */
export class CheckpointKeeper {
  readonly #store: CheckpointStore | undefined
  readonly #channelName: string
  readonly #failed: (error: unknown) => void
  #state = emptyLedger
  #saving: Promise<void> | undefined
  #again = false
  #caughtUp = false

  constructor(store: CheckpointStore | undefined, channelName: string, failed: (error: unknown) => void) {
    this.#store = store
    this.#channelName = channelName
    this.#failed = failed
  }

  /** Loads the last process's checkpoint; `undefined` if there is none. */
  async load(): Promise<Checkpoint | undefined> {
    const checkpoint = await this.#store?.load(this.#channelName)
    if (checkpoint && !isCheckpoint(checkpoint))
      throw new Error('it is damaged: correct it, or delete it and leave what was open unanswered')
    if (checkpoint) this.#state = reduceLedger(this.#state, { type: 'loaded', checkpoint })
    return checkpoint
  }

  /** The past is processed. Until then the last process's checkpoint stays, because it names the open prompts. */
  caughtUp(): void {
    this.#caughtUp = true
  }

  /** Records an event; resolves once it is saved or saving has failed. */
  record(event: LedgerEvent): Promise<void> {
    this.#state = reduceLedger(this.#state, event)
    return this.#save()
  }

  /** Events during a save share the next save. */
  #save(): Promise<void> {
    if (!this.#store || !this.#caughtUp) return Promise.resolve()
    if (this.#saving) {
      this.#again = true
      return this.#saving.then(() => (this.#again ? this.#save() : this.#saving))
    }
    this.#again = false
    this.#saving = this.#write(this.#store, this.#state).finally(() => (this.#saving = undefined))
    return this.#saving
  }

  async #write(store: CheckpointStore, checkpoint: Checkpoint): Promise<void> {
    try {
      await store.save(this.#channelName, checkpoint)
    } catch (error) {
      this.#failed(error)
    }
  }
}

/** Checks every field: guessing at a damaged checkpoint would lose prompts or answer them twice. */
function isCheckpoint({ serial, open, recent }: Partial<Checkpoint>): boolean {
  const prompts = Array.isArray(open) && open.every((one) => typeof one?.prompt?.serial === 'string')
  return typeof serial === 'string' && prompts && Array.isArray(recent)
}
