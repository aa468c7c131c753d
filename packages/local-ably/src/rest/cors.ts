import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Origins } from '../origins.ts'
import { AblyError } from '../wire/errors.ts'

/** Paths that read or change the whole server without credentials. */
const control = /^\/(status|events|apps|faults)(\/|$)/

/** Refuses control requests from foreign pages that run in the developer's browser. */
export function checkOrigin(incoming: IncomingMessage, path: string, origins: Origins): void {
  if (!control.test(path)) return
  const { origin, host } = incoming.headers
  const stranger = origins.allows(origin)
    ? origins.knowsHost(host)
      ? undefined
      : `host ${host}`
    : `origin ${origin}`
  if (stranger === undefined) return
  throw new AblyError(
    40300,
    403,
    `unable to use ${path} from ${stranger}; list it in the server's option "origins" if it is yours`,
  )
}

/** Lets a page of another origin read the answer. Requests carry credentials, so `*` is not allowed. */
export function allowOrigin(incoming: IncomingMessage, response: ServerResponse): void {
  const { origin } = incoming.headers
  if (origin === undefined) return
  response.setHeader('Access-Control-Allow-Origin', origin)
  response.setHeader('Access-Control-Allow-Credentials', 'true')
  response.setHeader('Access-Control-Allow-Methods', 'GET,POST,PUT,PATCH,DELETE,OPTIONS')
  response.setHeader(
    'Access-Control-Allow-Headers',
    incoming.headers['access-control-request-headers'] ??
      'authorization,content-type,accept,x-ably-version,ably-agent,x-ably-clientid,x-ably-lib',
  )
  response.setHeader('Access-Control-Expose-Headers', 'Link,X-Ably-Errorcode,X-Ably-Errormessage')
  response.setHeader('Access-Control-Max-Age', '600')
  response.setHeader('Vary', 'Origin')
}
