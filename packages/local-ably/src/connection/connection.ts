import { AckQueue } from './acks.ts'
import type { App } from '../app.ts'
import { Attachment, grantModes, type Peer } from '../channel/attachment.ts'
import { Frame } from '../wire/codec.ts'
import type { Channel } from '../channel/channel.ts'
import type { Context } from '../context.ts'
import { asAblyError, denied, type AblyError } from '../wire/errors.ts'
import type { Grant } from '../auth/grant.ts'
import { RateLimit } from './limits.ts'
import { Outbox } from './outbox.ts'
import { Action, actionName, type ProtocolMessage } from '../wire/protocol.ts'
import type { Rollup } from './rollup.ts'
import type { Rules, Subject } from '../faults/rules.ts'
import { randomName } from '../wire/serial.ts'
import { deaf, type Socket } from './socket.ts'
import { tokenExpired } from '../auth/token.ts'

export interface ConnectionOptions {
  grant: Grant
  echo: boolean
  remainPresentFor: number
}

/** The most CONNECTED frames that may be lost in a row. */
const keptKeys = 20

/** One client's connection. It outlives its sockets while it can be resumed. */
export class Connection implements Peer {
  readonly id = randomName(10)
  readonly createdAt = Date.now()
  readonly context: Context
  readonly app: App
  readonly echo: boolean
  readonly attachments = new Map<string, Attachment>()
  /** Channels on which it may have presence members. */
  readonly present = new Set<Channel>()
  readonly acks: AckQueue
  readonly inboundRate = new RateLimit(42911, 'connection.inboundRate')
  readonly inboundBytes = new RateLimit(42911, 'connection.inboundBytes')
  readonly channelRates = new Map<string, RateLimit>()
  readonly outbox: Outbox
  /** Merges this connection's appends. Set right after construction, because it publishes as this connection. */
  rollup: Rollup | undefined
  grant: Grant
  key: string
  /** Earlier keys, for a client that never got the answers to its resumes. */
  readonly #formerKeys = new Set<string>()
  /** Called when the connection has ended. */
  onEnd: (() => void) | undefined
  #socket: Socket | undefined
  readonly #remainPresentFor: number
  #leaving: NodeJS.Timeout | undefined
  #expiring: NodeJS.Timeout | undefined
  #ended = false
  #tokenTimers: NodeJS.Timeout[] = []

  constructor(context: Context, options: ConnectionOptions) {
    this.context = context
    this.grant = options.grant
    this.app = options.grant.app
    this.echo = options.echo
    this.#remainPresentFor = options.remainPresentFor
    this.key = `${this.id}!${randomName(12)}`
    this.acks = new AckQueue((message) => this.send(message))
    this.outbox = new Outbox(context.rules, {
      subject: () => this.subject(),
      send: (frame) => this.#transmit(frame),
      sizeOf: (frame) => frame.encoded(this.#socket?.format ?? 'json').length,
    })
  }

  get clientId(): string | undefined {
    return this.grant.clientId
  }

  get rules(): Rules {
    return this.context.rules
  }

  hasKey(key: string): boolean {
    return this.key === key || this.#formerKeys.has(key)
  }

  get isConnected(): boolean {
    return this.#socket !== undefined
  }

  get backlog(): number {
    return (this.#socket?.buffered ?? 0) + this.outbox.bytes
  }

  /** Describes the connection for rules. */
  subject(): Subject {
    return { app: this.app.id, connectionId: this.id, clientId: this.clientId }
  }

  modesFor(channelName: string, requested: number): number {
    return grantModes(this.grant, channelName, requested)
  }

  /** Takes a socket: the first, or that of a resume. */
  open(socket: Socket, error?: AblyError): void {
    const before = this.#socket
    if (before) {
      this.#release()
      before.abandon()
    }
    if (this.#socket || this.#expiring) {
      this.#formerKeys.add(this.key)
      if (this.#formerKeys.size > keptKeys) this.#formerKeys.delete(this.#formerKeys.values().next().value!)
      this.key = `${this.id}!${randomName(12)}`
    }
    clearTimeout(this.#expiring)
    clearTimeout(this.#leaving)
    this.#expiring = undefined
    this.#socket = socket
    this.sendConnected(error)
  }

  /** Asks for a new token before the current one expires, and disconnects when it does. */
  watchToken(): void {
    for (const timer of this.#tokenTimers) clearTimeout(timer)
    const { expires, kind } = this.grant
    if (kind !== 'token' || expires === undefined) return
    const left = expires - Date.now()
    const askAhead = 30_000
    this.#tokenTimers = [after(left, () => this.disconnect(tokenExpired()))]
    if (left > askAhead)
      this.#tokenTimers.push(after(left - askAhead, () => this.send({ action: Action.auth })))
  }

  /** Adopts new credentials. Attachments without any mode left fail. */
  regrant(grant: Grant): void {
    this.grant = grant
    this.watchToken()
    for (const [name, attachment] of this.attachments) {
      attachment.regrant()
      if (attachment.modes !== 0) continue
      this.detach(name)
      this.leave(attachment.channel)
      this.sendError(denied(`Channel denied access based on given capability; channelId = ${name}`), name)
    }
  }

  sendConnected(error?: AblyError): void {
    const { settings } = this.context
    const frame: ProtocolMessage = {
      action: Action.connected,
      connectionId: this.id,
      connectionDetails: {
        ...(this.clientId === undefined ? {} : { clientId: this.clientId }),
        connectionKey: this.key,
        maxMessageSize: settings.limits.messageSize,
        maxFrameSize: settings.limits.frameSize,
        maxInboundRate: settings.limits.connectionRate,
        connectionStateTtl: settings.connectionStateTtl,
        maxIdleInterval: settings.maxIdleInterval,
        serverId: 'local',
        siteCode: 'local',
      },
    }
    if (error) frame.error = error.toWire()
    this.send(frame)
  }

  send(message: ProtocolMessage | Frame): void {
    this.outbox.push(message instanceof Frame ? message : new Frame(message))
  }

  /** Sends an ERROR for a channel, or for the whole connection. */
  sendError(error: unknown, channel?: string): void {
    const frame: ProtocolMessage = { action: Action.error, error: asAblyError(error).toWire() }
    if (channel !== undefined) frame.channel = channel
    this.send(frame)
  }

  whenDrained(bytes: number, callback: () => void): void {
    const check = () => {
      if (!this.#socket || this.backlog <= bytes) callback()
      else setTimeout(check, 20).unref()
    }
    setTimeout(check, 20).unref()
  }

  detach(name: string): void {
    const attachment = this.attachments.get(name)
    if (!attachment) return
    this.attachments.delete(name)
    attachment.channel.part(attachment)
    this.rollup?.flush(attachment.channel)
  }

  /** Handles the loss of the socket: the connection waits to be resumed. */
  socketLost(socket: Socket): void {
    if (this.#socket !== socket || this.#ended) return
    this.#socket = undefined
    this.#release()
    const { connectionStateTtl } = this.context.settings
    this.#expiring = setTimeout(() => this.end(), connectionStateTtl)
    this.#expiring.unref()
    this.#leaving = setTimeout(() => this.#leaveAll(), Math.min(this.#remainPresentFor, connectionStateTtl))
    this.#leaving.unref()
    this.context.log.write({ kind: 'connection', ...this.#names(), text: 'lost its socket' })
  }

  /** Cuts the socket, as a failing network does. */
  drop(): void {
    const socket = this.#socket
    if (!socket) return
    this.socketLost(socket)
    socket.abandon()
  }

  /** Sends DISCONNECTED, on which the client reconnects. */
  disconnect(error: AblyError): void {
    const socket = this.#socket
    if (!socket) return
    this.socketLost(socket)
    socket.handle(deaf)
    socket.close({ action: Action.disconnected, error: error.toWire() })
  }

  /** The client sent a frame, so it has its new key: forget the earlier ones. */
  confirm(): void {
    this.#formerKeys.clear()
  }

  /** Makes resumes fail: a returning client gets a new connection, and this one expires. */
  forgetKey(): void {
    this.key = `${this.id}!${randomName(12)}`
    this.#formerKeys.clear()
  }

  /** Ends the connection: on CLOSE, on a fatal error, or when it was not resumed in time. */
  end(last?: ProtocolMessage): void {
    if (this.#ended) return
    this.#ended = true
    const socket = this.#socket
    this.#socket = undefined
    this.#release()
    for (const timer of [this.#expiring, this.#leaving, ...this.#tokenTimers]) clearTimeout(timer)
    this.#leaveAll()
    if (socket) {
      socket.handle(deaf)
      if (last) this.#log('out', last)
      socket.close(last)
    }
    this.context.log.write({ kind: 'connection', ...this.#names(), text: 'ended' })
    this.onEnd?.()
  }

  fail(error: AblyError): void {
    this.end({ action: Action.error, error: error.toWire() })
  }

  /** Neither reads nor sends until the returned function is called. */
  freeze(): () => void {
    const socket = this.#socket
    const thaw = this.outbox.freeze()
    socket?.pause()
    return () => {
      thaw()
      socket?.resume()
    }
  }

  /** Removes its members from a channel. */
  leave(channel: Channel): void {
    channel.presence.leave(this.id)
    this.present.delete(channel)
  }

  logIn(message: ProtocolMessage): void {
    this.#log('in', message)
  }

  #leaveAll(): void {
    for (const channel of this.present) this.leave(channel)
  }

  // A resumed client reattaches with its last serial. Until then, nothing may be sent for its channels.
  #release(): void {
    this.rollup?.flush()
    for (const attachment of this.attachments.values()) attachment.channel.part(attachment)
    this.attachments.clear()
    this.acks.reset()
    this.outbox.clear()
  }

  #transmit(frame: Frame): void {
    if (!this.#socket) return
    this.#log('out', frame.message)
    this.#socket.send(frame)
  }

  #log(kind: 'in' | 'out', frame: ProtocolMessage): void {
    const { log } = this.context
    if (!log.active) return
    const channel = frame.channel === undefined ? {} : { channel: frame.channel }
    log.write({ kind, ...this.#names(), ...channel, frame, text: actionName(frame.action) })
  }

  #names(): { app: string; connectionId: string; clientId?: string } {
    const names = { app: this.app.id, connectionId: this.id }
    return this.clientId === undefined ? names : { ...names, clientId: this.clientId }
  }
}

// A timer holds at most 31 bits of milliseconds.
function after(ms: number, callback: () => void): NodeJS.Timeout {
  return setTimeout(callback, Math.min(Math.max(ms, 0), 2 ** 31 - 1)).unref()
}
