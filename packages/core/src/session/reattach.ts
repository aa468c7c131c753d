import type { ConnectionStateChange, RealtimeChannel } from 'ably'
import type { Connection } from './channelStatus.ts'

/**
 * Ably detaches the channels of a client that is closed, and leaves them so when it connects again. Attaches this one
 * then; a channel that the application detached stays so. Returns a function that stops.
 */
export function reattach(channel: RealtimeChannel, connection: Connection): () => void {
  let lost = false
  const onDetached = (): void => {
    lost = connection.state === 'closing' || connection.state === 'closed'
  }
  const onConnection = ({ current }: ConnectionStateChange): void => {
    if (current !== 'connected' || !lost) return
    lost = false
    // The channel's state tells what went wrong.
    if (channel.state === 'detached') channel.attach().catch(() => {})
  }
  channel.on('detached', onDetached)
  connection.on(onConnection)
  return () => {
    channel.off('detached', onDetached)
    connection.off(onConnection)
  }
}
