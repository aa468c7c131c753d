import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Lines } from './lines.ts'

/** Where the embedded Ably server listens now; `undefined` while it restarts. */
export type Target = () => { host: string; port: number } | undefined

const paths = /^\/(channels|keys|presence|push|stats|time)(\/|$)/

/**
 * Lets browsers reach the embedded Ably server through the demo's own address, so that one URL is enough, also
 * behind a tunnel, and so that the network of one tab can be broken. The Ably service needs none of this.
 */
export class Gateway {
  readonly #target: Target
  readonly #lines: Lines

  constructor(target: Target, lines: Lines) {
    this.#target = target
    this.#lines = lines
  }

  /** Whether a request is Ably's rather than the demo's. */
  takes(url: URL): boolean {
    return paths.test(url.pathname)
  }

  /** WebSockets. */
  upgrade(request: IncomingMessage, browser: Duplex, head: Buffer, url: URL): void {
    const tab = url.searchParams.get('tab') ?? ''
    const target = this.#target()
    // Ably's clients connect to the root; nothing else is passed on.
    if (!target || url.pathname !== '/' || this.#lines.isDown(tab)) {
      browser.destroy()
      return
    }
    const server = connect(target.port, target.host, () => {
      if (browser.destroyed) return server.destroy()
      const headers = request.rawHeaders.flatMap((name, at, all) =>
        at % 2 ? [] : [`${name}: ${all[at + 1]}`],
      )
      // The session cookie is the demo's business.
      const kept = headers.filter((line) => !/^cookie:/i.test(line))
      server.write(`GET ${request.url} HTTP/1.1\r\n${kept.join('\r\n')}\r\n\r\n`)
      if (head.length > 0) server.write(head)
      this.#lines.connect(tab, browser, server)
    })
    server.on('error', () => browser.destroy())
    browser.on('close', () => server.destroy())
  }

  /** REST: history and tokens. Rejects when the request cannot be passed on as it is. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = this.#target()
    if (!target) {
      response.writeHead(503).end()
      return
    }
    const { cookie: _, ...headers } = request.headers
    const forwarded = httpRequest(
      { host: target.host, port: target.port, path: request.url, method: request.method, headers },
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
    request.pipe(forwarded)
  }
}
