import { spawn } from 'node:child_process'
import type { Target } from '../wire/target.ts'

/** A running agent. */
export interface Command {
  /** What it wrote. */
  readonly output: string
  readonly ended: boolean
  stop(): void
}

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
  const child = spawn(file!, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
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
  return {
    get output() {
      return output
    },
    get ended() {
      return ended
    },
    stop: () => void child.kill('SIGKILL'),
  }
}
