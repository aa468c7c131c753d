import type { Message } from 'ably'
import { checksum } from '../protocol/checksum.ts'
import { Header, MessageName } from '../protocol/names.ts'
import { newId } from '../protocol/newId.ts'
import { bytesOf } from '../protocol/shortened.ts'
import { piecesOf, ROOM } from './outgoing.ts'

/**
 * The messages that publish a tool's output: pieces first, if it is too large for one message (PROTOCOL.md §1.5).
 * `headers` name the response and the call.
 */
export function outputMessages(tool: string, output: unknown, headers: Record<string, string>): Message[] {
  const message = { name: MessageName.ToolResult, data: { name: tool, result: output }, extras: { headers } }
  const json = JSON.stringify(output) as string | undefined
  if (json === undefined || bytesOf(json) <= ROOM) return [message]
  const id = newId()
  const messages: Message[] = piecesOf(json).map(({ data, end }, nth) => {
    const extras = { headers: { ...headers, [Header.Value]: id, [Header.End]: String(end) } }
    // With an id of our own, a repeated publish changes nothing.
    return { id: `${id}.${nth}:0`, name: MessageName.Value, data, extras }
  })
  const whole = {
    [Header.Value]: id,
    [Header.Length]: String(json.length),
    [Header.Checksum]: checksum(json),
  }
  return [...messages, { ...message, data: { name: tool }, extras: { headers: { ...headers, ...whole } } }]
}
