'use client'
import type { DataTypes, ResponseState, Tools } from '@rejoin/core'
import { useCallback, useSyncExternalStore } from 'react'
import { useSessionHandle } from './provider.ts'

const never = () => () => {}

/**
 * One response, whole as far as it is known; `undefined` until anything of it is. Renders at most once per
 * frame, and only for this response. Without an id: the newest response of the conversation.
 */
export function useResponse<T extends Tools = Tools, D extends DataTypes = DataTypes>(
  id?: string,
): ResponseState<T, D> | undefined {
  const session = useSessionHandle()
  const newest = () => session.getSnapshot().messages.findLast((m) => m.role === 'assistant')?.id
  const newestId = useSyncExternalStore(id === undefined ? session.subscribe : never, newest, newest)
  const wanted = id ?? newestId
  const subscribe = useCallback(
    (listener: () => void) => (wanted === undefined ? () => {} : session.subscribeResponse(wanted, listener)),
    [session, wanted],
  )
  const response = () => (wanted === undefined ? undefined : session.getResponse(wanted))
  return useSyncExternalStore(subscribe, response, response) as ResponseState<T, D> | undefined
}
