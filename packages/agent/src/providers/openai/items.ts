import { numberIn, textIn, type Fields } from '../common/intake.ts'

/** A text within an item: a part of a message's content or of a reasoning's summary. */
export interface ItemText {
  readonly kind: 'text' | 'reasoning'
  readonly id: string
  shown: string
  open: boolean
}

export interface ItemCall {
  readonly toolCallId: string
  readonly toolName: string
  /** The arguments' JSON text shown so far. */
  json: string
  /** The provider runs the tool. */
  readonly providerExecuted: boolean
  /** The arguments are complete. */
  available: boolean
  answered: boolean
}

/** One item of a response's output. */
export interface Item {
  readonly place: number
  readonly outputIndex: number | undefined
  type: string
  id: string | undefined
  callId: string | undefined
  /** By kind and index. */
  readonly texts: Map<string, ItemText>
  readonly annotations: Set<number>
  call: ItemCall | undefined
  /** Begun by its own event, or by the first event about it. */
  announced: boolean
  done: boolean
}

/**
 * The items of one response. An event's id and `output_index` together identify its item: some servers give an item
 * another id in every event, some give all items the same index.
 */
export class Items {
  readonly all: Item[] = []
  readonly #byId = new Map<string, Item>()
  readonly #byIndex = new Map<number, Item>()

  /** The item of a delta or a similar event; `type` is used if this is its first event. */
  of(event: Fields, type: string): Item {
    const index = numberIn(event['output_index'])
    const id = textIn(event['item_id'])
    const last = this.all.at(-1)
    const found =
      this.#known(id, index) ??
      (index === undefined
        ? last && !last.done && (last.type === type || type === '')
          ? last
          : undefined
        : this.#byIndex.get(index))
    return this.#note(found ?? this.#add(type, index), id, undefined)
  }

  /** The item that begins, or is complete. */
  whole(fields: Fields, outputIndex: unknown): Item {
    const { type, id, callId, index } = names(fields, outputIndex)
    const atIndex = index === undefined ? undefined : this.#byIndex.get(index)
    const fits = atIndex && !atIndex.done && (atIndex.type === type || !atIndex.announced)
    const same = !callId || !atIndex?.callId || atIndex.callId === callId
    const found = this.#byCall(callId) ?? this.#known(id, index) ?? (fits && same ? atIndex : undefined)
    const item = this.#note(found ?? this.#add(type, index), id, callId)
    item.type = type
    item.announced = true
    return item
  }

  /** The final list's `nth` item of its type. */
  final(fields: Fields, nth: number): Item {
    const { type, id, callId } = names(fields, undefined)
    const alike = this.all.filter((item) => item.type === type)
    const found = this.#byCall(callId) ?? this.#known(id, undefined) ?? (callId ? undefined : alike[nth])
    return this.#note(found ?? this.#add(type, undefined), id, callId)
  }

  #known(id: string | undefined, index: number | undefined): Item | undefined {
    const known = id === undefined ? undefined : this.#byId.get(id)
    const agrees = index === undefined || known?.outputIndex === undefined || known.outputIndex === index
    return agrees ? known : undefined
  }

  #byCall(callId: string | undefined): Item | undefined {
    return callId === undefined ? undefined : this.all.find((item) => item.callId === callId)
  }

  #add(type: string, outputIndex: number | undefined): Item {
    const item: Item = {
      place: this.all.length,
      outputIndex,
      type,
      id: undefined,
      callId: undefined,
      texts: new Map(),
      annotations: new Set(),
      call: undefined,
      announced: false,
      done: false,
    }
    this.all.push(item)
    if (outputIndex !== undefined) this.#byIndex.set(outputIndex, item)
    return item
  }

  #note(item: Item, id: string | undefined, callId: string | undefined): Item {
    if (id !== undefined) this.#byId.set(id, item)
    item.id = id ?? item.id
    item.callId ??= callId
    return item
  }
}

function names(fields: Fields, outputIndex: unknown) {
  return {
    type: textIn(fields['type']) ?? '',
    id: textIn(fields['id']),
    callId: isOutput(fields) ? undefined : textIn(fields['call_id']),
    index: numberIn(outputIndex),
  }
}

/** A call's output is an item of its own, which names the call. */
export function isOutput({ type }: Fields): boolean {
  return typeof type === 'string' && type.endsWith('_output')
}
