import type { ChannelStateChange, ConnectionStateChange, ErrorInfo, RealtimeChannel } from 'ably'
import { wrapError } from '../types/errors.ts'
import { reattach } from './reattach.ts'
import type { SessionChange } from './state.ts'

export interface Connection {
  readonly state: string
  readonly errorReason: ErrorInfo | null
  on(listener: (change: ConnectionStateChange) => void): void
  off(listener: (change: ConnectionStateChange) => void): void
}

/** Follows the states of a channel and its connection, and attaches again after a closed client connects. */
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
  const judge = (state: string, reason: unknown): void => {
    if (state !== 'disconnected' && state !== 'suspended') return
    const error = wrapError('connect to Ably', reason, 'attach_failed')
    dispatch({ type: 'unreachable', error })
  }
  const onConnection = ({ current, reason }: ConnectionStateChange): void => {
    dispatch({ type: 'connection', state: current })
    judge(current, reason)
    if (current === 'failed')
      dispatch({ type: 'failed', error: wrapError('connect to Ably', reason, 'auth_failed') })
  }
  channel.on(onChannel)
  connection?.on(onConnection)
  if (connection) judge(connection.state, connection.errorReason)
  const stopReattaching = connection && reattach(channel, connection)
  return () => {
    stopReattaching?.()
    channel.off(onChannel)
    connection?.off(onConnection)
  }
}
