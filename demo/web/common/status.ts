import type { SessionState } from '@rejoin/core'

export interface StatusText {
  tone: 'live' | 'busy' | 'bad'
  text: string
}

/** How the connection is, in words for a person who does not know what a channel is. */
export function describeStatus(
  { status, hydration }: Pick<SessionState, 'status' | 'hydration'>,
  online: boolean,
): StatusText {
  if (!online && status !== 'live') return { tone: 'bad', text: 'Offline' }
  switch (status) {
    case 'connecting':
      return { tone: 'busy', text: 'Connecting…' }
    case 'disconnected':
      return { tone: 'busy', text: 'Reconnecting…' }
    case 'suspended':
      return { tone: 'bad', text: 'Offline, still trying…' }
    case 'failed':
      return { tone: 'bad', text: 'Not connected' }
    case 'closed':
      return { tone: 'bad', text: 'Signed out' }
    default:
      return hydration === 'running' ? { tone: 'busy', text: 'Catching up…' } : { tone: 'live', text: 'Live' }
  }
}
