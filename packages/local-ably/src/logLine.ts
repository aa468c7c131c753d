import type { LogEvent } from './log.ts'
import { AnnotationAction, MessageAction, PresenceAction, type ProtocolMessage } from './wire/protocol.ts'

const arrows = {
  in: '→',
  out: '←',
  http: '·',
  webhook: '↗',
  connection: '●',
  fault: '!',
  error: '✗',
} as const

/** Formats an event as one line: time, client, action, channel, payload. */
export function logLine(event: LogEvent): string {
  const time = new Date(event.at).toISOString().slice(11, 23)
  const who = event.connectionId ? `${event.clientId ?? '-'}@${event.connectionId.slice(0, 6)}` : ''
  const parts = [time, arrows[event.kind], who, event.text ?? '', event.channel ?? '']
  if (event.frame) parts.push(...describeFrame(event.frame))
  return parts.filter((part) => part !== '').join(' ')
}

function describeFrame(frame: ProtocolMessage): string[] {
  const parts: string[] = []
  if (frame.msgSerial !== undefined) parts.push(`#${frame.msgSerial}`)
  if (frame.count !== undefined && frame.count > 1) parts.push(`×${frame.count}`)
  for (const one of listOf(frame.messages)) parts.push(carried(MessageAction, one))
  for (const one of listOf(frame.presence)) parts.push(carried(PresenceAction, one))
  for (const one of listOf(frame.annotations)) parts.push(carried(AnnotationAction, one))
  if (frame.error) parts.push(`${frame.error.code} ${frame.error.message}`)
  return parts
}

// A frame from a client may hold anything.
const listOf = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : []

function carried(table: Record<string, number>, one: Record<string, unknown>): string {
  const action = Object.entries(table).find(([, value]) => value === (one.action ?? 0))?.[0] ?? ''
  const label = [one.name, one.type, one.clientId].find(isText) ?? ''
  const data =
    typeof one.data === 'string' ? shorten(JSON.stringify(one.data)) : one.data === undefined ? '' : '<bytes>'
  return [action, label, data].filter((part) => part !== '').join(' ')
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}…"` : text)
