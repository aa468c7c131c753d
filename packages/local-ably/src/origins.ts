import { isIP } from 'node:net'

/**
 * Decides which web pages may read the server's state, break it, or use the default key, which everybody knows. Pages of
 * this machine and of private networks may; others must be listed.
 */
export class Origins {
  readonly #listed: ReadonlySet<string>
  readonly #hosts: ReadonlySet<string>

  /** `listed`: more origins that may, such as `https://app.example`; `'null'` is for pages opened from a file. */
  constructor(listed: readonly string[]) {
    this.#listed = new Set(listed)
    this.#hosts = new Set(listed.map((origin) => hostOf(origin) ?? ''))
  }

  /** Whether a page of this origin may. Requests without an origin do not come from other sites' pages. */
  allows(origin: string | undefined): boolean {
    if (origin === undefined || this.#listed.has(origin)) return true
    const host = hostOf(origin)
    return host !== undefined && isLocal(host)
  }

  /**
   * Whether a request with this `Host` is meant for this server. A site can let its own name resolve to this machine; its
   * pages then have the same origin as the server. Such a name is a public one.
   */
  knowsHost(host: string | undefined): boolean {
    if (host === undefined || host === '') return true
    const name = hostOf(`http://${host}`)
    return name !== undefined && (isIP(bareAddress(name)) > 0 || isLocal(name) || this.#hosts.has(name))
  }
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).hostname
  } catch {
    return undefined
  }
}

const bareAddress = (host: string): string => host.replace(/^\[|\]$/g, '')

/** Names that public DNS does not serve, and addresses of private networks. */
function isLocal(host: string): boolean {
  const bare = bareAddress(host)
  if (isIP(bare) === 4) return /^(0|127|10|192\.168|172\.(1[6-9]|2\d|3[01])|169\.254)\./.test(bare)
  if (isIP(bare) === 6) return bare === '::1' || /^(f[cd]|fe[89ab])/i.test(bare)
  return !bare.includes('.') || /\.(localhost|local|internal|test)$/.test(bare)
}
