import type { InboundMessage } from 'ably'
import type { EndEvent, StreamEvent, ToolEvent } from '../protocol/event.ts'
import type { Codec } from '../wire/codec.ts'
import { checkText, decoded, text } from '../wire/fields.ts'
import { Attempts } from './attempts.ts'
import { Name, readEnvelope, readMeta, serialOf, string, Transport } from './envelope.ts'
import type { Envelope } from './envelope.ts'
import { readInput } from './input.ts'
import { readOutput } from './output.ts'

export interface AiTransportOptions {
  /**
   * The agents enter presence under the `clientId` that they publish with. A response whose agent left then shows as
   * `interrupted`. Default false, since `@ably/ai-transport` does not enter presence itself.
   */
  presence?: boolean
}

type Emit = (event: StreamEvent) => void

/**
 * Reads what agents of `@ably/ai-transport` 0.8 publish: `createSession({ …, codec: aiTransport() })`. A run is a
 * response, named by its run id; a user's message is a prompt, named by its codec message id.
 *
 * A closed text that the agent repairs heals. A refused publish that was not repaired leaves no sign, since this format
 * has no stamps: the reader shows what arrived. Branches (edits, regenerated answers) show one after the other, in
 * channel order.
 */
export function aiTransport(options: AiTransportOptions = {}): Codec {
  const codec = new AiTransportCodec(options.presence ?? false)
  const decode: Codec['decode'] = (message, emit) => codec.decode(message, emit)
  return {
    decode,
    // A copy of this codec with a `decode` of its own must keep it.
    forSession() {
      return this.decode === decode ? aiTransport(options) : this
    },
  }
}

class AiTransportCodec {
  private readonly presence: boolean
  private readonly attempts = new Attempts()
  /** Runs by their calls, since an outcome does not always name its run. */
  private readonly callers = new Map<string, string>()
  /** Outcomes whose call is not known yet, as while history is read backwards. */
  private readonly waiting = new Map<string, ToolEvent[]>()

  constructor(presence: boolean) {
    this.presence = presence
  }

  decode(message: InboundMessage, hand: Emit): void {
    const emit: Emit = (event) => {
      event.watched = this.presence
      hand(event)
    }
    // A summary of annotations repeats its message without being one of its versions.
    if (message.action === 'message.summary') return
    const envelope = readEnvelope(message)
    if (!envelope) {
      if (isOperation(message)) this.revise(message, emit)
      return
    }
    // An append does not carry its message's name.
    if (message.name === Name.Output || !message.name) return this.output(envelope, emit)
    decoded(message)
    switch (message.name) {
      case Name.Input:
        return this.input(envelope, emit)
      case Name.RunStart:
        if (string(envelope.transport[Transport.RunId])) emit({ ...readMeta(envelope), type: 'start' })
        return
      case Name.RunEnd:
        if (string(envelope.transport[Transport.RunId])) emit(endOf(envelope, readMeta(envelope)))
        return
      case Name.StepStart:
        return this.discard(
          this.attempts.begin(
            envelope.transport[Transport.RunId],
            envelope.transport[Transport.StepId],
            serialOf(message),
          ),
          envelope,
          emit,
        )
    }
  }

  private output(envelope: Envelope, emit: Emit): void {
    const run = string(envelope.transport[Transport.RunId])
    if (run === undefined) throw new Error(`it has no ${Transport.RunId}`)
    const gone = this.attempts.output(envelope, serialOf(envelope.message))
    if (gone === 'void') return
    this.discard(gone, envelope, emit)
    readOutput(envelope, (event) => {
      const call = event.type === 'tool' || event.type === 'text' ? event.toolCallId : undefined
      emit(event)
      if (call !== undefined) this.called(call, run, emit)
    })
  }

  private input(envelope: Envelope, emit: Emit): void {
    readInput(envelope, (event) => {
      if (event.type !== 'tool') return emit(event)
      const caller = this.callers.get(event.toolCallId)
      if (caller !== undefined) return emit({ ...event, responseId: caller })
      const waiting = this.waiting.get(event.toolCallId)
      if (waiting) waiting.push(event)
      else this.waiting.set(event.toolCallId, [event])
    })
    // A tool's outcome begins a run of its own; the run that asked does not go on.
    const superseded = string(envelope.transport[Transport.Supersedes])
    if (superseded !== undefined)
      emit({
        ...readMeta(envelope),
        responseId: superseded,
        promptId: undefined,
        type: 'end',
        status: 'complete',
        error: undefined,
      })
  }

  private called(toolCallId: string, run: string, emit: Emit): void {
    if (this.callers.has(toolCallId)) return
    this.callers.set(toolCallId, run)
    for (const event of this.waiting.get(toolCallId) ?? []) emit({ ...event, responseId: run })
    this.waiting.delete(toolCallId)
  }

  /** Empties the messages of an attempt that a newer one replaces. */
  private discard(serials: readonly string[], by: Envelope, emit: Emit): void {
    for (const serial of serials)
      emit({
        ...readMeta(by),
        // At the newest message: later than everything in the old attempt.
        version: string(by.message.version?.serial) ?? serialOf(by.message),
        serial,
        responseId: undefined,
        type: 'revise',
        op: 'delete',
        text: '',
        end: undefined,
        checksum: undefined,
        done: true,
      })
  }

  /** A redaction may come without the agent's headers: the reducer remembers whose message it is. */
  private revise(message: InboundMessage, emit: Emit): void {
    const deleted = message.action === 'message.delete'
    if (!deleted && (message.data === undefined || message.data === null)) return
    const data = deleted ? '' : text(message)
    const op = deleted ? 'delete' : message.action === 'message.append' ? 'append' : 'full'
    emit({
      ...readMeta({ message, transport: {}, codec: {} }),
      type: 'revise',
      op: data === undefined ? 'lost' : op,
      text: data ?? '',
      end: undefined,
      checksum: undefined,
      done: undefined,
    })
    checkText(data, message)
  }
}

function endOf({ transport }: Envelope, meta: ReturnType<typeof readMeta>): EndEvent {
  const reason = transport[Transport.Reason]
  const status = reason === 'error' ? 'error' : reason === 'cancelled' ? 'stopped' : 'complete'
  const code = string(transport[Transport.ErrorCode])
  const message = string(transport[Transport.ErrorMessage]) ?? 'the agent failed'
  const error = status === 'error' ? { message, ...(code !== undefined && { code }) } : undefined
  return { ...meta, type: 'end', status, error }
}

function isOperation({ action }: InboundMessage): boolean {
  return action === 'message.append' || action === 'message.update' || action === 'message.delete'
}
