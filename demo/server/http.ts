import type { IncomingMessage, ServerResponse } from 'node:http'
import { hostOf } from './address.ts'
import { badRequest, messageOf, notFound, Problem, problemOf } from './problem.ts'

export interface Call {
  request: IncomingMessage
  response: ServerResponse
  url: URL
  params: Record<string, string>
}

/** Its result is sent as JSON. `undefined` sends 204, unless the handler has already written a response. */
export type Handler = (call: Call) => unknown

interface Route {
  method: string
  pattern: RegExp
  handler: Handler
}

/** Routes requests to JSON endpoints. */
export class Router {
  readonly #routes: Route[] = []
  readonly #proxies: number

  /** `proxies`: the number of your own proxies in front of the server. */
  constructor(proxies = 0) {
    this.#proxies = proxies
  }

  /** `path` may contain parameters: `/api/conversations/:id`. */
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

/** Sends an error to the browser. Errors of the server itself are logged, and sent without details. */
export function sendProblem(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  // The browser has gone.
  if (!response.socket || response.socket.destroyed) return
  const problem = problemOf(error)
  if (problem.status >= 500)
    console.error(`${request.method} ${encodeURI(request.url ?? '')}: ${messageOf(error)}`)
  if (response.headersSent) return void response.destroy()
  // The rest of the body is not waited for: nothing else can come on this connection.
  if (problem.status === 413) response.setHeader('connection', 'close')
  sendJson(response, problem.status, { error: { code: problem.code, message: problem.message } })
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(body))
}

/** The cookie is SameSite=Strict, but a page on another port of this host counts as the same site. */
function refuseOtherSites(request: IncomingMessage, proxies: number): void {
  const { origin } = request.headers
  const host = hostOf(request, proxies)
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host))
    throw new Problem('unable to accept a request from another site; open the demo at its own address', {
      status: 403,
      code: 'origin',
    })
}

/** The body of a request, of at most so many bytes. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const tooLarge = () =>
    new Problem(`unable to read the body; it is larger than ${limit} bytes`, {
      status: 413,
      code: 'too_large',
    })
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge()
  const chunks: Buffer[] = []
  let size = 0
  // Leaving the loop must not destroy the request: the response is still to be sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export async function readJson(
  request: IncomingMessage,
  limit = 64 * 1024,
): Promise<Record<string, unknown>> {
  const body = await readBody(request, limit)
  if (body.length === 0) return {}
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch {
    // Reported below.
  }
  throw badRequest('unable to read the body; send a JSON object')
}
