import type { MessageList } from '../response/lines.ts'
import type { Structure } from '../response/reduce.ts'
import { Tree } from '../response/tree.ts'
import type { Branch } from '../response/tree.ts'
import { sameList } from '../types/same.ts'

export interface BranchOptions {
  /** The selection that `onSelect` last gave on this device. */
  selected?: readonly string[]
  /** Called with this device's selection, for the application to keep: ids of messages, opaque to it. */
  onSelect?(selected: readonly string[]): void
}

/** Maximum number of selections kept; the oldest are dropped. */
const MAX_SELECTED = 100

/** Which path through the conversation this session shows. */
export class Branches {
  readonly #tree = new Tree()
  readonly #onSelect: BranchOptions['onSelect']
  readonly #changed: () => void
  #selected: readonly string[]
  readonly #known = new Map<string, Branch>()

  constructor({ selected = [], onSelect }: BranchOptions, changed: () => void) {
    this.#selected = selected
    this.#onSelect = onSelect
    this.#changed = changed
  }

  /** The messages that show. */
  readonly pathOf = ({ entries }: Structure): MessageList => {
    this.#tree.update(entries)
    return this.#tree.path(this.#selected)
  }

  /** The versions of a message; the same object until they change. */
  branch(id: string): Branch | undefined {
    return this.#kept(`m:${id}`, this.#tree.branch(id))
  }

  /** The versions of what answers a prompt; the same object until they change. */
  answers(promptId: string): Branch | undefined {
    return this.#kept(`a:${promptId}`, this.#tree.answers(promptId, this.#selected))
  }

  #kept(key: string, next: Branch | undefined): Branch | undefined {
    const known = this.#known.get(key)
    if (!next) return undefined
    if (known?.index === next.index && sameList(known.versions, next.versions)) return known
    this.#known.set(key, next)
    return next
  }

  parentOf(promptId: string): string | null {
    return this.#tree.parentOf(promptId)
  }

  /** Shows message `id` and those that it follows, on this device only. */
  select(id: string): void {
    const above = this.#tree.above(id, this.#selected)
    const selected = [...this.#selected.filter((one) => one !== id && !above.has(one)), id].slice(
      -MAX_SELECTED,
    )
    if (selected.join() === this.#selected.join()) return
    this.#selected = selected
    this.#changed()
    this.#onSelect?.(selected)
  }
}
