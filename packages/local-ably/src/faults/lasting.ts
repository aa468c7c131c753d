import type { Remove } from './faults.ts'

/** The faults that last until they are removed. */
export class Lasting {
  readonly #ongoing = new Set<Remove>()

  begin(end: () => void): Remove {
    const remove = () => {
      if (this.#ongoing.delete(remove)) end()
    }
    this.#ongoing.add(remove)
    return remove
  }

  clear(): void {
    for (const remove of this.#ongoing) remove()
  }
}
