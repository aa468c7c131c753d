import { checkChannelName } from '../app.ts'
import { baseChannelName } from '../auth/capability.ts'
import { isRecord, readPayload } from '../wire/codec.ts'
import type { Channel } from '../channel/channel.ts'
import type { Connection } from './connection.ts'
import { AblyError, badRequest } from '../wire/errors.ts'
import { identify, requireCapability } from '../auth/grant.ts'
import { describe } from './outbox.ts'
import {
  AnnotationAction,
  Mode,
  type ProtocolMessage,
  type PublishResult,
  type WireAnnotation,
} from '../wire/protocol.ts'
import { authorOf, requireMutable, type Publisher } from './publish.ts'
import { publisherOf, requireMode } from './publishFrame.ts'
import { sizeOf } from '../channel/size.ts'
import { checkAnnotation } from '../channel/summary.ts'

/** Handles an ANNOTATION frame. */
export function annotate(
  connection: Connection,
  frame: ProtocolMessage,
  done: (result: PublishResult) => void,
): void {
  const name = frame.channel ?? ''
  const channelName = baseChannelName(name)
  checkChannelName(channelName)
  requireCapability(connection.grant, channelName, 'annotation-publish')
  requireMode(connection, name, Mode.ANNOTATION_PUBLISH, 'annotate')
  connection.rules.check('annotation', () => describe(frame, connection.subject()))
  const channel = connection.app.channel(channelName)
  const publisher = publisherOf(connection)
  done({
    serials: applyAnnotations(publisher, channel, frame.annotations!, `${connection.id}:${frame.msgSerial}`),
  })
}

/** Reads, checks and applies a client's annotations. */
export function applyAnnotations(
  publisher: Publisher,
  channel: Channel,
  given: readonly unknown[],
  frameId: string,
  messageSerial?: string,
): string[] {
  requireCapability(publisher.grant, channel.name, 'annotation-publish')
  requireMutable(channel)
  publisher.grant.app.context.storage?.check()
  const annotations = given.map((wire) => readAnnotation(publisher, wire, messageSerial))
  checkSize(channel, annotations)
  return channel.annotate(annotations, authorOf(publisher, channel, frameId))
}

function checkSize(channel: Channel, annotations: readonly WireAnnotation[]): void {
  const size = annotations.reduce(
    (sum, one) => sum + sizeOf(one.data, `${one.type}${one.name ?? ''}`, one.extras),
    0,
  )
  if (size <= channel.sizeLimit) return
  throw new AblyError(
    40009,
    413,
    `unable to annotate; ${size} bytes exceed the maximum message size of ${channel.sizeLimit}`,
  )
}

function readAnnotation(
  publisher: Publisher,
  wire: unknown,
  messageSerial: string | undefined,
): WireAnnotation {
  if (!isRecord(wire)) throw badRequest('unable to annotate; each annotation must be an object')
  const annotation: WireAnnotation = { action: AnnotationAction.create, ...readPayload(wire) }
  if (wire.action === AnnotationAction.delete) annotation.action = AnnotationAction.delete
  else if (wire.action !== undefined && wire.action !== AnnotationAction.create) {
    throw badRequest('unable to annotate; action must be create or delete')
  }
  const clientId = identify(
    publisher.grant.clientId,
    typeof wire.clientId === 'string' ? wire.clientId : undefined,
  )
  if (clientId !== undefined) annotation.clientId = clientId
  if (typeof wire.id === 'string') annotation.id = wire.id
  if (typeof wire.type === 'string') annotation.type = wire.type
  if (typeof wire.name === 'string') annotation.name = wire.name
  if (isRecord(wire.extras)) annotation.extras = wire.extras
  if (wire.count !== undefined && wire.count !== null) {
    if (!Number.isInteger(wire.count) || (wire.count as number) < 1) {
      throw new AblyError(40003, 400, 'unable to annotate; count must be a whole number above 0')
    }
    annotation.count = wire.count as number
  }
  const subject = messageSerial ?? wire.messageSerial
  if (typeof subject === 'string') annotation.messageSerial = subject
  checkAnnotation(annotation)
  return annotation
}
