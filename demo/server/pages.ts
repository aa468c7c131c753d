import { createReadStream, existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, normalize, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Compressed, encodingFor } from './compression.ts'
import { Problem } from './problem.ts'

export const fronts = ['react', 'vue', 'script'] as const

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
  '.woff2': 'font/woff2',
  '.map': 'application/json',
}

/** Serves the built pages. Every conversation has its own address: /react/<conversation>. */
export class Pages {
  readonly #folder: string
  readonly #csp: string
  readonly #compressed = new Compressed()

  /** `connect`: further origins that pages may connect to, such as Ably's. */
  constructor(folder: string, connect: string[]) {
    if (!existsSync(join(folder, 'react', 'index.html')))
      throw new Problem(
        'unable to find the built pages; start the demo with `npx -y pnpm@12 demo`, which builds them',
      )
    this.#folder = folder
    // Model text is untrusted: even if a script got past the sanitizer, the browser would not run it.
    this.#csp = [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      // blob: previews of files that a person is about to send.
      "img-src 'self' data: blob:",
      "font-src 'self'",
      `connect-src 'self' ${connect.join(' ')}`.trim(),
      "frame-src 'self'",
      "frame-ancestors 'self'",
      "base-uri 'none'",
      "form-action 'none'",
    ].join('; ')
  }

  async handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405)
    const [, front = ''] = url.pathname.split('/')
    if (url.pathname === '/') return redirect(response, `/react/${url.search}`)
    if (fronts.some((name) => name === front)) {
      if (url.pathname === `/${front}`) return redirect(response, `/${front}/${url.search}`)
      return this.#send(request, response, join(front, 'index.html'))
    }
    const path = normalize(decode(url.pathname))
    if (path.includes(`..${sep}`) || path.includes('\0')) return end(response, 404)
    return this.#send(request, response, path)
  }

  async #send(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const file = join(this.#folder, path)
    const info = await stat(file).catch(() => undefined)
    if (!info?.isFile()) return end(response, 404)
    const type = types[extname(file)] ?? 'application/octet-stream'
    // Weak: the same for each encoding.
    const etag = `W/"${info.size.toString(36)}-${Math.trunc(info.mtimeMs).toString(36)}"`
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304, { etag }).end()
    const encoding = encodingFor(request.headers['accept-encoding'], type)
    const body = encoding && (await this.#compressed.get(file, info.mtimeMs, encoding, () => readFile(file)))
    response.writeHead(200, {
      'content-type': type,
      'content-length': body?.length ?? info.size,
      etag,
      ...(encoding && { 'content-encoding': encoding }),
      vary: 'accept-encoding',
      // The names of assets contain a hash.
      'cache-control': path.includes('assets') ? 'public, max-age=31536000, immutable' : 'no-cache',
      'content-security-policy': this.#csp,
      'permissions-policy': 'geolocation=(self), camera=(), microphone=()',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    })
    if (request.method === 'HEAD' || body) response.end(request.method === 'HEAD' ? undefined : body)
    // The browser may leave before the file is sent.
    else await pipeline(createReadStream(file), response).catch(() => {})
  }
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return '/'
  }
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location }).end()
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(status === 404 ? 'not found' : '')
}
