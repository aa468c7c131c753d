import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Log } from '../log.ts'
import type { Origins } from '../origins.ts'
import { readTarget } from '../requestTarget.ts'
import { encodeValue, type Format } from '../wire/codec.ts'
import { AblyError, asAblyError, badRequest } from '../wire/errors.ts'
import { decodeBody } from './body.ts'
import { allowOrigin, checkOrigin } from './cors.ts'

/** A request as handlers see it. */
export interface Request {
  method: string
  /** The path, still encoded. */
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: unknown
  /** The `Host` header: this server's address as the client knows it. */
  host: string
}

/** An answer. With a `type`, the body is sent as it is; otherwise it is encoded in the client's format. */
export interface Reply {
  status: number
  body?: unknown
  type?: string
  headers?: Record<string, string>
  /** Writes the answer over time, instead of `body`. */
  stream?: (response: ServerResponse) => void
}

export type Handler = (request: Request) => Reply | Promise<Reply>

export interface ExchangeOptions {
  /** The most bytes of a request body. */
  maxSize: number
  origins: Origins
  log: Log
  answer: Handler
}

const contentTypes: Record<Format, string> = { json: 'application/json', msgpack: 'application/x-msgpack' }

/** Reads a request, calls the handler, and answers in the format and envelope that the client asked for. */
export async function exchange(
  incoming: IncomingMessage,
  response: ServerResponse,
  options: ExchangeOptions,
): Promise<void> {
  const { path, query } = readTarget(incoming.url)
  let reply: Reply
  try {
    checkOrigin(incoming, path, options.origins)
    allowOrigin(incoming, response)
    reply = incoming.method === 'OPTIONS' ? { status: 204 } : await replyTo(incoming, path, query, options)
  } catch (error) {
    if (!(error instanceof AblyError)) options.log.writeError(`${incoming.method} ${path}`, error)
    reply = errorReply(asAblyError(error))
  }
  if (response.headersSent || response.destroyed) return
  // A response without a socket waits behind another, and never learns that the client has gone.
  if (reply.stream && !response.socket)
    reply = errorReply(
      badRequest('unable to stream; an earlier request on this connection is not answered yet'),
    )
  if (reply.stream) reply.stream(response)
  else if (reply.type) send(response, reply.status, reply.body as string | Buffer, reply.type, reply.headers)
  else sendValue(response, reply, formatOf(incoming, query, reply), query.get('envelope'))
}

async function replyTo(
  incoming: IncomingMessage,
  path: string,
  query: URLSearchParams,
  { maxSize, answer }: ExchangeOptions,
): Promise<Reply> {
  return answer({
    method: incoming.method ?? 'GET',
    path,
    query,
    headers: incoming.headers,
    body: decodeBody(await collect(incoming, maxSize), incoming.headers['content-type']),
    host: incoming.headers.host ?? '',
  })
}

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

// SDKs decode a success in their own configured format, whatever the content type, so `Accept` decides.
// SDKs in browsers read errors in JSON only.
function formatOf(incoming: IncomingMessage, query: URLSearchParams, reply: Reply): Format {
  if (reply.status >= 400 && incoming.headers.origin !== undefined) return 'json'
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
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > limit)
        throw new AblyError(40009, 413, `unable to read the request; it exceeds ${limit} bytes`)
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof AblyError
      ? error
      : badRequest('unable to read the request; its body ends too soon')
  }
  return Buffer.concat(chunks)
}
