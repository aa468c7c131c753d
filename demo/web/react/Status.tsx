import { useSyncExternalStore } from 'react'
import { useSession } from '@rejoin/react'
import { describeStatus } from '../shared/status.ts'

/** The connection, in words. */
export function Status() {
  const online = useSyncExternalStore(subscribeOnline, () => navigator.onLine)
  const { tone, text } = describeStatus(useSession(), online)
  return (
    <span className="status" role="status" data-tone={tone}>
      <span className="dot" aria-hidden="true" />
      {text}
    </span>
  )
}

function subscribeOnline(listener: () => void): () => void {
  addEventListener('online', listener)
  addEventListener('offline', listener)
  return () => {
    removeEventListener('online', listener)
    removeEventListener('offline', listener)
  }
}
