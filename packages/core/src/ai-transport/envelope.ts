import type { InboundMessage } from 'ably'
import type { EventMeta } from '../protocol/event.ts'

/** Message names of `@ably/ai-transport` (0.8). */
export const Name = {
  Output: 'ai-output',
  Input: 'ai-input',
  Cancel: 'ai-cancel',
  RunStart: 'ai-run-start',
  RunResume: 'ai-run-resume',
  RunSuspend: 'ai-run-suspend',
  RunEnd: 'ai-run-end',
  StepStart: 'ai-step-start',
  StepEnd: 'ai-step-end',
} as const

/** Keys in `extras.ai.transport`. Values are strings. */
export const Transport = {
  /** `true`: the message grows by appends. */
  Stream: 'stream',
  /** State of a growing message: `streaming`, `complete` or `cancelled`. */
  Status: 'status',
  RunId: 'run-id',
  /** Names a message of the conversation: a user's, an assistant's. */
  CodecMessageId: 'codec-message-id',
  /** The input that a run answers. */
  InputCodecMessageId: 'input-codec-message-id',
  EventId: 'event-id',
  Role: 'role',
  Parent: 'parent',
  /** The run that this input resolves, in a run of its own. */
  Supersedes: 'supersedes',
  StepId: 'step-id',
  /** Serial of the step attempt's `ai-step-start`. */
  StepStartSerial: 'step-start-serial',
  Reason: 'run-reason',
  ErrorCode: 'error-code',
  ErrorMessage: 'error-message',
} as const

export type Fields = Record<string, unknown>

/** A message of the format, with its two tiers of headers separated. */
export interface Envelope {
  message: InboundMessage
  transport: Fields
  codec: Fields
}

const none: Fields = Object.freeze({})

/** The content of `extras.ai`; undefined for other messages. */
export function readEnvelope(message: InboundMessage): Envelope | undefined {
  const { ai } = fields(message.extras)
  if (typeof ai !== 'object' || ai === null) return undefined
  const { transport, codec } = ai as Fields
  return { message, transport: fields(transport), codec: fields(codec) }
}

export function readMeta({ message, transport }: Envelope): EventMeta {
  const serial = serialOf(message)
  return {
    serial,
    version: string(message.version?.serial) ?? serial,
    responseId: string(transport[Transport.RunId]),
    promptId: string(transport[Transport.InputCodecMessageId]),
    part: undefined,
    clientId: string(message.clientId),
    updatedAt: message.version?.timestamp ?? message.timestamp ?? 0,
    timestamp: typeof message.timestamp === 'number' ? message.timestamp : 0,
    strict: true,
    watched: false,
    epoch: undefined,
  }
}

export function serialOf(message: InboundMessage): string {
  const serial = message.serial ?? message.id
  if (typeof serial !== 'string' || serial === '') throw new Error('it has no serial')
  return serial
}

export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : none
}

export function string(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Data that may have been published as JSON text, or a header that holds JSON. */
export function json(data: unknown): unknown {
  if (typeof data !== 'string') return data
  try {
    return JSON.parse(data)
  } catch {
    return data
  }
}
