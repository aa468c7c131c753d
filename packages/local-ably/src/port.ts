import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { listen, stopListening, type ListenerOptions } from './listener.ts'

/** The port of one server. It can be closed and opened again. */
export class Port {
  readonly number: number
  readonly #options: ListenerOptions
  #server: Server

  /** Port 0 means any free one. */
  static async open(options: ListenerOptions): Promise<Port> {
    return new Port(options, await listen(options))
  }

  private constructor(options: ListenerOptions, server: Server) {
    this.number = (server.address() as AddressInfo).port
    this.#options = options
    this.#server = server
  }

  async reopen(): Promise<void> {
    this.#server = await listen({ ...this.#options, port: this.number })
  }

  /** Cuts off all clients. */
  close(): Promise<void> {
    return stopListening(this.#server)
  }
}
