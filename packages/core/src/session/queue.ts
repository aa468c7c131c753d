import type { Structure } from '../response/reduce.ts'
import { sameList } from '../types/same.ts'
import type { PromptState } from '../types/types.ts'

/** Prompts that wait for their turn. */
export class Queue {
  /** Held weakly: an older structure holds every change since. */
  #of: WeakRef<Structure> | undefined
  #prompts: readonly PromptState[] = []

  /** The same array until it changes. */
  promptsOf(structure: Structure): readonly PromptState[] {
    if (this.#of?.deref() === structure) return this.#prompts
    this.#of = new WeakRef(structure)
    const prompts = structure.queue.shown.refs.map(({ id }) => structure.prompts.get(id)!.state)
    if (!sameList(prompts, this.#prompts)) this.#prompts = prompts
    return this.#prompts
  }
}
