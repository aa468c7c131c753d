import type { App } from './app.ts'
import type { Connections } from './connection/connections.ts'

export interface ChannelStatus {
  app: string
  name: string
  subscribers: number
  messages: number
  /** The client ids of its members. */
  members: string[]
}

export interface ConnectionStatus {
  app: string
  id: string
  clientId: string | null
  /** Whether it has a socket. Without one, it waits to be resumed. */
  connected: boolean
  since: number
  /** Bytes that wait until the client reads. */
  waiting: number
  channels: string[]
}

/** The channels and connections of a server. */
export interface Status {
  channels: ChannelStatus[]
  connections: ConnectionStatus[]
}

export function statusOf(apps: ReadonlyMap<string, App>, connections: Connections): Status {
  const channels = [...apps.values()].flatMap((app) =>
    [...app.channels.values()].map((channel) => ({
      app: app.id,
      name: channel.name,
      subscribers: channel.subscribers.size,
      messages: channel.messages.size,
      members: channel.presence.members().map(([, member]) => member.clientId!),
    })),
  )
  const people = connections.all().map((connection) => ({
    app: connection.app.id,
    id: connection.id,
    clientId: connection.clientId ?? null,
    connected: connection.isConnected,
    since: connection.createdAt,
    waiting: connection.backlog,
    channels: [...connection.attachments.keys()],
  }))
  return { channels, connections: people }
}
