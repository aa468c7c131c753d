import { RejoinError } from '@rejoin/core/protocol'
import { Backoff, judge, type RetryOptions } from '../publish/backoff.ts'
import type { KnownPast } from './catchUp.ts'
import type { Checkpoint, CheckpointStore } from './checkpoint.ts'
import { emptyLedger, reduceLedger, type LedgerEvent } from './ledger.ts'

export interface KeeperHost {
  readonly retry: RetryOptions
  /** The checkpoint could not be loaded, and is tried again. Called once. */
  loading(error: unknown): void
  /** The checkpoint could not be saved. */
  unsaved(error: unknown): void
  closed(): boolean
}

/** Milliseconds for which a failing store is asked again for the checkpoint. */
const PATIENCE = 5000

/** Saves the ledger of one channel in the application's store, one save at a time. */
export class CheckpointKeeper {
  readonly #store: CheckpointStore | undefined
  readonly #channelName: string
  readonly #host: KeeperHost
  #state = emptyLedger
  #saving: Promise<void> | undefined
  #again = false
  #caughtUp = false

  constructor(store: CheckpointStore | undefined, channelName: string, host: KeeperHost) {
    this.#store = store
    this.#channelName = channelName
    this.#host = host
  }

  /** Loads the last process's checkpoint; `undefined` if there is none. */
  async load(): Promise<(Checkpoint & KnownPast) | undefined> {
    const checkpoint = this.#store && (await this.#loaded(this.#store))
    if (checkpoint && !isCheckpoint(checkpoint))
      throw new Error('it is damaged: correct it, or delete it and leave what was open unanswered')
    if (checkpoint) {
      const { serial, open, recent } = checkpoint
      this.#state = reduceLedger(this.#state, { type: 'loaded', checkpoint: { serial, open, recent } })
    }
    return checkpoint
  }

  async #loaded(store: CheckpointStore): Promise<Checkpoint | undefined> {
    const { retry } = this.#host
    const giveUpAfter = Math.min(PATIENCE, retry.giveUpAfter ?? PATIENCE)
    const backoff = new Backoff({ ...retry, giveUpAfter })
    for (let first = true; ; first = false) {
      try {
        return await store.load(this.#channelName)
      } catch (error) {
        const delay = isLasting(error) || this.#host.closed() ? undefined : backoff.next()
        if (delay === undefined) throw error
        if (first) this.#host.loading(error)
        await new Promise((resolve) => setTimeout(resolve, delay))
      }
    }
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
      this.#host.unsaved(error)
    }
  }
}

/** Whether the same checkpoint would fail again: it is damaged, or access was denied. */
function isLasting(error: unknown): boolean {
  if (error instanceof RejoinError || error instanceof SyntaxError) return true
  return (error as Error | undefined)?.name === 'AbortError' || judge(error) !== 'retry'
}

/** Checks every field: guessing at a damaged checkpoint would lose prompts or answer them twice. */
function isCheckpoint({ serial, open, recent }: Partial<Checkpoint>): boolean {
  const prompts = Array.isArray(open) && open.every((one) => typeof one?.prompt?.serial === 'string')
  return typeof serial === 'string' && prompts && Array.isArray(recent)
}
