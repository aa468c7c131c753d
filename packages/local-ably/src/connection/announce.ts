import { checkChannelName } from '../app.ts'
import { baseChannelName } from '../auth/capability.ts'
import { isRecord, readPayload } from '../wire/codec.ts'
import type { Connection } from './connection.ts'
import { AblyError, badRequest } from '../wire/errors.ts'
import { identify, requireCapability, userClaimFor } from '../auth/grant.ts'
import {
  Mode,
  PresenceAction,
  type ProtocolMessage,
  type PublishResult,
  type WirePresence,
} from '../wire/protocol.ts'
import { sizeOf } from '../channel/size.ts'
import { requireMode } from './publishFrame.ts'
import { describe } from './outbox.ts'

/** Handles a PRESENCE frame. */
export function announce(
  connection: Connection,
  frame: ProtocolMessage,
  done: (result: PublishResult) => void,
): void {
  const name = frame.channel ?? ''
  const channelName = baseChannelName(name)
  checkChannelName(channelName)
  requireCapability(connection.grant, channelName, 'presence')
  requireMode(connection, name, Mode.PRESENCE, 'enter presence')
  const events = frame.presence!.map((event) => readEvent(connection, channelName, event))
  connection.rules.check('presence', () => describe(frame, connection.subject()))
  const channel = connection.app.channel(channelName)
  checkSize(connection, events)
  const leaving = events.every(({ action }) => action === PresenceAction.leave)
  if (!leaving && !connection.context.retained.check()) {
    throw new AblyError(
      50003,
      503,
      'unable to enter presence; the server already keeps as many bytes as it may',
    )
  }
  const limit = connection.app.maxPresenceMembers
  const entering = events.filter(
    (event) =>
      event.action !== PresenceAction.leave && !channel.presence.has(event.connectionId, event.clientId!),
  )
  if (channel.presence.size + entering.length > limit) {
    throw new AblyError(91003, 400, `unable to enter presence; a channel may have at most ${limit} members`)
  }
  channel.presence.announce(events, `${connection.id}:${frame.msgSerial}`, connection.id)
  connection.present.add(channel)
  done({ serials: [] })
}

function checkSize(connection: Connection, events: readonly WirePresence[]): void {
  const limit = connection.context.settings.limits.messageSize
  const size = events.reduce((sum, event) => sum + sizeOf(event.data, event.clientId, event.extras), 0)
  if (size > limit) {
    throw new AblyError(
      40009,
      413,
      `unable to enter presence; ${size} bytes exceed the maximum message size of ${limit}`,
    )
  }
}

function readEvent(connection: Connection, channelName: string, wire: unknown): WirePresence {
  if (!isRecord(wire)) throw badRequest('unable to read the presence event; it must be an object')
  const { action, id, clientId, extras } = wire
  if (
    action !== PresenceAction.enter &&
    action !== PresenceAction.update &&
    action !== PresenceAction.leave
  ) {
    throw badRequest('unable to read the presence event; its action must be enter, update or leave')
  }
  if (connection.clientId === undefined) {
    throw new AblyError(
      91000,
      400,
      'unable to enter presence; the connection is not identified by a clientId',
    )
  }
  const identity = identify(connection.clientId, typeof clientId === 'string' ? clientId : undefined)
  if (identity === undefined) {
    throw new AblyError(
      91000,
      400,
      'unable to enter presence; name a clientId, because the connection may act for any',
    )
  }
  const event: WirePresence = {
    action,
    clientId: identity,
    connectionId: connection.id,
    ...readPayload(wire),
  }
  // A client may name an id only to re-enter under its old one.
  if (typeof id === 'string' && id.startsWith(`${connection.id}:`)) event.id = id
  const userClaim = userClaimFor(connection.grant, channelName)
  if (userClaim !== undefined) event.extras = { ...(isRecord(extras) ? extras : {}), userClaim }
  else if (isRecord(extras)) event.extras = extras
  return event
}
