import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { Slots } from '../common/slots.ts'
import { Flow } from './flow.ts'
import type { Limits } from './limits.ts'
import type { Lines } from './lines.ts'

interface Options {
  /** The embedded Ably server's address; `undefined` while it restarts. */
  target(): { host: string; port: number } | undefined
  lines: Lines
  limits: Limits
  /** The key that limits count against: the token's client, or the request's address. */
  personOf(request: IncomingMessage, token: string | undefined): string
}

const paths = /^\/(channels|keys|presence|push|stats|time)(\/|$)/

/** Limits per person. A browser has one connection per tab, and sends little but prompts. */
const connectionsEach = 30
const requestsPerMinute = 600
const bytes = { rate: 128 * 1024, burst: 2 * 1024 * 1024 }

/**
 * Passes browsers' connections on to the embedded Ably server. One URL is then enough, also behind a tunnel; faults can
 * break the network of a single tab; and no person can fill the server's memory. The Ably service needs no gateway: it
 * has its own limits.
 */
export class Gateway {
  readonly #options: Options
  readonly #connections = new Slots(connectionsEach)
  readonly #flow = new Flow(bytes)

  constructor(options: Options) {
    this.#options = options
  }

  /** Whether the request is for the Ably server. */
  takes(url: URL): boolean {
    return paths.test(url.pathname)
  }

  /** Passes a WebSocket on. */
  upgrade(request: IncomingMessage, browser: Duplex, head: Buffer, url: URL): void {
    const { target, lines, personOf } = this.#options
    const tab = url.searchParams.get('tab') ?? ''
    const at = target()
    // Ably clients connect to the root path only.
    if (!at || url.pathname !== '/' || lines.isDown(tab)) {
      browser.destroy()
      return
    }
    const person = personOf(request, url.searchParams.get('access_token') ?? undefined)
    const leave = this.#connections.take(person)
    if (!leave) {
      browser.end('HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\n\r\n', () => browser.destroy())
      return
    }
    const server = connect(at.port, at.host, () => {
      if (browser.destroyed) return server.destroy()
      server.write(headOf(request))
      if (head.length > 0) server.write(head)
      lines.connect(tab, { browser, server, inbound: this.#flow.through(person) })
    })
    server.on('error', () => browser.destroy())
    browser.on('close', () => {
      leave()
      server.destroy()
    })
  }

  /** Passes a REST request on. Rejects when the request is not valid HTTP. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { target, limits, personOf } = this.#options
    const at = target()
    if (!at) {
      response.writeHead(503).end()
      return
    }
    const person = personOf(request, bearerOf(request))
    limits.take(`ably ${person}`, requestsPerMinute)
    const { cookie: _, ...headers } = request.headers
    const forwarded = httpRequest(
      { host: at.host, port: at.port, path: request.url, method: request.method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    forwarded.on('error', () => {
      if (response.headersSent) response.destroy()
      else response.writeHead(502).end()
    })
    response.on('close', () => forwarded.destroy())
    request.pipe(this.#flow.through(person)).pipe(forwarded)
  }
}

/** The head of the request, without the demo's session cookie. */
function headOf({ url, rawHeaders }: IncomingMessage): string {
  const lines = rawHeaders.flatMap((name, at, all) => (at % 2 ? [] : [`${name}: ${all[at + 1]}`]))
  const kept = lines.filter((line) => !/^cookie:/i.test(line))
  return `GET ${url} HTTP/1.1\r\n${kept.join('\r\n')}\r\n\r\n`
}

/** The request's bearer token; Ably's SDKs encode it in base64. */
function bearerOf({ headers }: IncomingMessage): string | undefined {
  const encoded = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
  return encoded && Buffer.from(encoded, 'base64').toString()
}
