import type { Duplex } from 'node:stream'
import { Transform } from 'node:stream'

interface Line {
  sockets: Set<Duplex>
  /** When the network comes back, in milliseconds since the epoch. */
  downUntil: number
  /** The delay of each packet, in milliseconds. */
  delay: number
  seenAt: number
}

/** The simulated network of each browser tab. A tab sends its name in the query of its connection's URL. */
export class Lines {
  readonly #lines = new Map<string, Line>()

  /** Cuts the tab's connections and refuses new ones for `milliseconds`. */
  drop(tab: string, milliseconds: number): number {
    const line = this.#line(tab)
    line.downUntil = Date.now() + milliseconds
    for (const socket of line.sockets) socket.destroy()
    return line.downUntil
  }

  slow(tab: string, delay: number): void {
    this.#line(tab).delay = delay
  }

  isDown(tab: string): boolean {
    return Date.now() < (this.#lines.get(tab)?.downUntil ?? 0)
  }

  /** Connects the browser to the server through the tab's network, and through `inbound`, which limits the browser's rate. */
  connect(
    tab: string,
    { browser, server, inbound }: { browser: Duplex; server: Duplex; inbound: Duplex },
  ): void {
    const line = this.#line(tab)
    line.sockets.add(browser)
    const close = () => {
      line.sockets.delete(browser)
      browser.destroy()
      server.destroy()
    }
    for (const end of [browser, server]) end.on('close', close).on('error', close)
    browser.pipe(slowed(line)).pipe(inbound).pipe(server)
    server.pipe(slowed(line)).pipe(browser)
  }

  #line(tab: string): Line {
    const now = Date.now()
    if (this.#lines.size > 1000)
      for (const [key, line] of this.#lines)
        if (line.sockets.size === 0 && now - line.seenAt > 60_000) this.#lines.delete(key)
    let line = this.#lines.get(tab)
    if (!line) this.#lines.set(tab, (line = { sockets: new Set(), downUntil: 0, delay: 0, seenAt: now }))
    line.seenAt = now
    return line
  }
}

function slowed(line: Line): Transform {
  return new Transform({
    transform(chunk, _encoding, done) {
      if (line.delay === 0) done(null, chunk)
      else setTimeout(() => done(null, chunk), line.delay)
    },
  })
}
