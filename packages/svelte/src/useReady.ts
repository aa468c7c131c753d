import { useProvided } from './provider.ts'

/**
 * `{#await useReady()}`: resolves when the session is hydrated and live for the first time, or has failed: see its
 * `status` and `error`. Resolves at once on a server.
 */
export function useReady(): Promise<unknown> {
  const { ready } = useProvided().session()
  return Promise.allSettled([typeof window !== 'undefined' && ready])
}
