import { answers } from './answers.ts'
import type { RejoinError } from '../types/errors.ts'
import { same } from '../types/same.ts'
import type { MessageRef } from '../types/types.ts'
import { keyOf, Line, PromptLine } from './entry.ts'
import type { Entry } from './entry.ts'
import { noLines } from './lines.ts'
import type { Lines } from './lines.ts'
import { KnownPrompt } from './knownPrompt.ts'
import type { Told, ToldPrompt } from './knownPrompt.ts'
import { Table } from './table.ts'
import { noFate } from './fates.ts'
import type { Fate, FateEvent, Fates, ShownLine } from './fates.ts'

/**
 * What changes in structure: the list of entries, and the prompts. Texts grow elsewhere. Each field grows by one with
 * each message, so none is copied as a whole.
 */
export interface Structure {
  /** Every prompt and every published response, in order. */
  readonly entries: Lines
  /** Prompts that wait for their turn, in order. */
  readonly queue: Lines
  /** By id. */
  readonly prompts: Table<KnownPrompt>
  /** What is known of the fate of prompts, by their ids. */
  readonly fates: Table<Fate>
}

/** This session's own publish of a prompt: it has begun, succeeded or failed. */
export type DeliveryEvent =
  | { readonly type: 'sending'; readonly prompt: ToldPrompt }
  | { readonly type: 'sent'; readonly id: string; readonly serial: string | undefined }
  | { readonly type: 'failed'; readonly id: string; readonly error: RejoinError }

export type StructureEvent =
  /** A prompt as the channel has it. */
  | { readonly type: 'prompt'; readonly prompt: ToldPrompt & { serial: string } }
  /** A prompt as the application's database has it: the channel's word counts for more. */
  | { readonly type: 'row'; readonly prompt: ToldPrompt }
  | DeliveryEvent
  /** Responses show for the first time, or were found to be elsewhere, or over. */
  | { readonly type: 'responses'; readonly responses: readonly ShownLine[] }
  | Exclude<FateEvent, { type: 'response' }>
  /** Lines are not known any more. */
  | { readonly type: 'gone'; readonly lines: readonly MessageRef[] }

/** Parts of the reducer that only some readers need. */
export interface Rules {
  /** Follows what becomes of prompts; default: their answers only. */
  readonly fates?: Fates
  /** A prompt after an event of this session's own publish, and whether the channel has it. */
  readonly deliver?: (
    event: DeliveryEvent,
    known: Told | undefined,
  ) => readonly [told: ToldPrompt, heard: boolean] | undefined
}

export const emptyStructure: Structure = /* @__PURE__ */ Object.freeze({
  entries: noLines,
  queue: noLines,
  prompts: new Table<KnownPrompt>(),
  fates: new Table<Fate>(),
})

/**
 * The reducer: the state after some events. The same object when they change nothing. Each field shares with its older
 * version what did not change, so nothing is left for a library to compare.
 */
export function reduce(state: Structure, events: readonly StructureEvent[], rules: Rules): Structure {
  example ??= new Changes(emptyStructure, rules)
  const changes = new Changes(state, rules)
  for (const event of events) changes.take(event)
  changes.settle()
  const next: Structure = {
    entries: state.entries.with(changes.entries),
    queue: state.queue.with(changes.queue),
    fates: state.fates.with(changes.fates),
    prompts: state.prompts.with(changes.prompts),
  }
  return same(next, state) ? state : next
}

/** What waits on the shelf is its own line. */
const isEntry = (line: ShownLine | Entry): line is Entry => 'ref' in line

function setLine(entries: Map<string, Entry | undefined>, response: ShownLine): void {
  const { id, serial, createdAt, promptId } = response
  const entry = isEntry(response) ? response : new Line(id, 'assistant', serial, createdAt, promptId)
  entries.set(keyOf(entry), entry)
}

/** Others live for one batch: while one is left, V8 keeps the code that knows them. */
let example: Changes | undefined

/** What a batch of events changes. */
class Changes {
  readonly #state: Structure
  readonly #rules: Rules
  readonly prompts = new Map<string, KnownPrompt | undefined>()
  readonly fates = new Map<string, Fate | undefined>()
  /** By role and id; undefined: to be left out. */
  readonly entries = new Map<string, Entry | undefined>()
  readonly queue = new Map<string, Entry | undefined>()
  /** Prompts that were told of, or of whose fate something was learnt: what shows of each is derived once. */
  readonly #told = new Map<string, Told>()

  constructor(state: Structure, rules: Rules) {
    this.#state = state
    this.#rules = rules
  }

  take(event: StructureEvent): void {
    switch (event.type) {
      case 'responses':
        return this.#respond(event.responses)
      case 'forgotten':
        return this.#forget(event)
      case 'prompt':
        return this.#hear(event.prompt)
      case 'row':
        return this.#read(event.prompt)
      case 'sending':
      case 'sent':
      case 'failed':
        return this.#deliver(event)
      case 'gone':
        return this.#letGo(event.lines)
      case 'cancel':
      case 'hint':
        return this.#learn(event.promptId, event)
    }
  }

  #letGo(lines: readonly MessageRef[]): void {
    for (const ref of lines) this.entries.set(keyOf(ref), undefined)
    for (const ref of lines)
      if (ref.role === 'user') {
        this.queue.set(keyOf(ref), undefined)
        this.prompts.set(ref.id, undefined)
        this.#told.delete(ref.id)
        // An answer that stays is not told again when its prompt is.
        if (!this.#fate(ref.id).answers.some((answer) => this.lineOf(answer)))
          this.fates.set(ref.id, undefined)
      }
  }

  #known(id: string): Told | undefined {
    return this.#told.get(id) ?? latest(id, this.prompts, this.#state.prompts)
  }

  #fate(id: string): Fate {
    return latest(id, this.fates, this.#state.fates) ?? noFate
  }

  /** The line of an answer. */
  lineOf({ id }: { readonly id: string }): Entry | undefined {
    return latest(keyOf({ id, role: 'assistant' }), this.entries, this.#state.entries)
  }

  #respond(responses: readonly ShownLine[]): void {
    const { entries } = this
    for (let i = 0; i < responses.length; i++) {
      const response = responses[i]!
      setLine(entries, response)
      if (response.promptId !== undefined) this.#learn(response.promptId, { type: 'response', response })
    }
  }

  #forget(event: FateEvent & { type: 'forgotten' }): void {
    const promptId = this.lineOf(event)?.promptId
    this.entries.set(keyOf({ id: event.id, role: 'assistant' }), undefined)
    this.#learn(promptId, event)
  }

  /** Something is learnt of what became of a prompt. */
  #learn(id: string | undefined, event: FateEvent): void {
    const { fates = answers } = this.#rules
    if (id === undefined) return
    const before = this.#fate(id)
    const fate = fates.after(before, event)
    if (fate !== before) this.fates.set(id, fate)
    // What was told of in this batch is settled after it.
    const known = this.#told.has(id) ? undefined : this.#known(id)
    if (known) this.#setPrompt(known.told, known.heard)
  }

  /** A row tells of a prompt: what the channel told counts for more, unless the row has more of it, or the first message. */
  #read(row: ToldPrompt): void {
    const known = this.#known(row.id)?.told
    const { clientId = known?.clientId, serial = '~' } = row
    if (!known || ((known.incomplete || serial < (known.serial ?? '')) && clientId === known.clientId))
      this.#setPrompt(row, false)
  }

  /** The first message of a prompt's id is the prompt, and its owner's; what repeats it changes nothing. */
  #hear(prompt: ToldPrompt & { serial: string }): void {
    const { told, heard } = this.#known(prompt.id) ?? {}
    const { serial = '~', clientId = prompt.clientId, incomplete, delivery } = told ?? {}
    // Pieces of a long text that come later make it whole.
    const isKnown = heard && serial === prompt.serial && !incomplete
    // The database knows who asked; and a beginning does not replace a row with the whole text.
    const isLess = clientId !== prompt.clientId || (delivery === 'sent' && !incomplete && prompt.incomplete)
    if (serial >= prompt.serial && !isKnown && (heard || !isLess)) this.#setPrompt(prompt, true)
  }

  #deliver(event: DeliveryEvent): void {
    const id = event.type === 'sending' ? event.prompt.id : event.id
    const next = this.#rules.deliver?.(event, this.#known(id))
    if (next) this.#setPrompt(...next)
  }

  #setPrompt(told: ToldPrompt, heard: boolean): void {
    const key = keyOf({ id: told.id, role: 'user' })
    this.#told.set(told.id, { told, heard })
    // Among lines of one time, it keeps the place that it has now.
    if (!this.entries.has(key)) this.entries.set(key, undefined)
  }

  /** Derives what shows of each prompt. Call once, after all events. */
  settle(): void {
    for (const one of this.#told.values()) this.#settle(one)
  }

  #settle(one: Told): void {
    const { told, heard } = one
    const { id, serial, createdAt } = told
    const { fates = answers } = this.#rules
    const known = latest(id, this.prompts, this.#state.prompts)
    const fate = this.#fate(id)
    const own = new PromptLine(id, serial, createdAt, told)
    const entry = fates.place(own, fate, this)
    const key = keyOf(own)
    this.entries.set(key, entry)
    const outcome = fates.outcomeOf(told, fate)
    const { status, responseId } = outcome
    const isOther = known?.status !== status || known.responseId !== responseId
    if (isOther || known.told !== told || known.heard !== heard)
      this.prompts.set(id, new KnownPrompt(one, outcome))
    const isQueued = status === 'queued'
    if (isQueued || known?.status === 'queued') this.queue.set(key, isQueued ? entry : undefined)
  }
}

/** What stands in a table after some changes. */
function latest<V>(
  id: string,
  changes: Map<string, V | undefined>,
  before: { get(id: string): V | undefined },
): V | undefined {
  return changes.has(id) ? changes.get(id) : before.get(id)
}
