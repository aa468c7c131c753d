import { annotate } from './annotate.ts'
import { announce } from './announce.ts'
import { attach } from './attach.ts'
import { authenticate, type Directory } from '../auth/auth.ts'
import { decodeFrame } from '../wire/codec.ts'
import type { Connection } from './connection.ts'
import { AblyError, asAblyError, badRequest, isTokenError } from '../wire/errors.ts'
import { Action, type ProtocolMessage } from '../wire/protocol.ts'
import { publishFrame } from './publishFrame.ts'
import { acknowledge } from './acknowledge.ts'
import { Inbox } from './inbox.ts'
import type { Socket } from './socket.ts'

/** Handles the frames that arrive on a connection's socket. */
export function serve(directory: Directory, connection: Connection, socket: Socket): void {
  const read = (bytes: Buffer) => {
    try {
      const frame = decodeFrame(bytes, socket.format)
      connection.logIn(frame)
      connection.confirm()
      dispatch(directory, connection, frame, bytes.length)
    } catch (error) {
      if (!(error instanceof AblyError)) connection.context.log.writeError('a frame', error)
      // An unreadable frame has no answer of its own, so the connection fails.
      connection.fail(asAblyError(error))
    }
  }
  const inbox = new Inbox(connection, socket, read)
  socket.handle({
    onBytes: (bytes) => inbox.push(bytes),
    onClose() {
      inbox.clear()
      connection.socketLost(socket)
    },
  })
}

function dispatch(directory: Directory, connection: Connection, frame: ProtocolMessage, bytes: number): void {
  switch (frame.action) {
    case Action.heartbeat:
      return connection.send({
        action: Action.heartbeat,
        ...(frame.id === undefined ? {} : { id: frame.id }),
      })
    case Action.close:
      return connection.end({ action: Action.closed })
    case Action.disconnect:
      return connection.drop()
    case Action.attach:
      return attach(connection, frame)
    case Action.detach:
      return detach(connection, frame)
    case Action.message:
      return acknowledge(connection, frame, { content: frame.messages, bytes, work: publishFrame })
    case Action.presence:
      return acknowledge(connection, frame, { content: frame.presence, bytes, work: announce })
    case Action.annotation:
      return acknowledge(connection, frame, { content: frame.annotations, bytes, work: annotate })
    case Action.object:
      return acknowledge(connection, frame, { content: [], bytes, work: refuseObjects })
    case Action.sync:
      return connection.attachments.get(frame.channel ?? '')?.sync()
    case Action.auth:
      return reauthenticate(directory, connection, frame)
    default:
    // Ignore unknown actions of newer clients.
  }
}

function detach(connection: Connection, frame: ProtocolMessage): void {
  const name = frame.channel ?? ''
  const channel = connection.attachments.get(name)?.channel
  connection.detach(name)
  if (channel) connection.leave(channel)
  connection.send({ action: Action.detached, channel: name })
}

function refuseObjects(): never {
  throw new AblyError(40000, 400, 'unable to change objects; local-ably does not have LiveObjects')
}

/** Handles new credentials on an open connection. Attachments gain and lose modes accordingly. */
function reauthenticate(directory: Directory, connection: Connection, frame: ProtocolMessage): void {
  try {
    const token = frame.auth?.accessToken
    if (typeof token !== 'string')
      throw badRequest('unable to authenticate; the frame carries no access token')
    const before = connection.clientId
    const grant = authenticate(directory, { token })
    const wanted = before === '*' ? undefined : before
    const adopted = grant.clientId === '*' && wanted !== undefined ? { ...grant, clientId: wanted } : grant
    if (adopted.app !== connection.app || (wanted !== undefined && adopted.clientId !== wanted)) {
      throw new AblyError(
        40102,
        401,
        'unable to authenticate; the token is for another client than the connection',
      )
    }
    connection.regrant(adopted)
    connection.sendConnected()
  } catch (error) {
    // On a token error the SDK would retry forever, so a rejected token fails the connection.
    const refusal = asAblyError(error)
    connection.fail(isTokenError(refusal) ? new AblyError(40101, 401, refusal.message) : refusal)
  }
}
