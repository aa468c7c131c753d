import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { ClientOptions } from 'ably'
import type { Pace, Step } from './pace.ts'

/** How much of each kind an answer may write before it holds; pauses are counted, not timed. No limit: it goes on. */
export type Limits = Partial<Record<Step['kind'], number>>

/** From the test to the agent. */
export interface Order {
  number: number
  limits: Limits
}

/** From the agent to the test. */
export type Report =
  /** The agent has started, and publishes here. */
  | { type: 'hello'; broker: Pick<ClientOptions, 'key' | 'port'> }
  | { type: 'obeyed'; number: number }
  /** An answer holds under this order, with so many characters of text written. */
  | { type: 'held'; number: number; text: number }

/**
 * The pace that a test sets: answers write as fast as they can up to a limit, and hold there until the next order.
 * The agent takes orders only if a test started the demo and gave it the port to ask at.
 */
export class Orders {
  readonly #socket: Socket
  readonly #waiting = new Set<() => void>()
  #current: Order = { number: 0, limits: {} }

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Resolves when the first order has come: no answer begins before. */
  static async connect(port: number, { key, port: brokerPort }: ClientOptions): Promise<Orders> {
    const socket = connect(port, '127.0.0.1')
    const orders = new Orders(socket)
    const broker = { ...(key && { key }), ...(brokerPort && { port: brokerPort }) }
    orders.#report({ type: 'hello', broker })
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject)
      const lines = createInterface(socket)
      // It passes the socket's errors on, which are dealt with above.
      lines.on('error', () => {})
      lines.on('line', (line) => {
        orders.#obey(JSON.parse(line) as Order)
        resolve()
      })
    })
    return orders
  }

  /** The pace of one answer. */
  pace(): Pace {
    const written: Required<Limits> = { text: 0, reasoning: 0, toolInput: 0, pause: 0, other: 0 }
    const mayGoOn = () =>
      Object.entries(this.#current.limits).every(([kind, limit]) => written[kind as Step['kind']] < limit)
    return {
      wait: async ({ kind, amount }, signal) => {
        while (!mayGoOn() && !signal.aborted) await this.#hold(written.text, signal)
        written[kind] += kind === 'pause' ? 1 : amount
      },
    }
  }

  close(): void {
    this.#socket.destroy()
  }

  /** Resolves on the next order, or when the signal aborts. */
  async #hold(text: number, signal: AbortSignal): Promise<void> {
    this.#report({ type: 'held', number: this.#current.number, text })
    await new Promise<void>((resolve) => {
      const release = () => {
        this.#waiting.delete(release)
        signal.removeEventListener('abort', release)
        resolve()
      }
      this.#waiting.add(release)
      signal.addEventListener('abort', release)
    })
  }

  #obey(order: Order): void {
    this.#current = order
    this.#report({ type: 'obeyed', number: order.number })
    for (const release of this.#waiting) release()
  }

  #report(report: Report): void {
    this.#socket.write(`${JSON.stringify(report)}\n`)
  }
}
