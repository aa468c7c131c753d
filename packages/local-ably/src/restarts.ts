import { setTimeout as pause } from 'node:timers/promises'
import type { Connections } from './connection/connections.ts'
import type { Context } from './context.ts'
import type { Port } from './port.ts'
import { createSerials, randomName } from './wire/serial.ts'
import type { World } from './world.ts'

interface Restart {
  /** False: only what is stored survives, as in a new process. */
  memory: boolean
  /** Milliseconds. */
  downFor: number
}

/** Stops a server and starts it again on its port, one restart after another. */
export class Restarts {
  readonly #context: Context
  readonly #world: World
  readonly #connections: Connections
  readonly #port: Port
  readonly #closing = new AbortController()
  #last: Promise<void> = Promise.resolve()

  constructor(context: Context, world: World, connections: Connections, port: Port) {
    this.#context = context
    this.#world = world
    this.#connections = connections
    this.#port = port
  }

  restart(how: Restart): Promise<void> {
    const done = this.#last.then(() => this.#restart(how))
    this.#last = done.catch((error) => this.#context.log.writeError('a restart', error))
    return done
  }

  /** Resolves when no restart is under way; none opens the port any more. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#last
  }

  async #restart({ memory, downFor }: Restart): Promise<void> {
    this.#context.log.write({ kind: 'fault', text: `restart ${memory ? 'with' : 'without'} memory` })
    for (const connection of this.#connections.all()) connection.drop()
    await this.#port.close()
    if (!memory) this.#forget()
    const { signal } = this.#closing
    // Wait a little: clients must see their old sockets close before the port opens again.
    await pause(Math.max(downFor, 20), undefined, { signal }).catch(() => {})
    if (!signal.aborted) await this.#port.reopen()
  }

  #forget(): void {
    this.#connections.clear()
    this.#world.flush()
    this.#world.forget()
    // A new series: serials from before the restart are unknown.
    this.#context.serials = createSerials(randomName(8))
    this.#world.load()
  }
}
