import type { Checkpoint, CheckpointStore, OpenPrompt } from './checkpoint.ts'
import type { Prompt } from './prompt.ts'

/** Settled prompts that a checkpoint names. */
const RECENT = 200

/** Which prompts are received, being answered, settled: in memory, and in the store. */
export class PromptLedger {
  readonly #store: CheckpointStore | undefined
  readonly #channelName: string
  readonly #failed: (error: unknown) => void
  #serial = ''
  readonly #open = new Map<string, OpenPrompt>()
  #recent: string[] = []
  #saving: Promise<void> | undefined
  #again = false
  #caughtUp = false

  constructor(store: CheckpointStore | undefined, channelName: string, failed: (error: unknown) => void) {
    this.#store = store
    this.#channelName = channelName
    this.#failed = failed
  }

  /** What the last process left; `undefined` if there was none, or nothing is kept. */
  async load(): Promise<Checkpoint | undefined> {
    const found = await this.#store?.load(this.#channelName)
    if (!found) return undefined
    this.#serial = found.serial
    this.#recent = [...found.recent]
    for (const entry of found.open) this.#open.set(entry.prompt.id, entry)
    return found
  }

  /** What the last process left is dealt with. Until then its checkpoint stays: it says what is still to be answered. */
  caughtUp(): void {
    this.#caughtUp = true
  }

  /** A prompt came, whether or not it will be answered. */
  received(prompt: Prompt, accepted: boolean): void {
    if (prompt.serial > this.#serial) this.#serial = prompt.serial
    if (accepted && !this.#open.has(prompt.id)) this.#open.set(prompt.id, { prompt })
    void this.#save()
  }

  /** The channel is known up to here. */
  reached(serial: string): Promise<void> {
    if (serial > this.#serial) this.#serial = serial
    return this.#save()
  }

  /** An answer begins; resolves once that is safe. */
  begun(prompt: Prompt, responseId: string): Promise<void> {
    this.#open.set(prompt.id, { prompt, responseId })
    return this.#save()
  }

  settled(promptId: string): Promise<void> {
    this.#open.delete(promptId)
    this.#recent = [...this.#recent.slice(1 - RECENT), promptId]
    return this.#save()
  }

  /** One save at a time; those that wait share the next. */
  #save(): Promise<void> {
    if (!this.#store || !this.#caughtUp) return Promise.resolve()
    if (this.#saving) {
      this.#again = true
      return this.#saving.then(() => (this.#again ? this.#save() : this.#saving))
    }
    this.#again = false
    const checkpoint = { serial: this.#serial, open: [...this.#open.values()], recent: this.#recent }
    this.#saving = this.#write(this.#store, checkpoint).finally(() => (this.#saving = undefined))
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
