import type { IncomingMessage, ServerResponse } from 'node:http'
import { decodeValue, encodeValue, isRecord, type Format } from '../wire/codec.ts'
import { AblyError, asAblyError, badRequest } from '../wire/errors.ts'

/** A request, as handlers see it. */
export interface Request {
  method: string
  /** The path as it came, still encoded. */
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: unknown
  /** The secure origin the client sees, such as `http://127.0.0.1:8080`. */
  host: string
}

/** An answer. A string or bytes go out as they are, with the type given; anything else in the client's format. */
export interface Reply {
  status: number
  body?: unknown
  type?: string
  headers?: Record<string, string>
}

export type Handler = (request: Request) => Reply | Promise<Reply>

const contentTypes: Record<Format, string> = { json: 'application/json', msgpack: 'application/x-msgpack' }

/** Reads a request, has it handled, and answers in the format and envelope that the client wants. */
export async function exchange(
  incoming: IncomingMessage,
  response: ServerResponse,
  maxBody: number,
  handle: Handler,
): Promise<void> {
  allowOrigin(incoming, response)
  if (incoming.method === 'OPTIONS') {
    response.writeHead(204).end()
    return
  }
  const url = new URL(incoming.url ?? '/', 'http://local')
  const format = wantedFormat(incoming, url.searchParams)
  let reply: Reply
  try {
    const body = readBody(await collect(incoming, maxBody), incoming.headers['content-type'])
    reply = await handle({
      method: incoming.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      body,
      host: incoming.headers.host ?? '',
    })
  } catch (error) {
    reply = errorReply(asAblyError(error))
  }
  if (response.headersSent || response.destroyed) return
  if (reply.type) send(response, reply.status, reply.body as string | Buffer, reply.type, reply.headers)
  else sendValue(response, reply, errorFormat(incoming, reply, format), url.searchParams.get('envelope'))
}

// SDKs in browsers read errors in JSON only.
const errorFormat = (incoming: IncomingMessage, reply: Reply, format: Format): Format =>
  reply.status >= 400 && incoming.headers.origin !== undefined ? 'json' : format

export function errorReply(error: AblyError): Reply {
  return {
    status: error.statusCode,
    body: { error: error.toWire() },
    headers: {
      'X-Ably-Errorcode': String(error.code),
      'X-Ably-Errormessage': error.message.replaceAll(/[^\x20-\x7e]+/g, ' '),
    },
  }
}

function sendValue(response: ServerResponse, reply: Reply, format: Format, envelope: string | null): void {
  const { status, body, headers } = reply
  if (envelope === 'json' || envelope === 'msgpack') {
    const wrapped = { statusCode: status, response: body ?? null, headers: headers ?? {} }
    send(response, 200, encodeValue(wrapped, envelope), contentTypes[envelope], headers)
  } else if (body === undefined) {
    response.writeHead(status, headers).end()
  } else {
    send(response, status, encodeValue(body, format), contentTypes[format], headers)
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  type: string,
  headers: Record<string, string> | undefined,
): void {
  const length = Buffer.byteLength(body)
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': length, ...headers }).end(body)
}

// SDKs decode a success in the format of their own options, whatever we say it is: what they accept decides.
function wantedFormat(incoming: IncomingMessage, query: URLSearchParams): Format {
  const asked = query.get('format')
  if (asked === 'msgpack' || asked === 'json') return asked
  const accept = incoming.headers.accept ?? ''
  const msgpack = accept.indexOf('application/x-msgpack')
  const json = accept.indexOf('application/json')
  return msgpack >= 0 && (json < 0 || msgpack < json) ? 'msgpack' : 'json'
}

async function collect(incoming: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw new AblyError(40009, 413, `unable to read the request; it exceeds ${limit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function readBody(bytes: Buffer, type = ''): unknown {
  if (bytes.length === 0) return undefined
  if (type.includes('x-msgpack')) return decodeValue(bytes, 'msgpack')
  if (type.includes('x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(bytes.toString()))
  return decodeValue(bytes, 'json')
}

// Credentials travel with browser requests, so the origin is named: `*` would not do.
function allowOrigin(incoming: IncomingMessage, response: ServerResponse): void {
  const { origin } = incoming.headers
  if (!origin) return
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

/** A body that must be an object. */
export function objectBody(request: Request): Record<string, unknown> {
  if (isRecord(request.body)) return request.body
  throw badRequest('unable to read the request; its body must be an object')
}

/** A body that is a list, or one item that stands for a list of one. */
export function listBody(request: Request): unknown[] {
  if (Array.isArray(request.body)) return request.body
  if (isRecord(request.body)) return [request.body]
  throw badRequest('unable to read the request; its body must be a list or an object')
}
