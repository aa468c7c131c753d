import type { Message, RealtimeClient } from 'ably'
import type { LastMessage } from '../publish/lastMessage.ts'
import { ownId } from '../publish/ownId.ts'

/** The arguments of `fetch`. */
export interface RestRequest {
  readonly url: string
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: string
}

/** The SDK's private connection settings; its public API for them is asynchronous only. */
interface Inside {
  baseUri?(host: string): string
  options?: { primaryDomain?: string; clientId?: string | null }
  auth: { method?: string; key?: string; tokenDetails?: { token: string } | null }
  connection: { connectionManager?: { host?: string | null } }
}

const UPDATE = 1
/** Ably protocol version; message operations need it. */
const VERSION = '6'

/** A message as a request to Ably's REST API, with the client's key or newest token; `undefined` without one. */
export function restRequest(
  client: RealtimeClient,
  channelName: string,
  message: LastMessage,
): RestRequest | undefined {
  const { auth, options, connection, baseUri } = client as unknown as Inside
  const host = connection.connectionManager?.host ?? options?.primaryDomain
  const secret = auth.tokenDetails?.token ?? auth.key
  if (!baseUri || !host || secret === undefined) return undefined
  const { serial, metadata, ...said } = message
  const path = `/channels/${encodeURIComponent(channelName)}/messages`
  const clientId = ownId(client)
  return {
    url: baseUri.call(client, host) + path + (serial ? `/${encodeURIComponent(serial)}` : ''),
    method: serial ? 'PATCH' : 'POST',
    headers: {
      authorization: `${secret === auth.key ? 'Basic' : 'Bearer'} ${base64(secret)}`,
      'content-type': 'application/json',
      'x-ably-version': VERSION,
      ...(clientId !== undefined && { 'x-ably-clientid': base64(clientId) }),
    },
    body: JSON.stringify(serial ? { ...wire(said), action: UPDATE, version: { metadata } } : wire(said)),
  }
}

/** Objects travel as JSON text with an encoding that says so. */
function wire(message: Message): Message {
  if (typeof message.data !== 'object' || message.data === null) return message
  return { ...message, data: JSON.stringify(message.data), encoding: 'json' }
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
