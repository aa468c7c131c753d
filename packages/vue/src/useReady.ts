import { useHandle } from './provider.ts'

/**
 * `await useReady()` in an async setup: resolves when the session is hydrated and live for the first time, so that
 * `<Suspense>` shows its fallback instead of an empty conversation. Resolves at once on a server, and also when the
 * session fails: see its `status` and `error`.
 */
export function useReady(): Promise<unknown> {
  const { ready } = useHandle()()
  return Promise.allSettled([typeof window !== 'undefined' && ready])
}
