'use client'
import type { Session } from '@rejoin/core'
import { useEffect, useState } from 'react'

/**
 * A session that lives as long as the component shows `key`: `undefined` on a server and before its creation, closed
 * when the component leaves or `key` changes. StrictMode makes one, closes it and makes another.
 *
 * `create` is called after render, once per `key`; changes of other values that it reads have no effect.
 */
export function useCreateSession<S extends Pick<Session, 'close'>>(
  key: string,
  create: (key: string) => S,
): S | undefined {
  const [made, setMade] = useState<{ key: string; session: S }>()
  useEffect(() => {
    const session = create(key)
    setMade({ key, session })
    return () => session.close()
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [key])
  // While another key's session is being created, do not show the previous one.
  return made?.key === key ? made.session : undefined
}
