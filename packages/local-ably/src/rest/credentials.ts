import type { Credentials } from '../auth/auth.ts'
import type { Request } from './http.ts'

/** The credentials of a request, from the Authorization header or else the query. */
export function credentialsOf(request: Request): Credentials {
  const { authorization, origin } = request.headers
  const [scheme, encoded] = (authorization ?? '').split(' ')
  const header = request.headers['x-ably-clientid']
  const clientId = typeof header === 'string' ? Buffer.from(header, 'base64').toString() : undefined
  if (encoded && scheme?.toLowerCase() === 'basic')
    return { key: Buffer.from(encoded, 'base64').toString(), clientId, origin }
  // A bearer token is base64 of the token, but some clients send a JWT unencoded.
  if (encoded && scheme?.toLowerCase() === 'bearer') {
    const token = encoded.includes('.') ? encoded : Buffer.from(encoded, 'base64').toString()
    return { token, clientId, origin }
  }
  const shown = queryCredentials(request.query)
  return { ...shown, clientId: clientId ?? shown.clientId, origin }
}

/** The credentials in a query. */
export const queryCredentials = (query: URLSearchParams): Credentials => ({
  key: query.get('key') ?? undefined,
  token: query.get('access_token') ?? query.get('accessToken') ?? undefined,
  clientId: query.get('clientId') ?? undefined,
})
