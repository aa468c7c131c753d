import { MessageAction, type MessageVersion } from '../wire/protocol.ts'
import type { Author } from './author.ts'
import { joinPayload, toWire, type Message, type MessageInput } from './message.ts'
import { addPast } from './retained.ts'

/** Keeps the current version of a message among the earlier ones. */
export function remember(message: Message): void {
  const { annotations: _summary, ...wire } = toWire(message)
  addPast(message, wire)
}

/** Applies an operation as a shallow mixin: given fields replace, missing fields stay. */
export function mixIn(message: Message, input: MessageInput, userClaim: string | undefined): void {
  if (input.action === MessageAction.append) {
    message.data = joinPayload(message.data, input.data)
    message.size += input.size
  } else if (input.data !== undefined) {
    message.data = input.data
    message.size = input.size
  }
  if (input.encoding !== undefined) message.encoding = input.encoding
  else if (input.data !== undefined && input.action !== MessageAction.append) message.encoding = undefined
  if (input.name !== undefined) message.name = input.name
  if (input.extras !== undefined) message.extras = withClaim(input.extras, userClaim)
  message.action = input.action === MessageAction.delete ? MessageAction.delete : MessageAction.update
}

/** The version that an operation makes. */
export function versionOf(
  serial: string,
  timestamp: number,
  operation: MessageVersion,
  author: Author,
): MessageVersion & { serial: string; timestamp: number } {
  const clientId = operation.clientId ?? author.clientId
  const version: MessageVersion & { serial: string; timestamp: number } = { serial, timestamp }
  if (clientId !== undefined) version.clientId = clientId
  if (operation.description !== undefined) version.description = operation.description
  if (operation.metadata !== undefined) version.metadata = operation.metadata
  return version
}

/** The extras of a message, with the claim of its author's token. */
export function withClaim(
  extras: MessageInput['extras'],
  userClaim: string | undefined,
): MessageInput['extras'] {
  return userClaim === undefined ? extras : { ...extras, userClaim }
}
