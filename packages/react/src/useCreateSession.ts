'use client'
import { createSession } from '@rejoin/core'
import type { Row, Session } from '@rejoin/core'
import { useEffect, useMemo, useState } from 'react'

/**
 * A session that lives as long as the component shows `key`: `undefined` on a server and before its creation, closed
 * when the component leaves or `key` changes. StrictMode makes one, closes it and makes another.
 *
 * `create` is called after render, once per `key`; changes of other values that it reads have no effect.
 *
 * With `initialRows`, a session without a client shows them on a server and until then: pass them to `createSession`,
 * too.
 */
export function useCreateSession<S extends Pick<Session, 'close'>>(
  key: string,
  create: (key: string) => S,
  initialRows: readonly Row[],
): S | Session
export function useCreateSession<S extends Pick<Session, 'close'>>(
  key: string,
  create: (key: string) => S,
): S | undefined
export function useCreateSession<S extends Pick<Session, 'close'>>(
  key: string,
  create: (key: string) => S,
  initialRows?: readonly Row[],
): S | Session | undefined {
  const first = useMemo(
    () => initialRows && createSession({ channelName: key, initialRows }),
    // Rows are made anew with each render of a server component.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [key],
  )
  const [made, setMade] = useState<{ key: string; session: S }>()
  useEffect(() => {
    const session = create(key)
    setMade({ key, session })
    return () => session.close()
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [key])
  // While another key's session is being created, do not show the previous one.
  return made?.key === key ? made.session : first
}
