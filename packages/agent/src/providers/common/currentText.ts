import type { ModelEvent, ProviderMetadata } from '../../response/modelEvent.ts'

type Kind = 'text' | 'reasoning'

interface Open {
  readonly kind: Kind
  readonly id: string
  /** UTF-16 code units. */
  length: number
  metadata: ProviderMetadata | undefined
}

/** The currently growing text or reasoning, for providers whose streams have no parts. */
export class CurrentText {
  readonly #prefix: string
  #open: Open | undefined
  #count = 0

  /** `prefix` begins the ids of the parts, for streams with several growing texts. */
  constructor(prefix = '') {
    this.#prefix = prefix
  }

  *grow(kind: Kind, delta: string): Generator<ModelEvent> {
    if (delta === '') return
    const open = yield* this.open(kind)
    open.length += delta.length
    yield { type: `${kind}-delta`, id: open.id, delta }
  }

  /** Begins a part of that kind, unless one is open. */
  *open(kind: Kind): Generator<ModelEvent, Open> {
    if (this.#open?.kind === kind) return this.#open
    yield* this.close()
    const open = { kind, id: `${this.#prefix}${kind}-${this.#count++}`, length: 0, metadata: undefined }
    this.#open = open
    yield { type: `${kind}-start`, id: open.id }
    return open
  }

  *close(): Generator<ModelEvent> {
    const open = this.#open
    if (!open) return
    this.#open = undefined
    const { kind, id, metadata: providerMetadata } = open
    if (providerMetadata) yield { type: 'part-metadata', part: kind, id, providerMetadata }
    yield { type: `${kind}-end`, id }
  }

  get current(): Open | undefined {
    return this.#open
  }
}
