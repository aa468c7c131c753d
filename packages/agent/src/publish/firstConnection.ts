import type { ConnectionStateChange, RealtimeClient } from 'ably'
import { ErrorCode, wrapError, type RejoinError } from '@rejoin/core/protocol'

/** Reports, once, that no connection could be made so far: Ably tries again, and `ready` waits for it. */
export function watchFirstConnection(
  { connection }: RealtimeClient,
  report: (error: RejoinError) => void,
): () => void {
  const stop = () => connection.off(judge)
  const judge = ({ current, reason }: Pick<ConnectionStateChange, 'current' | 'reason'>) => {
    if (current === 'initialized' || current === 'connecting') return
    stop()
    if (current === 'disconnected' || current === 'suspended')
      report(
        wrapError('connect to Ably', reason, ErrorCode.AttachFailed, [
          [isUnreachable, 'attach_failed', CURE],
        ]),
      )
  }
  connection.on(judge)
  judge({ current: connection.state, ...(connection.errorReason && { reason: connection.errorReason }) })
  return stop
}

const isUnreachable = (code: number): boolean => code === 80_003

const CURE =
  "check the network and the client's `endpoint`, `port` and `tls`, if you set them; it goes on trying"
