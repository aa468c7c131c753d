import type { MessageRef, PromptState, ResponseState } from '../types/types.ts'

/** One line of the conversation, and where it stands. */
export interface Entry {
  readonly ref: MessageRef
  readonly serial: string | undefined
  /** Milliseconds since the epoch; 0 while unknown. */
  readonly createdAt: number
}

interface KnownPrompt {
  readonly state: PromptState
  /** The channel has told of it, not a database alone. */
  readonly heard: boolean
}

/** What changes in structure: the list of entries, and the prompts. Texts grow elsewhere. */
export interface Structure {
  /** Every prompt and every published response, in order. */
  readonly entries: readonly Entry[]
  /** By id. Without a prototype, since ids come from the channel. */
  readonly prompts: Readonly<Record<string, KnownPrompt>>
}

export type StructureEvent =
  /** A prompt as the channel has it. */
  | { readonly type: 'prompt'; readonly prompt: PromptState & { serial: string } }
  /** A prompt as the application's database has it: the channel's word counts for more. */
  | { readonly type: 'row'; readonly prompt: PromptState }
  /** This session publishes a prompt, and what becomes of that. */
  | { readonly type: 'sending'; readonly prompt: PromptState }
  | { readonly type: 'sent'; readonly id: string; readonly serial: string | undefined }
  | { readonly type: 'failed'; readonly id: string; readonly error: Error }
  /** A response shows for the first time, or was found to begin elsewhere. */
  | { readonly type: 'response'; readonly response: ResponseState }
  /** A response turned out to be another one. */
  | { readonly type: 'forgotten'; readonly id: string }

/** Writes the next state: immer's `produce`, or `copied`. */
export type Produce = <S extends object>(state: S, recipe: (draft: S) => void) => S

/** `produce` for flat states, of which a recipe replaces fields and entries of fields. */
export const copied: Produce = (state, recipe) => {
  const draft = { ...state } as Record<string, unknown>
  for (const [key, value] of Object.entries(draft))
    if (value && Object.getPrototypeOf(value) === null) draft[key] = Object.assign(Object.create(null), value)
  recipe(draft as typeof state)
  return draft as typeof state
}

export const emptyStructure: Structure = Object.freeze({
  entries: Object.freeze([]),
  prompts: Object.freeze(Object.create(null) as Record<string, KnownPrompt>),
})

/** The reducer: the state after some events. The same object when they change nothing. */
export function reduce(state: Structure, events: readonly StructureEvent[], produce: Produce): Structure {
  const changes = new Changes(state)
  for (const event of events) changes.take(event)
  if (changes.isEmpty) return state
  return produce<Mutable<Structure>>(state, (draft) => {
    if (changes.entries.size) draft.entries = withEntries(state.entries, changes.entries)
    for (const [id, prompt] of changes.prompts) draft.prompts[id] = prompt
  })
}

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends Readonly<Record<string, infer V>> ? Record<string, V> : T[K]
}

/** What a batch of events changes. */
class Changes {
  readonly #state: Structure
  readonly prompts = new Map<string, KnownPrompt>()
  /** By role and id; undefined: to be left out. */
  readonly entries = new Map<string, Entry | undefined>()

  constructor(state: Structure) {
    this.#state = state
  }

  get isEmpty(): boolean {
    return this.prompts.size === 0 && this.entries.size === 0
  }

  take(event: StructureEvent): void {
    switch (event.type) {
      case 'response':
        return this.#place('assistant', event.response)
      case 'forgotten':
        return void this.entries.set(keyOf({ role: 'assistant', id: event.id }), undefined)
      case 'prompt':
        return this.#hear(event.prompt)
      case 'row':
        return this.#known(event.prompt.id) ? undefined : this.#setPrompt(event.prompt, false)
      case 'sending':
        return this.#send(event.prompt)
      case 'sent':
      case 'failed':
        return this.#learnDelivery(event)
    }
  }

  #known(id: string): KnownPrompt | undefined {
    return this.prompts.get(id) ?? this.#state.prompts[id]
  }

  /** The first message of a prompt's id is the prompt; what repeats it changes nothing. */
  #hear(prompt: PromptState & { serial: string }): void {
    const known = this.#known(prompt.id)
    const { serial = '~', incomplete } = known?.state ?? {}
    // Pieces of a long text that come later make it whole.
    const grown = incomplete && serial === prompt.serial
    if (known?.heard && serial <= prompt.serial && !grown) return
    this.#setPrompt(prompt, true)
  }

  #send(prompt: PromptState): void {
    const known = this.#known(prompt.id)
    const { createdAt, serial } = known?.state ?? prompt
    this.#setPrompt({ ...prompt, createdAt, ...(serial !== undefined && { serial }) }, known?.heard ?? false)
  }

  #learnDelivery(event: Extract<StructureEvent, { type: 'sent' | 'failed' }>): void {
    const known = this.#known(event.id)
    if (!known) return
    const { state } = known
    if (event.type === 'failed') {
      // What the channel has was delivered, whatever was heard of it.
      if (!known.heard) this.#setPrompt({ ...state, delivery: 'failed', error: event.error }, false)
      return
    }
    const serial = state.serial ?? event.serial
    this.#setPrompt(
      { ...state, ...(serial !== undefined && { serial }), delivery: 'sent', error: undefined },
      serial !== undefined,
    )
  }

  #setPrompt(state: PromptState, heard: boolean): void {
    this.prompts.set(state.id, { state, heard })
    this.#place('user', state)
  }

  #place(role: MessageRef['role'], { id, serial, createdAt }: PromptState | ResponseState): void {
    this.entries.set(keyOf({ role, id }), { ref: Object.freeze({ id, role }), serial, createdAt })
  }
}

const keyOf = ({ role, id }: MessageRef): string => `${role}:${id}`

function withEntries(
  entries: readonly Entry[],
  changes: ReadonlyMap<string, Entry | undefined>,
): readonly Entry[] {
  const rest = new Map(changes)
  const next: Entry[] = []
  for (const entry of entries) {
    const key = keyOf(entry.ref)
    const change = rest.get(key)
    // A line keeps its object, so that a row of a view need not render again.
    if (change) next.push({ ...change, ref: entry.ref })
    else if (!rest.has(key)) next.push(entry)
    rest.delete(key)
  }
  for (const entry of rest.values()) if (entry) next.push(entry)
  return next.sort(byPlace)
}

/** By serial where both have one, else by time; what is not on the channel yet comes last. */
function byPlace(a: Entry, b: Entry): number {
  if (a.serial !== undefined && b.serial !== undefined)
    return a.serial < b.serial ? -1 : a.serial > b.serial ? 1 : 0
  return (a.createdAt || Infinity) - (b.createdAt || Infinity) || 0
}
