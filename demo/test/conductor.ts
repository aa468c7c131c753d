import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Limits, Order, Report } from '../agent/orders.ts'

type Broker = Extract<Report, { type: 'hello' }>['broker']

/** Tells the model of a demo how far to write. A demo takes orders when it is started with `DEMO_ORDERS_PORT`. */
export class Conductor {
  readonly #server: Server
  #order: Order = { number: 0, limits: {} }
  /** The agent's process. A new process connects again, and gets the current order before it answers. */
  #agent: Socket | undefined
  #broker: Broker | undefined
  #obeyed = 0
  #held = 0
  #text = 0
  /** Agents that have to wait outside. */
  #outside: Socket[] | undefined
  readonly #listeners = new Set<() => void>()

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => this.#welcome(socket))
  }

  static async start(): Promise<Conductor> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new Conductor(server)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Every answer writes so many characters of text, or so much of each kind, and holds there. */
  async holdAt(limits: number | Limits): Promise<void> {
    const number = this.#order.number + 1
    this.#order = { number, limits: typeof limits === 'number' ? { text: limits } : limits }
    this.#agent?.write(`${JSON.stringify(this.#order)}\n`)
    await this.#until(() => this.#obeyed >= number || !this.#agent)
  }

  /** Every answer goes on to its end, as fast as it can. */
  goOn(): Promise<void> {
    return this.holdAt({})
  }

  /**
   * Resolves when an answer holds under the last order: all that it may write has left the model. Returns the characters
   * of text that it has written: a model that writes many at once exceeds its limit.
   */
  async held(): Promise<number> {
    await this.#until(() => this.#held === this.#order.number)
    return this.#text
  }

  /** No agent that starts from now on gets its first order, without which it does not begin. */
  keepOut(): void {
    this.#outside ??= []
  }

  letIn(): void {
    for (const agent of this.#outside ?? []) this.#begin(agent)
    this.#outside = undefined
  }

  /** Where the demo's embedded Ably server listens, for faults that the panel does not have. */
  async broker(): Promise<Broker> {
    await this.#until(() => this.#broker !== undefined)
    return this.#broker!
  }

  close(): void {
    this.#agent?.destroy()
    this.#server.close()
  }

  #welcome(socket: Socket): void {
    // Agents are killed on purpose.
    socket.on('error', () => {})
    socket.on('close', () => {
      if (this.#agent === socket) this.#agent = undefined
      this.#changed()
    })
    const lines = createInterface(socket)
    lines.on('error', () => {})
    lines.on('line', (line) => {
      const report = JSON.parse(line) as Report
      if (report.type === 'hello') this.#broker = report.broker
      else if (report.type === 'obeyed') this.#obeyed = report.number
      else [this.#held, this.#text] = [report.number, report.text]
      this.#changed()
    })
    if (this.#outside) this.#outside.push(socket)
    else this.#begin(socket)
  }

  #begin(agent: Socket): void {
    this.#agent = agent
    agent.write(`${JSON.stringify(this.#order)}\n`)
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition())
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#listeners.delete(wake)
          resolve()
        }
        this.#listeners.add(wake)
      })
  }

  #changed(): void {
    for (const wake of this.#listeners) wake()
  }
}
