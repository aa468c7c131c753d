/** Ports of the servers in this process. Code that would block on a reply from its own process checks them. */
const PORTS = Symbol.for('local-ably.ports')

const ports: Set<number> = ((globalThis as { [PORTS]?: Set<number> })[PORTS] ??= new Set())

export function opened(port: number): void {
  ports.add(port)
}

export function closed(port: number): void {
  ports.delete(port)
}
