import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { Slots } from '../common/slots.ts'
import { Flow } from './flow.ts'
import type { Limits } from './limits.ts'
import type { Lines } from './lines.ts'

interface Options {
  /** Where the embedded Ably server listens now; `undefined` while it restarts. */
  target(): { host: string; port: number } | undefined
  lines: Lines
  limits: Limits
  /** Whom to count a request against: the client of its token, or its address. */
  personOf(request: IncomingMessage, token: string | undefined): string
}

const paths = /^\/(channels|keys|presence|push|stats|time)(\/|$)/

/** Per person. A browser has one connection for each tab, and sends little but prompts. */
const connectionsEach = 30
const requestsPerMinute = 600
const bytes = { rate: 128 * 1024, burst: 2 * 1024 * 1024 }

/**
 * Lets browsers reach the embedded Ably server through the demo's own address, so that one URL is enough, also
 * behind a tunnel, and so that the network of one tab can be broken. It also keeps one person from filling the
 * server's memory. The Ably service needs none of this: it has limits of its own.
 */
export class Gateway {
  readonly #options: Options
  readonly #connections = new Slots(connectionsEach)
  readonly #flow = new Flow(bytes)

  constructor(options: Options) {
    this.#options = options
  }

  /** Whether a request is Ably's rather than the demo's. */
  takes(url: URL): boolean {
    return paths.test(url.pathname)
  }

  /** WebSockets. */
  upgrade(request: IncomingMessage, browser: Duplex, head: Buffer, url: URL): void {
    const { target, lines, personOf } = this.#options
    const tab = url.searchParams.get('tab') ?? ''
    const at = target()
    // Ably's clients connect to the root; nothing else is passed on.
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

  /** REST: history and tokens. Rejects when the request cannot be passed on as it is. */
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

/** The request as it came, without the session cookie, which is the demo's business. */
function headOf({ url, rawHeaders }: IncomingMessage): string {
  const lines = rawHeaders.flatMap((name, at, all) => (at % 2 ? [] : [`${name}: ${all[at + 1]}`]))
  const kept = lines.filter((line) => !/^cookie:/i.test(line))
  return `GET ${url} HTTP/1.1\r\n${kept.join('\r\n')}\r\n\r\n`
}

/** Ably's SDKs send tokens in base64. */
function bearerOf({ headers }: IncomingMessage): string | undefined {
  const encoded = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
  return encoded && Buffer.from(encoded, 'base64').toString()
}
