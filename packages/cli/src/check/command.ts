import { spawn } from 'node:child_process'
import type { Target } from '../wire/target.ts'

/** A running agent. */
export interface Command {
  /** What it wrote. */
  readonly output: string
  readonly ended: boolean
  /** Ends it and what it started: launchers such as npx, uv and go run the agent as their child. */
  stop(): void
}

/** On Windows there are no process groups. */
const hasGroups = process.platform !== 'win32'

/** Runs an agent, and tells it by its environment where to connect. */
export function startCommand(
  [file, ...args]: readonly string[],
  { target, channelName }: { target: Target; channelName: string },
): Command {
  const { hostname, port } = new URL(target.url!)
  const env = {
    ...process.env,
    ABLY_API_KEY: target.key,
    ABLY_URL: target.url,
    ABLY_HOST: hostname,
    ABLY_PORT: port,
    ABLY_CHANNEL: channelName,
  }
  const child = spawn(file!, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: hasGroups })
  let output = ''
  let ended = false
  const write = (data: Buffer) => (output = (output + data.toString()).slice(-4000))
  child.stdout.on('data', write)
  child.stderr.on('data', write)
  child.on('exit', () => (ended = true))
  child.on('error', ({ message }) => {
    ended = true
    output += message
  })
  const kill = (): void => {
    // It never started.
    if (child.pid === undefined) return
    try {
      process.kill(hasGroups ? -child.pid : child.pid, 'SIGKILL')
    } catch {
      // All of it has ended.
    }
    // A process that left the group may still hold them open.
    child.stdout.destroy()
    child.stderr.destroy()
  }
  // Ctrl-C does not reach another group.
  process.once('exit', kill)
  return {
    get output() {
      return output
    },
    get ended() {
      return ended
    },
    stop() {
      process.off('exit', kill)
      kill()
    },
  }
}
