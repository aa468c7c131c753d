import { notFound } from '../wire/errors.ts'
import type { Reply, Request } from './http.ts'

export type Params = Record<string, string>
export type Route = [
  method: string,
  pattern: string,
  handle: (request: Request, params: Params) => Reply | Promise<Reply>,
]

/** Calls the handler of the first matching route. Segments that start with `:` become params, decoded. */
export function route(routes: readonly Route[], request: Request): Reply | Promise<Reply> {
  const segments = request.path.split('/').slice(1)
  for (const [method, pattern, handle] of routes) {
    const params = matchPath(pattern.split('/').slice(1), segments)
    if (params && method === request.method) return handle(request, params)
  }
  throw notFound(`unable to ${request.method} ${request.path}; there is no such path`)
}

function matchPath(pattern: string[], segments: string[]): Params | undefined {
  if (pattern.length !== segments.length) return undefined
  const params: Params = {}
  for (const [i, part] of pattern.entries()) {
    const segment = segments[i]!
    if (!part.startsWith(':')) {
      if (part !== segment) return undefined
      continue
    }
    try {
      params[part.slice(1)] = decodeURIComponent(segment)
    } catch {
      return undefined
    }
  }
  return params
}
