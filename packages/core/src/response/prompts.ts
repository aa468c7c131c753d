import type {
  CancelEvent,
  EventMeta,
  PromptEvent,
  PromptStatusEvent,
  PromptTextEvent,
} from '../protocol/event.ts'
import type { LongPrompts, PromptText } from './kinds.ts'
import type { KnownPrompt, ToldPrompt } from './knownPrompt.ts'
import type { StructureEvent } from './reduce.ts'
import type { Roster } from './roster.ts'
import type { Span } from './span.ts'

/** The first message of a prompt that the channel has told of, not a database alone. */
interface FirstMessage {
  readonly serial: string
  readonly clientId: string | undefined
}

interface Host {
  readonly roster: Roster
  note(event: StructureEvent): void
  /** Another client used a prompt's id, or a client that is not an agent published a prompt's status. */
  ignored(ignored: { promptId: string; clientId: string | undefined; owner: string | undefined }): void
  /** Who sent a prompt may have become known. */
  heard(promptId: string): void
}

/** The prompts of a channel. */
export class Prompts {
  readonly #host: Host
  readonly texts: LongPrompts | undefined
  readonly #heard = new Map<string, FirstMessage>()
  /** The newest message about the status of each prompt. */
  readonly #said = new Map<string, Pick<EventMeta, 'serial' | 'timestamp'>>()

  constructor(host: Host, texts: LongPrompts | undefined) {
    this.texts = texts
    this.#host = host
  }

  first(id: string): FirstMessage | undefined {
    return this.#heard.get(id)
  }

  /** A prompt's id belongs to the client that used it first (PROTOCOL.md §8). */
  hear({ id, serial, clientId }: Pick<ToldPrompt, 'id' | 'clientId'> & { serial: string }): void {
    const known = this.#heard.get(id)
    const isFirst = !known || serial < known.serial
    // An own prompt may be acknowledged before it is known who this client is: the channel tells.
    const isNamed = known?.serial === serial && known.clientId === undefined
    if (known && !isNamed && known.clientId !== clientId) {
      const [stranger, owner] = isFirst ? [known.clientId, clientId] : [clientId, known.clientId]
      this.#host.ignored({ promptId: id, clientId: stranger, owner })
    }
    if (!isFirst && !isNamed) return
    this.#heard.set(id, { serial, clientId })
    this.#host.heard(id)
  }

  /** Forgets a prompt. Adds which messages of the channel told of it. */
  letGo({ told, heard }: KnownPrompt, span: Span): void {
    const { id, serial, createdAt } = told
    const said = this.#said.get(id)
    this.#said.delete(id)
    this.#heard.delete(id)
    this.texts?.letGo(told)
    if (heard) span.add(serial, serial, createdAt)
    if (said) span.add(serial, said.serial, said.timestamp)
  }

  apply(event: PromptEvent | PromptTextEvent | CancelEvent | PromptStatusEvent): void {
    switch (event.type) {
      case 'prompt':
        return this.#tell(event)
      case 'prompt-text': {
        const prompt = this.texts?.add(event)
        return prompt && this.#tell(prompt)
      }
      default:
        return this.#applyFate(event)
    }
  }

  #applyFate(event: CancelEvent | PromptStatusEvent): void {
    const { promptId = '', clientId, version, responseId, serial, timestamp } = event
    if (serial > (this.#said.get(promptId)?.serial ?? '')) this.#said.set(promptId, { serial, timestamp })
    if (event.type === 'cancel') this.#host.note({ type: 'cancel', promptId, clientId })
    else if (this.#host.roster.partyOf(event) !== undefined)
      this.#host.note({ type: 'hint', promptId, status: event.status, responseId, version })
    else this.#host.ignored({ promptId, clientId, owner: undefined })
  }

  #tell(event: PromptEvent): void {
    const { id, timestamp: createdAt, serial, clientId } = event
    const { text, incomplete, fields = event } = this.texts?.read(event) ?? beginningOf(event)
    const { parts, metadata, data } = fields
    const { parent, replaces, regenerate } = event
    const optional = { parent, replaces, regenerate, metadata, data, incomplete }
    const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined))
    this.#host.note({
      type: 'prompt',
      prompt: { id, text, createdAt, serial, delivery: 'sent', clientId, parts, ...given },
    })
  }
}

/** The text of a prompt's own message, where pieces are not read. */
function beginningOf({ text, whole }: PromptEvent): PromptText {
  return whole ? { text, incomplete: { received: text.length, length: whole.length } } : { text }
}
