import type { SessionState } from '@rejoin/core'
import type { Connection } from './connect.ts'

/** Enters presence for this device. A failure does no harm: presence is a courtesy. */
export function enter({ client }: Connection, channelName: string): () => void {
  const { presence } = client.channels.get(channelName)
  presence.enter({ device: matchMedia('(max-width: 560px)').matches ? 'phone' : 'desktop' }).catch(() => {})
  return () => void presence.leave().catch(() => {})
}

/** Who is here, in words. */
export function describePresence({
  agents,
  users,
  status,
}: Pick<SessionState, 'agents' | 'users' | 'status'>): string {
  if (status !== 'live') return ''
  const devices = users.reduce((sum, { connections }) => sum + connections, 0)
  const you = devices > 1 ? `You on ${devices} devices` : 'You'
  return `${you} · Agent ${agents.length > 0 ? 'online' : 'offline'}`
}
