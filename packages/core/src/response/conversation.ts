import type {
  CancelEvent,
  CitationEvent,
  PromptEvent,
  PromptTextEvent,
  PromptStatusEvent,
  StreamEvent,
  SummaryEvent,
  TransientEvent,
} from '../protocol/event.ts'
import type { Break, Coverage } from '../text/coverage.ts'
import { nothingKnown } from './known.ts'
import type { Known } from './known.ts'
import { isReply, partiesOf } from './parties.ts'
import type { Agents, Reply } from './parties.ts'
import type { PartKinds } from './partKind.ts'
import { PromptTexts } from './promptTexts.ts'
import { LIVE, Response } from './response.ts'
import { Roster } from './roster.ts'
import { copied, emptyStructure, reduce } from './reduce.ts'
import type { Produce, ShownLine, Structure, StructureEvent } from './reduce.ts'
import { isFit, timeOf } from './shelf.ts'
import type { ShelvedRow } from './shelf.ts'
import type { ResponseChange, ResponseRow, ResponseState } from '../types/types.ts'

/** What of a response the structure is made of. */
const placed = ['serial', 'createdAt', 'promptId', 'status'] as const

/** A message that counts for nothing: its publisher may not say it. */
export interface Ignored {
  readonly clientId: string | undefined
  readonly responseId?: string | undefined
  readonly promptId?: string
  /** Whose the response or prompt is, where that is known. */
  readonly owner: string | undefined
}

type OnIgnored = (ignored: Ignored) => void

export interface ConversationOptions {
  readonly produce?: Produce
  readonly agents?: Agents | undefined
  readonly onIgnored?: OnIgnored
}

/** Assembles every response of a channel, and hands what changes in structure to the reducer. Knows no clock and no channel. */
export class Conversation {
  /** What changed since the session last published. */
  dirty: Response[] = []
  #structure = emptyStructure
  /** What the structure does not have yet. */
  #events: StructureEvent[] = []
  /** What is known of the channel's past. */
  known: Known = nothingKnown
  /** A live response has appeared whose beginning may lie in the past. */
  strangers = false
  /** Which reading of the past is being applied: it holds back what it changes (`Store.hold`). 0: none. */
  reading = 0
  /** Responses that may lack something older; what is complete is not looked at again for every page of history. */
  readonly #maybeIncomplete = new Set<Response>()
  /** The first message of each prompt that the channel has told of, not a database alone. */
  readonly #heard = new Map<string, { serial: string; clientId: string | undefined }>()
  readonly #askerOf = (promptId: string) => this.#heard.get(promptId)
  readonly #roster: Roster
  readonly #onIgnored: OnIgnored
  /** Responses to which others than their party replied, by the prompt that they answer. */
  readonly #replied = new Map<string, Set<Response>>()
  /** Responses that may be open: those that changed since they were found over. */
  readonly #maybeOpen = new Set<Response>()
  /** How many responses show of each client. */
  readonly #speakers = new Map<string, number>()
  readonly #promptTexts = new PromptTexts()
  /** Prompts of which pieces of the text have not come yet. */
  readonly #longPrompts = new Map<string, PromptEvent>()
  readonly #kinds: PartKinds
  readonly #produce: Produce
  /** Lines of rows that do not show yet, by the reading that brought them. */
  readonly #heldLines = new Map<number, ShownLine[]>()

  constructor(continuousId: string, kinds: PartKinds, options: ConversationOptions = {}) {
    this.#kinds = kinds
    this.#produce = options.produce ?? copied
    this.#onIgnored = options.onIgnored ?? (() => {})
    this.#roster = new Roster(continuousId, partiesOf(options.agents), {
      known: () => this.known,
      add: (id, party, serial, live) => this.#addResponse(id, party, serial, live),
      forget: (response) => this.#forget(response),
      changeHands: (before, next) => {
        next.takeOver(before)
        this.touch(next, false)
      },
      ignored: ({ clientId, responseId }, owner) =>
        this.#onIgnored({ clientId, responseId, owner: owner?.clientId }),
      unshelve: (shelved) => this.#unshelve(shelved),
      drop: (rival, { clientId: owner }) => {
        this.#maybeIncomplete.delete(rival)
        this.#maybeOpen.delete(rival)
        this.#onIgnored({ clientId: rival.clientId, responseId: rival.id, owner })
      },
    })
  }

  /** The responses that show, by id. */
  get responses(): ReadonlyMap<string, Response> {
    return this.#roster.responses
  }

  /** The list and the prompts, with everything that has happened. */
  get structure(): Structure {
    if (this.#events.length) this.#structure = reduce(this.#structure, this.#events.splice(0), this.#produce)
    return this.#structure
  }

  /** Whether something may have changed since the structure was that one. */
  isAheadOf(structure: Structure): boolean {
    return this.#events.length > 0 || this.#structure !== structure
  }

  find(id: string): Response | undefined {
    return this.#roster.find(id)
  }

  /** Whether what leaves no trace comes from whose the response is. */
  mayTell(event: TransientEvent): boolean {
    return this.#roster.mayTell(event)
  }

  /** Applies one event, `live` or of the past. */
  apply(event: StreamEvent, live: boolean): void {
    if (event.type === 'prompt') return this.#applyPrompt(event)
    if (event.type === 'prompt-text') return this.#applyPromptText(event)
    if (event.type === 'cancel' || event.type === 'prompt-status') return this.#applyFate(event)
    // Others than the agent cite: what they cite is known by its serial, or not shown.
    if (event.type === 'summary' || event.type === 'citation') {
      const cited = this.#roster.bySerial(event.serial)
      if (cited?.applyPart(event)) this.touch(cited, live)
      return
    }
    const response = this.#roster.responseFor(event, live)
    if (isReply(event)) this.#reply(event as Reply, response, live)
    else if (event.type === 'tool' && response) this.#roster.noteCall(event, response)
    if (response && this.#applyTo(response, event, live)) this.touch(response, live)
  }

  #reply(event: Reply, own: Response | undefined, live: boolean): void {
    for (const response of this.#roster.reply(event, own)) {
      response.replied = true
      this.#noteReplied(response)
      this.touch(response, live)
    }
  }

  #noteReplied(response: Response): void {
    const { promptId } = response
    if (promptId === undefined) return
    const replied = this.#replied.get(promptId)
    if (replied) replied.add(response)
    else this.#replied.set(promptId, new Set([response]))
  }

  /** Returns whether the response changed. */
  #applyTo(
    response: Response,
    event: Exclude<StreamEvent, PromptEvent | SummaryEvent | CitationEvent>,
    live: boolean,
  ): boolean {
    const { serial, promptId } = response
    let changed = response.meet(event, live)
    if (response.replied && promptId === undefined) this.#noteReplied(response)
    if (response.isRival && this.#roster.judge(response)) changed = true
    if (changed && !response.headKnown) {
      if (this.#hasHead(response, live)) response.knowHead()
      // Known from a row only, until now.
      else if (live && serial === undefined) this.strangers = true
    }
    switch (event.type) {
      case 'text':
        if (!event.responseId && event.op === 'append') response.facts.reopen(event)
        changed = response.applyText(event) || changed
        if (response.parts.newMessage) this.#roster.noteMessages(response)
        // It may turn out to grow, in a delivery that names its serial only.
        if (event.kind === 'reasoning' && event.unit === 'token' && !event.strict)
          this.#roster.noteSerial(event.serial, response)
        return changed
      case 'revise':
        return response.applyText(event) || changed
      case 'start':
        if (!event.responseId) response.facts.reopen(event)
        response.knowHead()
        return changed
      case 'end':
      case 'metadata':
      case 'suspend':
      case 'retract':
        return response.facts.apply(event) || changed
      default:
        return response.applyPart(event) || changed
    }
  }

  /**
   * Takes in what the app's database says of a response. Of one that is over there is its line only, until somebody
   * asks for it or the channel has more of it.
   */
  amend(row: ResponseRow, apply: ShelvedRow['apply']): void {
    const { id, clientId, status = 'complete', serial, createdAt, promptId } = row
    const before = this.#roster.shelved(id)
    // What is complete in the database stays as it is.
    if (before && before.row.clientId === clientId) return
    if (!isFit(row) || !this.#roster.shelve({ row, apply })) return this.#amendNow(row, apply)
    const line = { id, status, serial, createdAt: timeOf(createdAt), promptId }
    const held = this.#heldLines.get(this.reading)
    if (held) held.push(line)
    else this.#heldLines.set(this.reading, [line])
  }

  #amendNow(row: ResponseRow, apply: ShelvedRow['apply']): void {
    const response = this.#applyRow(row, apply)
    if (!response) return
    if (response.replied) this.#noteReplied(response)
    if (!response.headKnown && this.#hasHead(response, false)) response.knowHead()
    this.touch(response, false)
  }

  #applyRow(row: ResponseRow, apply: ShelvedRow['apply']): Response | undefined {
    const { id, serial, clientId } = row
    const response = this.#roster.rowFor(id, serial, clientId)
    if (!apply(response, row)) return undefined
    this.#roster.noteMessages(response)
    if (serial !== undefined) this.#roster.noteSerial(serial, response)
    return response
  }

  /** Makes the response of a row, as it shows: nothing is new about it. */
  #unshelve({ row, apply }: ShelvedRow): Response {
    const response = this.#applyRow(row, apply) ?? this.#roster.rowFor(row.id, row.serial, row.clientId)
    response.refresh()
    this.#countSpeaker(undefined, response.snapshot)
    return response
  }

  /** A response that is known, or that a row `shows`. */
  ask(id: string, shows: () => boolean): Response | undefined {
    return this.#roster.known(id) ?? (this.#roster.shelved(id) && shows() ? this.find(id) : undefined)
  }

  /** The lines of rows show, but for those of `held` readings. Returns whether there are any. */
  showRows(held: ReadonlySet<number>): boolean {
    const { length } = this.#events
    for (const [reading, lines] of this.#heldLines) {
      if (held.has(reading)) continue
      this.#heldLines.delete(reading)
      for (const response of lines) this.note({ type: 'response', response })
    }
    return this.#events.length > length
  }

  /** What a reading holds back is another one's to hold. */
  handOver(reading: number, to: number): void {
    for (const response of this.dirty) if (response.touched === reading) response.touched = to
    const lines = this.#heldLines.get(reading)
    if (!lines) return
    this.#heldLines.delete(reading)
    this.#heldLines.set(to, [...(this.#heldLines.get(to) ?? []), ...lines])
  }

  /** Something happened to the structure: to a prompt, mostly. */
  note(event: StructureEvent): void {
    this.#events.push(event)
    if (event.type === 'prompt') this.#hear(event.prompt)
    if (event.type !== 'sent' || event.serial === undefined) return
    const { clientId } = this.structure.prompts.get(event.id)?.state ?? {}
    this.#hear({ id: event.id, serial: event.serial, clientId })
  }

  /** A prompt's id belongs to the client that used it first (PROTOCOL.md §8). */
  #hear({ id, serial, clientId }: { id: string; serial: string; clientId?: string | undefined }): void {
    const known = this.#heard.get(id)
    const isFirst = !known || serial < known.serial
    if (known && known.clientId !== clientId) {
      const [stranger, owner] = isFirst ? [known.clientId, clientId] : [clientId, known.clientId]
      this.#onIgnored({ clientId: stranger, promptId: id, owner })
    }
    if (!isFirst) return
    this.#heard.set(id, { serial, clientId })
    // Whether the result of a tool counts may depend on who asked.
    for (const response of this.#replied.get(id) ?? [])
      if (response.judgeReplies()) this.touch(response, false)
  }

  /** Makes the snapshot of a response anew. Returns what changed, or undefined when nothing did. */
  publish(response: Response): ResponseChange[] | undefined {
    const { snapshot: before } = response
    if (response.facts.withdrawn) {
      if (!before) return undefined
      response.snapshot = undefined
      this.#countSpeaker(before, undefined)
      this.note({ type: 'forgotten', id: response.id })
      return [{}]
    }
    const changes = response.refresh()
    if (!response.open) this.#maybeOpen.delete(response)
    const now = response.snapshot
    this.#countSpeaker(before, now)
    if (changes && now && (!before || placed.some((field) => before[field] !== now[field])))
      this.note({ type: 'response', response: now })
    return changes
  }

  #countSpeaker(before: ResponseState | undefined, now: ResponseState | undefined): void {
    if (before?.clientId === now?.clientId) return
    for (const [clientId, one] of [[before?.clientId, -1] as const, [now?.clientId, 1] as const])
      if (clientId !== undefined) this.#speakers.set(clientId, (this.#speakers.get(clientId) ?? 0) + one)
  }

  /** Whether a response of this client shows. */
  speaks(clientId: string): boolean {
    return (this.#speakers.get(clientId) ?? 0) > 0
  }

  /** Responses that are not over. */
  open(): Response[] {
    const open: Response[] = []
    for (const response of this.#maybeOpen)
      if (response.open && !response.isRival) open.push(response)
      else if (!response.open) this.#maybeOpen.delete(response)
    return open
  }

  touch(response: Response, live: boolean): void {
    const { touched } = response
    if (touched === LIVE) return
    if (touched === undefined) {
      this.dirty.push(response)
      this.#maybeIncomplete.add(response)
      this.#maybeOpen.add(response)
    }
    response.touched = live ? LIVE : Math.max(touched ?? 0, this.reading)
  }

  /** How many lines there are. */
  get length(): number {
    return this.structure.entries.length
  }

  /** Continuity was lost: what comes next may not follow what is known. */
  break(gap: Break): void {
    for (const response of this.#roster.all()) {
      if (response.open) response.break(gap)
      else if (!response.doubt(gap.epoch)) continue
      this.#maybeIncomplete.add(response)
    }
  }

  /**
   * History has delivered everything in `coverage`, and in `again` every message that the channel retains as it is now. A
   * response that begins in what is known is whole from its start.
   */
  cover(coverage: Coverage, again: Coverage | undefined): void {
    for (const response of this.#incomplete()) {
      response.cover(coverage, again)
      if (this.#hasHead(response, false)) response.knowHead()
      response.fold()
      this.touch(response, false)
    }
    this.#roster.dropRivals()
  }

  /** Older messages are to be read until every response that is known by now is whole. */
  want(): void {
    for (const response of this.#incomplete()) response.wanted = true
  }

  /** Whether older messages could complete a response that is open or wanted. */
  get needsPast(): boolean {
    return this.#incomplete().some((response) => response.open || response.wanted)
  }

  /** Responses that older messages could complete: those that changed since they were found complete. */
  #incomplete(): Response[] {
    const incomplete: Response[] = []
    for (const response of this.#maybeIncomplete)
      if (response.needsPast) incomplete.push(response)
      else this.#maybeIncomplete.delete(response)
    return incomplete
  }

  /** Whether it begins where it is known to begin. */
  #hasHead(response: Response, live: boolean): boolean {
    return (
      (response.serial !== undefined && this.known.begins(response.serial, live)) ||
      this.#followsPrompt(response)
    )
  }

  /** A response cannot begin before its prompt was published first. */
  #followsPrompt({ promptId, serial = '' }: Response): boolean {
    const prompt = promptId === undefined ? undefined : this.#heard.get(promptId)?.serial
    return prompt !== undefined && prompt < serial && this.known.beginsTurn(prompt)
  }

  #addResponse(id: string, party: string | undefined, serial: string, live: boolean): Response {
    const response = new Response(id, party, this.#kinds, this.#askerOf)
    const { known } = this
    if (known.gap) response.break(known.gap)
    this.#maybeIncomplete.add(response)
    if (live && known.begins(serial, true)) response.headKnown = true
    else if (live) this.strangers = true
    return response
  }

  #forget(response: Response): void {
    const { id, snapshot } = response
    this.#maybeIncomplete.delete(response)
    this.#maybeOpen.delete(response)
    this.#countSpeaker(snapshot, undefined)
    this.dirty = this.dirty.filter((one) => one !== response)
    if (snapshot) this.note({ type: 'forgotten', id, promptId: snapshot.promptId })
  }

  #applyFate(event: CancelEvent | PromptStatusEvent): void {
    const { promptId = '', clientId, version, responseId } = event
    if (event.type === 'cancel') this.note({ type: 'cancel', promptId, clientId })
    else if (this.#roster.isAgent(event))
      this.note({ type: 'hint', promptId, status: event.status, responseId, version })
    else this.#onIgnored({ clientId, promptId, owner: undefined })
  }

  #applyPrompt(event: PromptEvent): void {
    const { id, timestamp: createdAt, serial, clientId, parts } = event
    const { text, incomplete } = this.#promptTexts.read(event)
    if (incomplete) this.#longPrompts.set(id, event)
    else this.#longPrompts.delete(id)
    const { parent, replaces, regenerate, metadata, data } = event
    const optional = { parent, replaces, regenerate, metadata, data, incomplete }
    const given = Object.entries(optional).filter(([, value]) => value !== undefined)
    this.note({
      type: 'prompt',
      prompt: {
        id,
        text,
        createdAt,
        serial,
        delivery: 'sent',
        clientId,
        parts,
        ...Object.fromEntries(given),
      },
    })
  }

  #applyPromptText(event: PromptTextEvent): undefined {
    const prompt = this.#longPrompts.get(event.id)
    if (this.#promptTexts.add(event) && prompt) this.#applyPrompt(prompt)
  }
}
