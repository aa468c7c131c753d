'use client'
import type { ResponseState, SessionState } from '@rejoin/core'
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import { useHandle } from './provider.ts'
import { useSnapshot } from './useSnapshot.ts'

const noId = () => undefined
const newest = ({ messages }: SessionState) => messages.findLast((m) => m.role === 'assistant')?.id

/**
 * One response; `undefined` until any of it is known. Renders at most once per frame,
 * and only for this response. Without an id: the newest response of the conversation.
 *
 * With a `selector`, renders only when what it returns changes: `useResponse(id, (r) => r.status)`. It is called
 * with a response, never with `undefined`.
 */
export function useResponse<S = ResponseState>(
  id?: string,
  selector?: (response: ResponseState) => S,
): S | undefined {
  const session = useHandle()
  const isNewest = id === undefined
  const newestId = useSnapshot<string | undefined>(isNewest ? newest : noId, isNewest)
  // No response has the id ''.
  const wanted = id ?? newestId ?? ''
  const subscribe = useCallback(
    (listener: () => void) => session.subscribeResponse(wanted, listener),
    [session, wanted],
  )
  const [get, getFirst] = useMemo(
    () => [
      selecting(() => session.getResponse(wanted), selector),
      selecting(() => session.initial.getResponse(wanted), selector),
    ],
    [session, wanted, selector],
  )
  return useSyncExternalStore(subscribe, get, getFirst)
}

/** A selector that creates objects must return the same object for the same response. */
function selecting<S>(
  get: () => ResponseState | undefined,
  selector: ((response: ResponseState) => S) | undefined,
): () => S | undefined {
  let last: ResponseState | undefined
  let selected: S | undefined
  return () => {
    const response = get()
    if (response !== last) selected = response && selector ? selector(response) : (response as S)
    last = response
    return selected
  }
}
