import type { Wake } from '../protocol/wake.ts'
import { RejoinError } from '../types/errors.ts'
import type { WakeAgent } from './waker.ts'

/** Statuses that another attempt may change, beside those from 500. */
const PASSING = new Set([408, 409, 425, 429])

/**
 * For `createSession({ wake: fetchWake('/api/chat') })`: posts each wake as JSON, for a route such as `promptRoute` of
 * `@rejoin/agent`. A failed request, and a status that may pass (408, 409, 425, 429, 500 and above), are tried again.
 * @param init what `fetch` takes beside, such as `headers` with a token; or a function that makes it for each request.
 */
export function fetchWake(
  url: string | URL,
  init: RequestInit | ((wake: Wake) => RequestInit | Promise<RequestInit>) = {},
): WakeAgent {
  return async (wake) => {
    const request = typeof init === 'function' ? await init(wake) : init
    const headers = new Headers(request.headers)
    headers.set('content-type', 'application/json')
    const body = JSON.stringify(wake)
    // Goes on when the page is left.
    const { ok, status } = await fetch(url, { method: 'POST', keepalive: true, ...request, headers, body })
    if (ok) return
    const passes = status >= 500 || PASSING.has(status)
    const refused = status === 401 || status === 403 ? 'not_allowed' : 'invalid_argument'
    throw new RejoinError(
      passes ? 'wake_failed' : refused,
      `unable to wake an agent; ${String(url)} answered ${status}. Compare the address and \`init\` of fetchWake with the route`,
    )
  }
}
