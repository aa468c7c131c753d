import { useCallback, useSyncExternalStore } from 'react'
import type { Session } from '@rejoin/core'

/** Only whether a response is being written: its text may change sixty times a second without rendering anything. */
export function useStreaming(session: Session, id: string | undefined): boolean {
  const subscribe = useCallback(
    (listener: () => void) => (id === undefined ? () => {} : session.subscribeResponse(id, listener)),
    [session, id],
  )
  return useSyncExternalStore(subscribe, () => id !== undefined && session.getResponse(id)?.status === 'streaming')
}
