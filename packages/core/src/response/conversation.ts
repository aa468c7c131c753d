import type { PromptEvent, StreamEvent } from '../protocol/event.ts'
import type { Break, Coverage } from '../text/coverage.ts'
import { nothingKnown } from './known.ts'
import type { Known } from './known.ts'
import type { PartKinds } from './partKind.ts'
import { LIVE, Response } from './response.ts'
import { copied, emptyStructure, reduce } from './reduce.ts'
import type { Produce, Structure, StructureEvent } from './reduce.ts'
import type { MessageRef, ResponseChange } from '../types/types.ts'

/** Assembles every response of a channel, and hands what changes in structure to the reducer. Knows no clock and no channel. */
export class Conversation {
  readonly responses = new Map<string, Response>()
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
  readonly #bySerial = new Map<string, Response>()
  /** Responses that may lack something older; what is complete is not looked at again for every page of history. */
  readonly #maybeIncomplete = new Set<Response>()
  /** Responses that the app's database knows by another id than the channel. */
  readonly #aliases = new Map<string, Response>()
  /** Oldest serial of each prompt that the channel has told of, not a database alone. */
  readonly #heard = new Map<string, string>()
  readonly #byToolCall = new Map<string, Response>()
  /** Names the response of a stream without ids (PROTOCOL.md §1.1). */
  readonly #continuousId: string
  /** The response that took the last token: most tokens follow one of their own. */
  #recent: Response | undefined

  readonly #kinds: PartKinds
  readonly #produce: Produce

  constructor(continuousId: string, kinds: PartKinds, produce: Produce = copied) {
    this.#continuousId = continuousId
    this.#kinds = kinds
    this.#produce = produce
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
    return this.responses.get(id) ?? this.#aliases.get(id)
  }

  /** Applies one event, `live` or of the past. Returns the response it belongs to, if it changed. */
  apply(event: StreamEvent, live: boolean): Response | undefined {
    if (event.type === 'prompt') return this.#applyPrompt(event)
    const response = this.#responseFor(event, live)
    if (!response) return undefined
    if (event.type === 'summary' || event.type === 'citation') {
      if (!response.applyPart(event)) return undefined
      this.touch(response, live)
      return response
    }
    let changed = response.meet(event)
    if (changed && !response.headKnown && this.#followsPrompt(response)) response.knowHead()
    switch (event.type) {
      case 'text':
        if (!event.responseId && event.op === 'append') response.facts.reopen(event)
        changed = response.applyText(event) || changed
        if (response.parts.newMessage) this.#noteMessages(response)
        // It may turn out to grow, in a delivery that names its serial only.
        if (event.kind === 'reasoning' && event.unit === 'token' && !event.strict)
          this.#bySerial.set(event.serial, response)
        break
      case 'revise':
        changed = response.applyText(event) || changed
        break
      case 'start':
        if (!event.responseId) response.facts.reopen(event)
        response.knowHead()
        break
      case 'end':
      case 'metadata':
      case 'suspend':
      case 'retract':
        changed = response.facts.apply(event) || changed
        break
      default:
        if (event.type === 'tool') this.#byToolCall.set(event.toolCallId, response)
        changed = response.applyPart(event) || changed
    }
    if (!changed) return undefined
    this.touch(response, live)
    return response
  }

  /** Changes a response by what the app's database says of it. */
  amend(id: string, serial: string | undefined, change: (response: Response) => boolean): void {
    const known = this.find(id) ?? (serial === undefined ? undefined : this.#bySerial.get(serial))
    const response = known ?? this.#addResponse(id, '', false)
    if (!change(response)) return
    this.#noteMessages(response)
    if (serial !== undefined) this.#bySerial.set(serial, response)
    this.touch(response, false)
  }

  /** Something happened to the structure: to a prompt, mostly. */
  note(event: StructureEvent): void {
    if (event.type === 'prompt') this.#hear(event.prompt.id, event.prompt.serial)
    if (event.type === 'sent' && event.serial !== undefined) this.#hear(event.id, event.serial)
    this.#events.push(event)
  }

  #hear(promptId: string, serial: string): void {
    if (serial < (this.#heard.get(promptId) ?? '~')) this.#heard.set(promptId, serial)
  }

  /** Makes the snapshot of a response anew. Returns what changed, or undefined when nothing did. */
  publish(response: Response): ResponseChange[] | undefined {
    const { snapshot: before } = response
    if (response.facts.withdrawn) {
      if (!before) return undefined
      response.snapshot = undefined
      this.note({ type: 'forgotten', id: response.id })
      return [{}]
    }
    const changes = response.refresh()
    const now = response.snapshot
    if (changes && now && (before?.serial !== now.serial || before?.createdAt !== now.createdAt || !before))
      this.note({ type: 'response', response: now })
    return changes
  }

  touch(response: Response, live: boolean): void {
    const { touched } = response
    if (touched === LIVE) return
    if (touched === undefined) {
      this.dirty.push(response)
      this.#maybeIncomplete.add(response)
    }
    response.touched = live ? LIVE : Math.max(touched ?? 0, this.reading)
  }

  /** The conversation in order: only entries for which there is something to show. */
  list(): readonly MessageRef[] {
    return this.structure.entries.map((entry) => entry.ref)
  }

  /** Continuity was lost: what comes next may not follow what is known. */
  break(gap: Break): void {
    for (const response of this.responses.values()) {
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
      if (this.#hasHead(response)) response.knowHead()
      response.fold()
      this.touch(response, false)
    }
  }

  /** Older messages are to be read until every response that is known by now is whole. */
  want(): void {
    for (const response of this.#incomplete()) response.wanted = true
  }

  /** Whether older messages could complete a response that is open or wanted. */
  get needsPast(): boolean {
    return this.#incomplete().some((response) => response.open || response.wanted)
  }

  #noteMessages(response: Response): void {
    response.parts.newMessage = false
    for (const serial of response.parts.messages.keys()) this.#bySerial.set(serial, response)
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
  #hasHead(response: Response): boolean {
    return (
      (response.serial !== undefined && this.known.begins(response.serial, false)) ||
      this.#followsPrompt(response)
    )
  }

  /** A response cannot begin before its prompt was published first. */
  #followsPrompt({ promptId, serial = '' }: Response): boolean {
    const prompt = promptId === undefined ? undefined : this.#heard.get(promptId)
    return prompt !== undefined && prompt < serial && this.known.beginsTurn(prompt)
  }

  #responseFor(event: StreamEvent, live: boolean): Response | undefined {
    const { responseId, serial } = event
    // Others than the agent cite: what they cite is known by its serial, or not shown.
    if (event.type === 'summary' || event.type === 'citation') return this.#bySerial.get(serial)
    if (responseId !== undefined) {
      if (this.#recent?.id === responseId) return this.#recent
      return (this.#recent =
        this.find(responseId) ??
        this.#meetId(responseId, serial) ??
        this.#addResponse(responseId, serial, live))
    }
    const known = this.#bySerial.get(serial)
    if (known || event.type === 'revise') return known
    if (event.type === 'text' && event.unit === 'message')
      return this.responses.get(serial) ?? this.#addResponse(serial, serial, live)
    if (event.type === 'tool') {
      const caller = this.#byToolCall.get(event.toolCallId)
      if (caller) return caller
    }
    return this.responses.get(this.#continuousId) ?? this.#addResponse(this.#continuousId, serial, live)
  }

  /** A message of a known response tells an id that is new: the response's own, or another name for it. */
  #meetId(responseId: string, serial: string): Response | undefined {
    const known = this.#bySerial.get(serial)
    // Named by its serial until now, for want of an id.
    if (known?.id === serial) this.#forget(known)
    else if (known) this.#aliases.set(responseId, known)
    return this.#aliases.get(responseId)
  }

  #addResponse(id: string, serial: string, live: boolean): Response {
    const response = new Response(id, this.#kinds)
    const { known } = this
    if (known.gap) response.break(known.gap)
    this.#maybeIncomplete.add(response)
    if (live && known.begins(serial, true)) response.headKnown = true
    else if (live) this.strangers = true
    this.responses.set(id, response)
    return response
  }

  #forget(response: Response): void {
    const { id, snapshot } = response
    this.responses.delete(id)
    this.#maybeIncomplete.delete(response)
    this.dirty = this.dirty.filter((one) => one !== response)
    if (snapshot) this.note({ type: 'forgotten', id })
  }

  #applyPrompt(event: PromptEvent): undefined {
    const { id, text, timestamp: createdAt, serial, clientId, replaces } = event
    this.note({
      type: 'prompt',
      prompt: { id, text, createdAt, serial, delivery: 'sent', clientId, replaces },
    })
  }
}
