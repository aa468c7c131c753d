import type { IncomingMessage, ServerResponse } from 'node:http'
import { hostOf } from './address.ts'
import { badRequest, messageOf, notFound, Problem, problemOf } from './problem.ts'

export interface Call {
  request: IncomingMessage
  response: ServerResponse
  url: URL
  params: Record<string, string>
}

/** What a handler returns is sent as JSON; `undefined` means it has answered by itself, or there is nothing to say. */
export type Handler = (call: Call) => unknown

interface Route {
  method: string
  pattern: RegExp
  handler: Handler
}

/** The JSON endpoints. */
export class Router {
  readonly #routes: Route[] = []
  readonly #proxies: number

  /** `proxies`: how many of our own are in front of us. */
  constructor(proxies = 0) {
    this.#proxies = proxies
  }

  /** `path` may hold names: `/api/conversations/:id`. */
  on(method: string, path: string, handler: Handler): this {
    const pattern = new RegExp(`^${path.replace(/:(\w+)/g, '(?<$1>[\\w-]{1,64})')}$`)
    this.#routes.push({ method, pattern, handler })
    return this
  }

  async handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    response.setHeader('cache-control', 'no-store')
    try {
      const matching = this.#routes.filter((route) => route.pattern.test(url.pathname))
      const route = matching.find(({ method }) => method === request.method)
      if (!route) {
        if (matching.length === 0) throw notFound('address')
        throw new Problem(`unable to ${request.method} this address; use ${matching[0]!.method}`, {
          status: 405,
          code: 'method',
        })
      }
      if (request.method !== 'GET') refuseOtherSites(request, this.#proxies)
      const params = { ...route.pattern.exec(url.pathname)?.groups }
      const result = await route.handler({ request, response, url, params })
      if (result !== undefined) sendJson(response, 200, result)
      else if (!response.headersSent) response.writeHead(204).end()
    } catch (error) {
      sendProblem(request, response, error)
    }
  }
}

/** Answers with what went wrong. What only the server's operator can mend goes to the terminal, not to the browser. */
export function sendProblem(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  // A browser that leaves in the middle of its request waits for no answer.
  if (!response.socket || response.socket.destroyed) return
  const problem = problemOf(error)
  if (problem.status >= 500)
    console.error(`${request.method} ${encodeURI(request.url ?? '')}: ${messageOf(error)}`)
  if (response.headersSent) response.destroy()
  else sendJson(response, problem.status, { error: { code: problem.code, message: problem.message } })
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(body))
}

/** The cookie is SameSite=Strict already; this also stops a page on another port of this host. */
function refuseOtherSites(request: IncomingMessage, proxies: number): void {
  const { origin } = request.headers
  const host = hostOf(request, proxies)
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host))
    throw new Problem('unable to take a request from another site', { status: 403, code: 'origin' })
}

export async function readJson(
  request: IncomingMessage,
  limit = 64 * 1024,
): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  let size = 0
  // Left early, the request stays open for the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw new Problem('unable to read so large a body', { status: 413, code: 'too_large' })
    chunks.push(chunk)
  }
  if (size === 0) return {}
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw badRequest('unable to read the body; send a JSON object')
}
