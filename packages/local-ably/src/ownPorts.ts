/** Ports that servers of this process listen on, for whoever must not wait for an answer from its own process. */
const PORTS = Symbol.for('local-ably.ports')

const ports: Set<number> = ((globalThis as { [PORTS]?: Set<number> })[PORTS] ??= new Set())

export function opened(port: number): void {
  ports.add(port)
}

export function closed(port: number): void {
  ports.delete(port)
}
