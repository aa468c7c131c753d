import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A browser with one page. */
export interface Engine {
  /** As it calls itself. */
  readonly version: string
  goto(url: string): Promise<void>
  /** The value of an expression in the page, as JSON carries it. */
  evaluate<V>(expression: string): Promise<V>
  /** A PNG. */
  screenshot(): Promise<Buffer>
  close(): Promise<void>
}

/** The path of the first of these programs that is installed. */
export function installed(...names: string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const paths = names.flatMap((name) =>
    name.startsWith('/') ? [name] : folders.map((folder) => join(folder, name)),
  )
  return paths.find((path) => existsSync(path))
}

/** A program in a process group of its own, so that it ends with all that it started. */
export class Program {
  readonly #child: ChildProcess
  #printed = ''

  constructor(command: string, args: string[], options: SpawnOptions = {}) {
    this.#child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...options })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk) => (this.#printed = `${this.#printed}${String(chunk)}`.slice(-20_000)))
  }

  /** Resolves to what it prints, as soon as it prints it. */
  prints(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(this.#printed)
        if (found) resolve(found[1] ?? found[0])
      }
      this.#child.stdout?.on('data', look)
      this.#child.stderr?.on('data', look)
      this.#child.once('error', reject)
      this.#child.once('exit', (code) =>
        reject(
          new Error(`unable to start ${this.#child.spawnfile}; it ended with ${code}:\n${this.#printed}`),
        ),
      )
      look()
    })
  }

  async stop(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child
    if (pid === undefined || exitCode !== null || signalCode !== null) return
    const exited = new Promise((resolve) => this.#child.once('exit', resolve))
    process.kill(-pid, 'SIGKILL')
    await exited
  }
}
