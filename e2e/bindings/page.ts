import type { Framework } from '../../packages/core/test/bindings/host.ts'
import { Host, page } from '../../packages/core/test/bindings/host.ts'

declare global {
  interface Window {
    host: Host
  }
}

/** Makes this page one that scenarios can drive; the address says where the server is. */
export function open(framework: Framework): void {
  const { key, endpoint, port } = Object.fromEntries(new URLSearchParams(location.search))
  window.host = page.host = new Host(framework, { key, endpoint, port: Number(port), tls: false })
}
