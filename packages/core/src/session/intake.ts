import type { InboundMessage } from 'ably'
import type { ReviseEvent, StreamEvent, TextEvent, TransientEvent } from '../protocol/event.ts'
import type { Conversation } from '../response/conversation.ts'
import { reasonOf, RejoinError } from '../types/errors.ts'
import type { Codec } from '../wire/codec.ts'
import { claimOf } from '../wire/fields.ts'
import { keyOf, updatedAtOf } from '../wire/next.ts'

interface Hooks {
  /** The channel is read with a key. */
  isEncrypted(): boolean
  /** A message was applied, or skipped; what follows from it is not published yet. */
  onTaken(message: InboundMessage, epoch: number | undefined, live: boolean): void
  /** A live message was applied; `ended`: it was the last of a text or response. */
  onLive(ended: boolean): void
  /** Transient data arrived; it changes no response. */
  onTransient(event: TransientEvent): void
  reportOnce(key: string, error: () => RejoinError): void
}

/** Decodes and applies each message of the channel once, live or from the past. */
export class Intake {
  readonly #codec: Codec
  readonly #conversation: Conversation
  readonly #hooks: Hooks
  #epoch: number | undefined
  #live = false
  #ended = false
  #claim: string | undefined
  #editor: string | undefined
  /** The last message, if it was text. */
  #before: InboundMessage | undefined
  #isText = false

  constructor(codec: Codec, conversation: Conversation, hooks: Hooks) {
    this.#codec = codec
    this.#conversation = conversation
    this.#hooks = hooks
  }

  /** Applies a message. One that cannot be understood is skipped, and reported once: of a text, a gap is left. */
  deliver(message: InboundMessage, epoch: number | undefined, live: boolean): void {
    this.#epoch = epoch
    this.#live = live
    this.#ended = false
    try {
      if (!this.#goesOn(message)) this.#decode(message)
    } catch (cause) {
      const reason = reasonOf(cause)
      const what = `unable to read a message named "${String(message?.name)}"; ${reason}. It was skipped`
      this.#hooks.reportOnce(what, () => new RejoinError('bad_message', what, { cause }))
    }
    this.#before = this.#isText ? message : undefined
    this.#hooks.onTaken(message, epoch, live)
    if (live) this.#hooks.onLive(this.#ended)
  }

  /** Most messages only make the newest text longer. */
  #goesOn(message: InboundMessage): boolean {
    const before = this.#before
    const end = this.#live && before ? this.#codec.stampOfNext?.(message, before) : undefined
    const key = keyOf(message)
    if (end === undefined || key === undefined) return false
    return this.#conversation.goOn(key, message.data as string, end, updatedAtOf(message), this.#epoch)
  }

  #decode(message: InboundMessage): void {
    this.#isText = false
    this.#claim = claimOf(message)
    this.#editor = editorOf(message)
    this.#codec.decode(message, this.#take)
  }

  readonly #take = (event: StreamEvent): void => {
    if (event.type === 'text') return this.#takeText(event)
    event.epoch = this.#epoch
    event.userClaim = this.#claim
    event.editor = this.#editor
    if (event.type === 'transient') {
      if (this.#live && this.#conversation.mayTell(event)) this.#hooks.onTransient(event)
      return
    }
    if (event.type === 'revise') this.#doubtJoined(event)
    this.#conversation.apply(event, this.#live)
    this.#ended ||= event.type === 'end' || (event.type === 'revise' && event.done === true)
  }

  /** Apart, because every token passes here: code that sees events of one shape only is fast. */
  #takeText(event: TextEvent): void {
    this.#isText = true
    event.epoch = this.#epoch
    event.userClaim = this.#claim
    event.editor = this.#editor
    if (event.op === 'full') this.#doubtJoined(event)
    this.#conversation.applyText(event, this.#live)
    // Only an end marker ends what its agent has stamped.
    this.#ended ||= event.done === true && !event.strict
  }

  /**
   * Ably may join what was encrypted apart, which decrypts to garbage, or to a beginning of the text. Whether a text was
   * joined or published whole, no message tells: so, without a stamp, one that changed since its creation is uncertain.
   */
  #doubtJoined(event: TextEvent | ReviseEvent): void {
    const { op, serial, version, end } = event
    if (op !== 'full' || version === serial || end !== undefined || !this.#hooks.isEncrypted()) return
    if (event.type === 'text' && event.unit === 'token') return
    // No text ends there, so it has a gap of unknown size (PROTOCOL.md §5.5).
    event.end = -1
    this.#hooks.reportOnce(joined, () => new RejoinError('bad_message', joined))
  }
}

const joined =
  'unable to tell whether a text on an encrypted channel is whole; its message changed and has no stamp, and Ably cannot join what was encrypted apart. Publish message per token there'

/** The client that changed another client's message; only the service can allow that. */
function editorOf({ clientId, version }: InboundMessage): string | undefined {
  const editor = version?.clientId
  return typeof editor === 'string' && editor !== clientId ? editor : undefined
}
