import { vi } from 'vitest'
import type { Session } from '../../src/index.ts'

/** Returns a function that says how many follow the session's list. */
export function countFollowers(session: Session): () => number {
  let following = 0
  const { subscribe } = session
  vi.spyOn(session, 'subscribe').mockImplementation((listener) => {
    following++
    const stop = subscribe(listener)
    return () => {
      following--
      stop()
    }
  })
  return () => following
}
