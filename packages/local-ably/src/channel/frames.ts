import { MessageAction, type ProtocolMessage, type WireMessage } from '../wire/protocol.ts'
import type { Author } from './author.ts'
import { toWire, type Message } from './message.ts'

/** The frame around what an author published. */
export function frameOf(serial: string, timestamp: number, author: Author): ProtocolMessage {
  const frame: ProtocolMessage = { action: 15, id: author.frameId, channelSerial: serial, timestamp }
  if (author.connectionId !== undefined) frame.connectionId = author.connectionId
  return frame
}

/**
 * Puts messages into a frame. SDKs take a missing connection id from the frame, so the frame has one only if all its
 * messages do.
 */
export function withMessages(frame: ProtocolMessage, messages: WireMessage[]): ProtocolMessage {
  if (messages.every((message) => message.connectionId !== undefined)) return { ...frame, messages }
  const { connectionId: _operator, ...rest } = frame
  return { ...rest, messages }
}

/** A summary as subscribers get it: without a payload, so that it cannot be mistaken for an update. */
export function summaryFrame(message: Message, serial: string, timestamp: number): ProtocolMessage {
  const { data: _data, encoding: _encoding, extras: _extras, name, ...wire } = toWire(message)
  const summary = { ...wire, ...(name === undefined ? {} : { name }), action: MessageAction.summary }
  return { action: 15, id: serial, channelSerial: serial, timestamp, messages: [summary] }
}
