import type { InboundMessage } from 'ably'

const pad = (n: number) => String(n).padStart(8, '0')

/** One message of a channel, as it stands after every operation so far. */
export interface Stored {
  serial: string
  name: string
  headers: Record<string, string>
  data: unknown
  clientId: string
  connectionId: string
  /** Newest operation. */
  version: string
  action: 'create' | 'update' | 'delete'
  metadata: Record<string, string> | undefined
  /** Who published the newest operation. */
  editor: string
}

export type Publish = Pick<Stored, 'name' | 'headers'> & { data?: unknown; clientId?: string }

/** One operation, as a reader who listens would get it. */
export interface Live {
  kind: 'create' | 'append' | 'update' | 'delete'
  fragment: unknown
  /** The message right after the operation. */
  stored: Stored
}

/**
 * An Ably channel as the documents describe it, without a network or a clock: serials, versions, messages that grow,
 * change and go. For tests that need thousands of random runs; the same laws are tested on real sockets elsewhere.
 */
export class ChannelModel {
  readonly log: Stored[] = []
  /** Client ids of those who are present. */
  readonly members = new Set<string>()
  /** When clients left, newest first. */
  readonly left: { clientId: string; action: 'leave'; timestamp: number }[] = []
  /** Of clients that connected again: how often. */
  private readonly connections = new Map<string, number>()
  private count = 0
  private readonly listeners = new Set<(live: Live) => void>()

  create({ name, headers, data = '', clientId = `agent of ${headers.responseId}` }: Publish): string {
    const serial = pad(++this.count)
    const action = 'create'
    const stored: Stored = {
      serial,
      name,
      headers,
      data,
      clientId,
      connectionId: `${clientId} ${this.connections.get(clientId) ?? 0}`,
      version: serial,
      action,
      metadata: undefined,
      editor: clientId,
    }
    this.log.push(stored)
    this.emit('create', data, stored)
    return serial
  }

  append(serial: string, fragment: string, metadata?: Record<string, string>): void {
    const stored = this.change(serial, 'update', metadata)
    stored.data = `${String(stored.data)}${fragment}`
    this.emit('append', fragment, stored)
  }

  update(serial: string, data: unknown, metadata?: Record<string, string>, editor?: string): void {
    const stored = this.change(serial, 'update', metadata, editor)
    stored.data = data
    this.emit('update', data, stored)
  }

  delete(serial: string, editor?: string): void {
    const stored = this.change(serial, 'delete', undefined, editor)
    stored.data = ''
    this.emit('delete', '', stored)
  }

  /** Another process of a client. */
  connect(clientId: string): void {
    this.connections.set(clientId, (this.connections.get(clientId) ?? 0) + 1)
  }

  leave(clientId: string): void {
    this.members.delete(clientId)
    this.left.unshift({ clientId, action: 'leave', timestamp: this.count })
  }

  listen(listener: (live: Live) => void): void {
    this.listeners.add(listener)
  }

  versionOf(serial: string): string {
    return this.log.find((m) => m.serial === serial)!.version
  }

  private change(
    serial: string,
    action: Stored['action'],
    metadata: Stored['metadata'],
    editor?: string,
  ): Stored {
    const stored = this.log.find((m) => m.serial === serial)!
    const version = pad(++this.count)
    Object.assign(stored, { version, action, metadata, editor: editor ?? stored.clientId })
    return stored
  }

  private emit(kind: Live['kind'], fragment: unknown, stored: Stored): void {
    for (const listener of this.listeners) listener({ kind, fragment, stored: { ...stored } })
  }
}

/** As the SDK hands it to a subscriber. `bare`: an append repeats neither name nor headers. */
export function toMessage(stored: Stored, action: string, data: unknown, bare = false): InboundMessage {
  return {
    ...(!bare && { name: stored.name, extras: { headers: { ...stored.headers } } }),
    data,
    action: `message.${action}`,
    serial: stored.serial,
    clientId: stored.clientId,
    connectionId: stored.connectionId,
    timestamp: Number(stored.serial),
    version: {
      serial: stored.version,
      timestamp: Number(stored.version),
      clientId: stored.editor,
      ...(stored.metadata && { metadata: { ...stored.metadata } }),
    },
    annotations: { summary: {} },
  } as unknown as InboundMessage
}
