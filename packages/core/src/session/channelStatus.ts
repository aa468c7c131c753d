import type { ChannelStateChange, ConnectionStateChange, RealtimeChannel } from 'ably'
import { wrapError } from '../types/errors.ts'
import type { SessionChange } from './state.ts'

interface Connection {
  readonly state: string
  on(listener: (change: ConnectionStateChange) => void): void
  off(listener: (change: ConnectionStateChange) => void): void
}

/** Follows the states of a channel and its connection. Returns a function that stops. */
export function followStatus(
  channel: RealtimeChannel,
  connection: Connection | undefined,
  dispatch: (change: SessionChange) => void,
): () => void {
  const onChannel = ({ current, reason }: ChannelStateChange): void => {
    dispatch({ type: 'channel', state: current })
    if (current === 'failed')
      dispatch({
        type: 'failed',
        error: wrapError(`stay on channel "${channel.name}"`, reason, 'attach_failed'),
      })
  }
  const onConnection = ({ current, reason }: ConnectionStateChange): void => {
    dispatch({ type: 'connection', state: current })
    if (current === 'failed')
      dispatch({ type: 'failed', error: wrapError('connect to Ably', reason, 'auth_failed') })
  }
  channel.on(onChannel)
  connection?.on(onConnection)
  return () => {
    channel.off(onChannel)
    connection?.off(onConnection)
  }
}
