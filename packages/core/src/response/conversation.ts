import type {
  CitationEvent,
  EndEvent,
  EventMeta,
  Met,
  PromptEvent,
  StreamEvent,
  SummaryEvent,
  TextEvent,
  TransientEvent,
} from '../protocol/event.ts'
import { metOf } from '../protocol/event.ts'
import type { Break, Coverage } from '../text/coverage.ts'
import type { Kinds, ReplyKeeper } from './kinds.ts'
import { nothingKnown } from './known.ts'
import type { Known } from './known.ts'
import { isReply, partiesOf } from './parties.ts'
import type { Agents, Parties, Reply } from './parties.ts'
import { Prompts } from './prompts.ts'
import { LIVE, Response } from './response.ts'
import type { Changed } from '../text/run.ts'
import { Roster } from './roster.ts'
import { added } from '../types/same.ts'
import { emptyStructure, reduce } from './reduce.ts'
import type { Structure, StructureEvent } from './reduce.ts'
import type { Shelf, Shelved } from './shelf.ts'
import type { TranscriptHost, Transcripts } from './transcripts.ts'
import { Span } from './span.ts'
import { isOpen } from '../types/status.ts'
import type { MessageRef, ResponseChange, ResponseState } from '../types/types.ts'

/** How many of the responses let go last are remembered. */
const MAX_GONE = 500

/** An ignored message: its publisher may not send it. */
export interface Ignored {
  readonly clientId: string | undefined
  readonly responseId?: string | undefined
  readonly promptId?: string
  /** The party that owns the response or prompt, if known. */
  readonly owner: string | undefined
}

type Speaker = { readonly clientId?: string | undefined }

type OnIgnored = (ignored: Ignored) => void

export interface ConversationOptions {
  readonly agents?: Agents | undefined
  readonly onIgnored?: OnIgnored
  /** A row has what the reader does not know, and shows without it. */
  readonly onOddRow?: (what: string) => void
  /** Whether somebody listens for gaps; default: nobody. */
  readonly hearsGaps?: () => boolean
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
  /** A response came live whose agent is away, or through another client's edit: whether it has left was not watched. */
  unattended = false
  /** Whether a client is present, as far as is known. */
  isHere: (clientId: string) => boolean = () => true
  /** Which reading of the past is being applied: it holds back what it changes (`Store.hold`). 0: none. */
  reading = 0
  /** Responses that may lack older messages: complete ones are not checked again for every page of history. */
  readonly #maybeIncomplete = new Set<Response>()
  readonly #askerOf = (promptId: string) => this.prompts.first(promptId)
  readonly roster: Roster
  readonly ignored: OnIgnored
  readonly oddRow: (what: string) => void
  readonly hearsGaps: () => boolean
  /** Responses that may be open: all that changed since they were last found to be over. */
  readonly #maybeOpen = new Set<Response>()
  /** How many responses of each client show. */
  readonly #speakers = new Map<string, number>()
  readonly prompts: Prompts
  /** Responses that are over and that nobody has asked for. */
  readonly shelf: Shelf | undefined
  readonly #transcripts: Transcripts | undefined
  /** What is applied comes from a page of the past. */
  #isPast = false
  /** A response is made of what was read before. */
  #remakes = false
  /** The responses let go last: a later message of one does not begin it. */
  readonly #gone = new Set<string>()
  /** The channel goes on with a response that was let go, in a message with this serial. */
  onReturn = (_serial: string): void => {}
  readonly replies: ReplyKeeper | undefined
  readonly #kinds: Kinds
  /** What came last, if it was live text that only made a text longer; and whose it is. */
  #newest: TextEvent | undefined
  #growing: Response | undefined

  constructor(continuousId: string, kinds: Kinds, options: ConversationOptions = {}) {
    this.#kinds = kinds
    this.ignored = options.onIgnored ?? (() => {})
    this.oddRow = options.onOddRow ?? (() => {})
    this.hearsGaps = options.hearsGaps ?? (() => false)
    this.roster = this.#makeRoster(continuousId, partiesOf(options.agents))
    this.replies = kinds.replies?.(this)
    this.shelf = kinds.shelf?.({
      unshelved: (response, from, reading) => this.#unshelved(response, from, reading),
      shown: (lines) => {
        for (const { clientId } of lines) this.#count(clientId, 1)
        this.note({ type: 'responses', responses: lines })
      },
    })
    this.#transcripts = this.shelf && kinds.transcripts?.(this as TranscriptHost)
    this.prompts = new Prompts(this, kinds.longPrompts?.())
  }

  #makeRoster(continuousId: string, parties: Parties): Roster {
    return new Roster(continuousId, parties, {
      known: () => this.known,
      add: (id, party, serial, live) => this.#addResponse(id, party, serial, live),
      added: (response) => this.replies?.replay(response),
      forget: (response) => this.#forget(response),
      changeHands: (before, next) => {
        next.takeOver(before)
        this.touch(next, false)
      },
      ignored: ({ clientId, responseId }, owner) =>
        this.ignored({ clientId, responseId, owner: owner?.clientId }),
      unshelve: (id) => this.shelf?.find(id),
      unshelveBySerial: (serial) => this.shelf?.bySerial(serial),
      drop: (rival, { clientId: owner }) => {
        this.#maybeIncomplete.delete(rival)
        this.#maybeOpen.delete(rival)
        this.ignored({ clientId: rival.clientId, responseId: rival.id, owner })
      },
    })
  }

  /** The responses that show, by id. */
  get responses(): ReadonlyMap<string, Response> {
    return this.roster.responses
  }

  /** The list and the prompts, with everything that has happened. */
  get structure(): Structure {
    if (this.#events.length) this.#structure = reduce(this.#structure, this.#events.splice(0), this.#kinds)
    return this.#structure
  }

  /** Whether anything may have changed since that structure. */
  isAheadOf(structure: Structure): boolean {
    return this.#events.length > 0 || this.#structure !== structure
  }

  find(id: string): Response | undefined {
    return this.roster.find(id)
  }

  /** Whether a transient message comes from the response's own party. */
  mayTell(event: TransientEvent): boolean {
    return this.roster.mayTell(event)
  }

  /** Applies one event, `live` or of the past. */
  apply(event: StreamEvent, live: boolean): void {
    this.#growing = undefined
    switch (event.type) {
      case 'text':
        return this.applyText(event, live)
      case 'prompt':
      case 'prompt-text':
      case 'cancel':
      case 'prompt-status':
        return this.prompts.apply(event)
    }
    // Citations may come from other clients; they show only if the cited message's serial is known.
    if (event.type === 'summary' || event.type === 'citation') {
      const cited = this.roster.bySerial(event.serial)
      if (cited?.applyPart(event)) this.touch(cited, live)
      return
    }
    if (!live && this.#transcripts?.take(event)) return
    const response = this.roster.responseFor(event, live)
    if (isReply(event)) this.replies?.take(event as Reply, response, live)
    else if (event.type === 'tool' && response) this.roster.noteCall(event, response)
    if (response) this.#changed(response, this.#applyTo(response, event, live), live)
  }

  /** Applies text that names its part: most of what arrives. */
  applyText(event: TextEvent, live: boolean): void {
    this.#growing = undefined
    if (!live && this.#transcripts?.take(event)) return
    const response = this.roster.recentFor(event) ?? this.roster.responseFor(event, live)
    if (!response) return
    const changed = this.#applyText(response, event, live)
    this.#changed(response, changed, live)
    if (changed !== 'grew' || !live || !isPlain(event)) return
    this.#newest = event
    this.#growing = response
  }

  /**
   * Applies a text that goes on where the last event's ended, in a message that says nothing else (`wire/next.ts`).
   * Returns false, having changed nothing, if anything but a longer text could follow from it.
   */
  goOn(key: string, text: string, end: number, updatedAt: number, epoch: number | undefined): boolean {
    const response = this.#growing
    const newest = this.#newest!
    if (response === undefined || newest.epoch !== epoch) return false
    if (!response.goOn(newest, key, text, end, updatedAt)) return false
    this.#mark(response, true)
    return true
  }

  /** Returns what changed. */
  #applyText(response: Response, event: TextEvent, live: boolean): Changed {
    let met = this.#meet(response, event, live)
    if (!event.responseId && event.op === 'append' && response.facts.reopen(event)) met = true
    const grown = response.applyText(event)
    if (response.parts.newMessage) this.roster.noteMessages(response)
    // A later delivery that names only its serial may show that it grows.
    if (event.kind === 'reasoning' && event.unit === 'token' && !event.strict)
      this.roster.noteSerial(event.serial, response)
    return met || grown
  }

  #changed(response: Response, changed: Changed, live: boolean): void {
    if (changed === 'grew') this.#mark(response, live)
    else if (changed) this.touch(response, live)
  }

  /** Takes in messages of the past. */
  gather(take: () => void): void {
    this.#isPast = true
    if (this.#transcripts) this.#transcripts.gather(take)
    else take()
    this.#isPast = false
  }

  /** Makes a response of messages that were read before. */
  remake(events: readonly StreamEvent[]): Response {
    this.#remakes = true
    let response: Response | undefined
    for (const event of events) {
      response = this.roster.responseFor(event, false)!
      if (event.type === 'text') this.#applyText(response, event, false)
      else this.#applyTo(response, event as EndEvent, false)
    }
    this.#remakes = false
    return response!
  }

  #unshelved(response: Response, from: Shelved, reading: number | undefined): void {
    const epoch = this.#transcripts?.taken(from)
    if (epoch !== undefined && response.doubt(epoch)) this.#maybeIncomplete.add(response)
    if (reading !== undefined) return this.rowChanged(response, reading)
    response.refresh()
    this.#countSpeaker(from, response.snapshot)
  }

  /** Records what any message of a response tells. Returns whether the response changed. */
  #meet(response: Response, event: StreamEvent, live: boolean, meta?: Met): boolean {
    const { serial, promptId } = response
    let changed = response.meet(event, live, meta)
    if (live && !response.agent.attended) this.#attend(response, event)
    if (promptId !== response.promptId) this.replies?.note(response)
    if (response.isRival && this.roster.judge(response)) changed = true
    if (changed && !response.headKnown) {
      if (this.#hasHead(response, live)) response.knowHead()
      // Known from a row only, until now.
      else if (live && serial === undefined) this.strangers = true
    }
    return changed
  }

  /** If its agent is here, the session will see it leave. A message can come after its agent has left. */
  #attend({ agent }: Response, { editor }: EventMeta): void {
    const { promised, speaker } = agent
    const isAway = promised && speaker !== undefined && !this.isHere(speaker)
    if (editor === undefined && !isAway) agent.attended = true
    else this.unattended = true
  }

  /** Returns whether the response changed. */
  #applyTo(
    response: Response,
    event: Exclude<StreamEvent, PromptEvent | SummaryEvent | CitationEvent | TextEvent>,
    live: boolean,
  ): Changed {
    let changed = this.#meet(response, event, live, metOf(event))
    switch (event.type) {
      case 'revise': {
        const grown = response.applyText(event)
        return changed || grown
      }
      case 'start':
        if (!event.responseId && response.facts.reopen(event)) changed = true
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

  /** A row changed a response. */
  rowChanged(response: Response, reading = this.reading): void {
    this.replies?.note(response)
    if (!response.headKnown && this.#hasHead(response, false)) response.knowHead()
    this.touch(response, false, reading)
  }

  /** Who sent a prompt may have become known: whether the result of a tool counts may depend on it. */
  heard(promptId: string): void {
    this.replies?.judge(promptId)
  }

  /** A response that the channel delivered, or that a row `shows`. */
  ask(id: string, shows: () => boolean): Response | undefined {
    return this.roster.known(id) ?? (this.shelf?.byId.has(id) && shows() ? this.find(id) : undefined)
  }

  /** Another reading takes over the changes that one holds back. */
  handOver(reading: number, to: number): void {
    for (const response of this.dirty) if (response.touched === reading) response.touched = to
    this.shelf?.handOver(reading, to)
  }

  /** Records an event of the structure, usually one of a prompt. */
  note(event: StructureEvent): void {
    this.#events.push(event)
    if (event.type === 'prompt') this.prompts.hear(event.prompt)
    if (event.type !== 'sent' || event.serial === undefined) return
    const { clientId } = this.structure.prompts.get(event.id)?.state ?? {}
    this.prompts.hear({ id: event.id, serial: event.serial, clientId })
  }

  /** Rebuilds the snapshot of a response. Returns what changed, or undefined if nothing did. */
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
    const now = response.snapshot
    if (!now || !isOpen(now.status)) {
      this.#maybeOpen.delete(response)
      if (!response.needsPast) this.#maybeIncomplete.delete(response)
    }
    this.#countSpeaker(before, now)
    if (!changes || !now || (before && !isMoved(before, now))) return changes
    // It may have turned out to be another client's.
    if (before && before.promptId !== now.promptId) this.note({ type: 'forgotten', id: response.id })
    this.note({ type: 'responses', responses: [now] })
    return changes
  }

  #countSpeaker(before: Speaker | undefined, now: Speaker | undefined): void {
    if (before?.clientId === now?.clientId) return
    this.#count(before?.clientId, -1)
    this.#count(now?.clientId, 1)
  }

  #count(clientId: string | undefined, more: number): void {
    if (clientId !== undefined) this.#speakers.set(clientId, (this.#speakers.get(clientId) ?? 0) + more)
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

  touch(response: Response, live: boolean, reading = this.reading): void {
    response.reshape()
    // What only grows becomes neither open nor incomplete.
    this.#maybeIncomplete.add(response)
    this.#maybeOpen.add(response)
    this.#mark(response, live, reading)
  }

  /** It is to be published. */
  #mark(response: Response, live: boolean, reading = this.reading): void {
    const { touched } = response
    if (touched === LIVE) return
    if (touched === undefined) this.dirty = added(this.dirty, response)
    response.touched = live ? LIVE : Math.max(touched ?? 0, reading)
  }

  /** Number of lines. */
  get length(): number {
    return this.structure.entries.length
  }

  /** What was read of the past, and does not show yet, makes the list longer. */
  get isGrowing(): boolean {
    return this.shelf?.holds === true || this.dirty.some(isNewOfPast)
  }

  /** Continuity was lost: the next messages may not follow the known ones. */
  break(gap: Break): void {
    for (const response of this.roster.all()) {
      if (response.open) response.break(gap)
      else if (!response.doubt(gap.epoch)) continue
      this.#maybeIncomplete.add(response)
    }
    this.#transcripts?.doubt(gap.epoch)
  }

  /**
   * History has delivered everything in `coverage`, and, in `again`, every retained message in its latest version. A
   * response that begins within this coverage is whole from its start.
   */
  cover(coverage: Coverage, again: Coverage | undefined): void {
    for (const response of this.#incomplete()) {
      response.cover(coverage, again)
      if (this.#hasHead(response, false)) response.knowHead()
      response.fold()
      this.touch(response, false)
    }
    if (again) this.#transcripts?.cover(again)
    this.roster.dropRivals()
  }

  /** Older messages must be read until every response known so far is whole. */
  want(): void {
    for (const response of this.#incomplete()) response.wanted = true
  }

  /** Whether older messages could complete a prompt, or a response that is open or wanted. */
  get needsPast(): boolean {
    return (
      this.#incomplete().some((response) => response.open || response.wanted) ||
      this.#transcripts?.needsPast === true ||
      this.prompts.texts?.needsPast(this.known.beginsTurn) === true
    )
  }

  /** Responses that older messages could complete: those that changed since they were found complete. */
  #incomplete(): Response[] {
    const incomplete: Response[] = []
    for (const response of this.#maybeIncomplete)
      if (response.needsPast) incomplete.push(response)
      else this.#maybeIncomplete.delete(response)
    return incomplete
  }

  /** Whether its start has been read. */
  #hasHead(response: Response, live: boolean): boolean {
    return (
      (response.serial !== undefined && this.known.begins(response.serial, live)) ||
      this.#followsPrompt(response)
    )
  }

  /** A response cannot begin before its prompt was published first. */
  #followsPrompt({ promptId, serial = '' }: Response): boolean {
    const prompt = promptId === undefined ? undefined : this.prompts.first(promptId)?.serial
    return prompt !== undefined && prompt < serial && this.known.beginsTurn(prompt)
  }

  #addResponse(id: string, party: string | undefined, serial: string, live: boolean): Response {
    // Unless history brings it back, its start stays where it was.
    const isNews = serial !== '' && !this.#isPast && !this.#remakes
    if (this.#gone.delete(id) && isNews) this.onReturn(serial)
    const response = new Response(id, party, this.#kinds, this.#askerOf)
    response.isLive = live
    const { known } = this
    if (known.gap && !this.#remakes) response.break(known.gap)
    this.#maybeIncomplete.add(response)
    if (live && known.begins(serial, true)) response.headKnown = true
    else if (live) this.strangers = true
    return response
  }

  /** Forgets lines, as if they had not been read. Returns which messages of the channel they were made of. */
  letGo(lines: readonly MessageRef[]): Span {
    this.#growing = undefined
    const span = new Span()
    for (const { id, role } of lines)
      if (role === 'user') this.prompts.letGo(this.structure.prompts.get(id)!, span)
      else this.#letGo(id, span)
    this.note({ type: 'gone', lines })
    return span
  }

  #letGo(id: string, span: Span): void {
    this.#gone.add(id)
    for (const first of this.#gone) if (this.#gone.size > MAX_GONE) this.#gone.delete(first)
    const response = this.roster.known(id)
    if (!response) return this.shelf?.take(id)?.measure(span)
    span.add(response.begun, response.newest, response.heardAt)
    this.replies?.letGo(response)
    this.#maybeIncomplete.delete(response)
    this.#maybeOpen.delete(response)
    this.roster.letGo(response)
  }

  #forget(response: Response): void {
    const { id, snapshot } = response
    this.#maybeIncomplete.delete(response)
    this.#maybeOpen.delete(response)
    this.#countSpeaker(snapshot, undefined)
    this.dirty = this.dirty.filter((one) => one !== response)
    if (snapshot) this.note({ type: 'forgotten', id })
  }
}

/** Whether what comes next can be taken without an event. Any token of the others tells, or may tell, something else. */
const isPlain = ({ kind, unit, strict, done, responseId }: TextEvent): boolean =>
  responseId !== undefined &&
  done !== true &&
  (kind === 'text' || (kind === 'reasoning' && (strict || unit === 'message')))

/** Whether a field differs that the structure depends on. */
function isMoved(before: ResponseState, now: ResponseState): boolean {
  const isElsewhere = before.serial !== now.serial || before.createdAt !== now.createdAt
  return isElsewhere || before.promptId !== now.promptId || isOtherEnd(before, now)
}

/** What became of its prompt depends on its status. */
const isOtherEnd = (before: ResponseState, { status, promptId }: ResponseState): boolean =>
  promptId !== undefined && before.status !== status

function isNewOfPast({ snapshot, touched, withheld }: Response): boolean {
  return !snapshot && touched !== LIVE && !withheld
}
