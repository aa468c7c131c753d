'use client'
import { getMessage, subscribeMessage } from '@rejoin/core'
import type { Message } from '@rejoin/core'
import { useCallback, useSyncExternalStore } from 'react'
import { useHandle } from './provider.ts'

/**
 * A prompt or a response, with its `role`; `undefined` while it is unknown. Renders at most once per frame, and only
 * for this message.
 */
export function useMessage(id: string): Message | undefined {
  const session = useHandle()
  const subscribe = useCallback(
    (listener: () => void) => subscribeMessage(session, id, listener),
    [session, id],
  )
  return useSyncExternalStore(
    subscribe,
    () => getMessage(session, id),
    () => getMessage(session.initial, id),
  )
}
