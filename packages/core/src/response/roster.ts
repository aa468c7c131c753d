import type { StreamEvent, TextEvent, ToolEvent } from '../protocol/event.ts'
import type { Known } from './known.ts'
import { isReply } from './parties.ts'
import type { Parties, Reply } from './parties.ts'
import type { Response } from './response.ts'

interface Hooks {
  readonly known: () => Known
  add(id: string, party: string | undefined, serial: string, live: boolean): Response
  /** A new response may show. */
  added(response: Response): void
  forget(response: Response): void
  /** Another party turned out to have begun a response: `next` shows instead. */
  changeHands(before: Response, next: Response): void
  /** A party that does not own the response spoke for it, or one that may not begin any. */
  ignored(event: Pick<StreamEvent, 'clientId' | 'responseId'>, owner: Response | undefined): void
  /** Makes the response of a row that goes by this id. */
  unshelve(id: string): Response | undefined
  /** Makes the response of a row that names this message. */
  unshelveBySerial(serial: string): Response | undefined
  drop(rival: Response, owner: Response): void
}

/**
 * Knows which response an event belongs to, and whose it is (PROTOCOL.md §8). A response belongs to the party that
 * began it. The messages of each party are assembled apart, and the party that spoke first shows, so the order in
 * which the parties are heard does not matter.
 */
export class Roster {
  /** The responses that show, by id. */
  readonly responses = new Map<string, Response>()
  /** What other parties said under the id of a response whose beginning is not known yet. */
  readonly #rivals = new Map<string, Map<string, Response>>()
  /** By the messages that they are made of. */
  readonly serials = new Map<string, Response>()
  /** Responses whose id in the app's database differs from the channel's. */
  readonly #aliases = new Map<string, Response>()
  readonly #byToolCall = new Map<string, Response>()
  /** Names the response of a stream without ids (PROTOCOL.md §1.1). */
  readonly continuousId: string
  readonly #parties: Parties
  readonly #hooks: Hooks
  /** The response that took the last token: most tokens follow one of their own. */
  #recent: Response | undefined

  constructor(continuousId: string, parties: Parties, hooks: Hooks) {
    this.continuousId = continuousId
    this.#parties = parties
    this.#hooks = hooks
  }

  find(id: string): Response | undefined {
    return this.known(id) ?? this.#hooks.unshelve(id)
  }

  /** As `find`, without making the response of a row. */
  known(id: string): Response | undefined {
    return this.responses.get(id) ?? this.#aliases.get(id)
  }

  bySerial(serial: string): Response | undefined {
    return this.serials.get(serial) ?? this.#hooks.unshelveBySerial(serial)
  }

  noteSerial(serial: string, response: Response): void {
    this.serials.set(serial, response)
    addName(response, serial)
  }

  noteMessages(response: Response): void {
    response.parts.newMessage = false
    for (const { serial } of response.parts.messages)
      // The channel may take the place of a row's messages.
      if (response.row) this.noteSerial(serial, response)
      else this.serials.set(serial, response)
  }

  /** The response that took the last message, if this text is of it too. Only text asks, for the sake of its speed. */
  recentFor({ responseId, clientId, userClaim }: TextEvent): Response | undefined {
    const recent = this.#recent
    if (responseId === undefined || recent?.id !== responseId) return undefined
    const party = this.#parties.of(clientId, userClaim)
    return party !== undefined && recent.party === party ? recent : undefined
  }

  /** The response of an event, as its party tells it; undefined: the event counts for nothing. */
  responseFor(event: StreamEvent, live: boolean): Response | undefined {
    // An operation on a message belongs where the message does: Ably checked who may edit it.
    const { responseId } = event
    if (responseId === undefined) {
      const known = this.bySerial(event.serial)
      if (known || event.type === 'revise') return known
    }
    const party = this.#parties.of(event.clientId, event.userClaim)
    const shown = this.#named(event)
    if (shown && party !== undefined && shown.party === party) return (this.#recent = shown)
    return this.#contested(event, party, shown, live)
  }

  /** An event's party; `undefined`: its publisher may not speak as an agent. */
  partyOf(event: StreamEvent): string | undefined {
    return this.#parties.of(event.clientId, event.userClaim)
  }

  mayTell(event: StreamEvent): boolean {
    const party = this.#parties.of(event.clientId, event.userClaim)
    const shown = this.#named(event)
    const may = party !== undefined && (shown?.party ?? party) === party
    if (!may) this.#hooks.ignored(event, shown)
    return may
  }

  /** The response that shows under the name that an event gives. */
  #named(event: StreamEvent): Response | undefined {
    const { responseId, serial } = event
    if (responseId !== undefined) return this.find(responseId) ?? this.#meetId(responseId, serial)
    if (event.type === 'tool' || event.type === 'value') {
      const caller = this.#byToolCall.get(event.toolCallId ?? '')
      if (caller) return caller
    }
    return this.find(this.#idOf(event))
  }

  #idOf(event: StreamEvent): string {
    if (event.responseId !== undefined) return event.responseId
    return event.type === 'text' && event.unit === 'message' ? event.serial : this.continuousId
  }

  /** A message of a known response carries a new id: the response's own, or another name for it. */
  #meetId(responseId: string, serial: string): Response | undefined {
    const known = this.bySerial(serial)
    // It had no id until now, so it was named by its serial.
    if (known?.id === serial) {
      this.responses.delete(serial)
      this.serials.delete(serial)
      this.#hooks.forget(known)
    } else if (known?.row) {
      this.#aliases.set(responseId, known)
      addName(known, responseId)
    }
    return this.#aliases.get(responseId)
  }

  /** A message claims a response that has no owner yet, or that another party owns. */
  #contested(
    event: StreamEvent,
    party: string | undefined,
    shown: Response | undefined,
    live: boolean,
  ): Response | undefined {
    const own = this.bySerial(event.serial)
    if (own) return own
    // The database does not say whose it is: the channel's first word does.
    if (shown && shown.party === undefined && party !== undefined) {
      shown.party = party
      return shown
    }
    const rival = shown && party !== undefined && this.#rivals.get(shown.id)?.get(party)
    if (rival) return rival
    if (party === undefined || (shown && (isReply(event) || this.#isSettled(shown)))) {
      if (!isReply(event)) this.#hooks.ignored(event, shown)
      return undefined
    }
    return this.#add(shown?.id ?? this.#idOf(event), party, event.serial, live)
  }

  #add(id: string, party: string | undefined, serial: string, live: boolean): Response {
    const response = this.#hooks.add(id, party, serial, live)
    if (this.responses.has(id)) this.#addRival(response)
    else this.responses.set(id, response)
    this.#hooks.added(response)
    return response
  }

  /** The response that a row of the application's database is about. */
  rowFor(id: string, serial: string | undefined, clientId: string | undefined): Response {
    const party = this.#parties.ofRow(clientId)
    const known = this.find(id) ?? (serial === undefined ? undefined : this.bySerial(serial))
    if (!known) return this.#add(id, party, '', false)
    if (known.party === undefined) known.party = party
    if (party === undefined || known.party === party) return known
    // The application knows whose it is.
    const response = this.#rivals.get(known.id)?.get(party) ?? this.#add(known.id, party, '', false)
    response.begun = serial ?? ''
    this.judge(response)
    return response
  }

  /** Whether nothing older of a response can arrive, so its owner is final. */
  #isSettled({ begun, row }: Response): boolean {
    return row?.complete === true || (begun !== undefined && this.#hooks.known().begins(begun, false))
  }

  #addRival(response: Response): void {
    response.isRival = true
    const rivals = this.#rivals.get(response.id)
    if (rivals) rivals.set(response.party!, response)
    else this.#rivals.set(response.id, new Map([[response.party!, response]]))
  }

  /** A response was found to begin earlier: it may be another party's than it seemed. Returns whether it shows. */
  judge(response: Response): boolean {
    const shown = this.responses.get(response.id)
    if (!shown || shown === response || !response.isRival) return true
    if (!response.isBefore(shown)) return false
    this.#rivals.get(response.id)!.delete(response.party!)
    response.isRival = false
    this.responses.set(response.id, response)
    this.#addRival(shown)
    this.#hooks.changeHands(shown, response)
    return true
  }

  /** Every party that speaks for the response of a reply; `own`: what its publisher says itself under that name. */
  speakersFor(event: Reply, own: Response | undefined): { id: string | undefined; speakers: Response[] } {
    const shown = own && !own.isRival ? own : this.#named(event)
    const id = shown?.id ?? own?.id ?? event.responseId
    const rivals = id === undefined ? undefined : this.#rivals.get(id)
    return { id, speakers: [...(shown ? [shown] : []), ...(rivals?.values() ?? [])] }
  }

  /** Remembers which response made a tool call, for outcomes that name no response. */
  noteCall(event: ToolEvent, response: Response): void {
    const known = this.#byToolCall.get(event.toolCallId)
    if (isReply(event) || (known && !response.isBefore(known))) return
    this.#byToolCall.set(event.toolCallId, response)
    addName(response, event.toolCallId)
  }

  /** Forgets messages for responses that turned out to be another party's. */
  dropRivals(): void {
    for (const [id, rivals] of this.#rivals) {
      const shown = this.responses.get(id)
      if (!shown || !this.#isSettled(shown)) continue
      this.#rivals.delete(id)
      for (const rival of rivals.values()) this.#hooks.drop(rival, shown)
    }
  }

  /** Forgets a response that shows, and its rivals. */
  letGo(response: Response): void {
    const { id, names = [], parts } = response
    this.responses.delete(id)
    this.#rivals.delete(id)
    for (const name of [...names, ...parts.messages.map(({ serial }) => serial)])
      for (const known of [this.serials, this.#aliases, this.#byToolCall])
        if (known.get(name) === response) known.delete(name)
    if (this.#recent === response) this.#recent = undefined
  }

  /** Every response, shown or not. */
  *all(): Iterable<Response> {
    yield* this.responses.values()
    for (const rivals of this.#rivals.values()) yield* rivals.values()
  }
}

function addName(response: Response, name: string): void {
  ;(response.names ??= []).push(name)
}
