import type { ModelEvent } from '../../response/modelEvent.ts'
import { JsonScan } from './jsonScan.ts'
import { insideString, toolInput } from './toolInput.ts'

/** A fragment of a tool call. `''` stands for a missing id, name or arguments. */
export interface CallFragment {
  readonly id: string
  readonly index: number | undefined
  /** Its place in its list. */
  readonly place: number
  readonly name: string
  /** A fragment of the arguments. */
  readonly text: string
  /** The arguments are plain text; otherwise they are JSON. */
  readonly plain?: boolean
}

interface Call {
  /** The id from the provider. */
  id: string
  toolCallId: string
  name: string
  /** The arguments so far. */
  text: string
  readonly plain: boolean
  readonly index: number | undefined
  readonly scan: JsonScan
  started: boolean
}

/**
 * Tool calls whose arguments come in fragments. A fragment's id, then its index, then its place identifies the call:
 * servers leave out, repeat and change each of them.
 */
export class StreamedCalls {
  readonly #prefix: () => string
  readonly #byId = new Map<string, Call>()
  readonly #bySlot = new Map<string, Call>()
  readonly #taken = new Set<string>()
  #calls: Call[] = []

  /** `prefix` begins the ids of calls that come without one. */
  constructor(prefix: () => string) {
    this.#prefix = prefix
  }

  /** Calls that have not ended. */
  get size(): number {
    return this.#calls.length
  }

  has(id: string): boolean {
    return this.#taken.has(id)
  }

  *add(fragment: CallFragment): Generator<ModelEvent> {
    const { id, index, place, name, text, plain = false } = fragment
    const slot = index === undefined ? `place ${place}` : `index ${index}`
    let call = this.#find(fragment, this.#bySlot.get(slot))
    if (!call) {
      if (!id && !name && !text) return
      const scan = new JsonScan()
      call = { id, toolCallId: '', name, text: '', plain, index, scan, started: false }
      this.#calls.push(call)
    }
    this.#bySlot.set(slot, call)
    call.id ||= id
    call.name ||= name
    if (id && !this.#byId.has(id)) this.#byId.set(id, call)
    // Some servers repeat the whole arguments at the end.
    if (call.scan.complete && text === call.text) return
    const opening = call.text === ''
    call.text += text
    if (!plain) call.scan.add(text)
    yield* call.started ? delta(call, text, opening) : this.#start(call)
  }

  /** The arguments of all calls are complete. `broken`: the stream was cut, so only complete arguments count. */
  *end({ broken = false } = {}): Generator<ModelEvent> {
    const calls = this.#calls
    this.#calls = []
    this.#byId.clear()
    this.#bySlot.clear()
    for (const call of calls) {
      if (broken && !(call.name && call.scan.complete)) continue
      yield* this.#begin(call)
      const { toolCallId, name: toolName, text } = call
      if (!call.plain) yield toolInput(toolCallId, toolName, text)
      else {
        yield { type: 'tool-input-delta', toolCallId, inputTextDelta: text ? '"' : '""' }
        yield { type: 'tool-input-available', toolCallId, toolName, input: text }
      }
    }
  }

  #find({ id, index, name, text }: CallFragment, atSlot: Call | undefined): Call | undefined {
    if (id) {
      if (atSlot?.id === id) return atSlot
      const known = this.#byId.get(id)
      // Several calls share one id: only their indexes tell them apart.
      const another =
        index !== undefined && known?.index !== undefined && known.index !== index && name !== ''
      if (known && !another) return known
      // A new id with a name begins another call; ids that change with every fragment come without a name.
      if (name || !atSlot || (text && atSlot.scan.complete)) return undefined
      return atSlot
    }
    if (!atSlot) return name ? undefined : this.#calls.at(-1)
    const begins = name !== '' && atSlot.name !== '' && (atSlot.scan.complete || atSlot.name !== name)
    return begins ? undefined : atSlot
  }

  /** Shows the call as soon as it has a name; waits for an id until there are arguments. */
  *#start(call: Call): Generator<ModelEvent> {
    if (call.name && (call.id || call.text)) yield* this.#begin(call)
  }

  *#begin(call: Call): Generator<ModelEvent> {
    if (call.started) return
    call.started = true
    call.name ||= 'tool'
    const id = call.id || `${this.#prefix()}-call-${this.#taken.size}`
    call.toolCallId = this.#taken.has(id) ? `${id}-${this.#taken.size}` : id
    this.#taken.add(call.toolCallId)
    yield { type: 'tool-input-start', toolCallId: call.toolCallId, toolName: call.name }
    yield* delta(call, call.text, true)
  }
}

function* delta({ toolCallId, plain }: Call, text: string, opening: boolean): Generator<ModelEvent> {
  if (text === '') return
  const inputTextDelta = plain ? (opening ? '"' : '') + insideString(text) : text
  yield { type: 'tool-input-delta', toolCallId, inputTextDelta }
}
