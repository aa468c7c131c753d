// Starts the programs that consumers build, and waits until they answer.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Runs a program until it prints `ready`, or `isReady` says so; `kill` ends it, and what it started, at once. */
export async function startProgram(args, env, isReady) {
  const program = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  const ended = once(program, 'exit')
  const printed = new Promise((resolve) =>
    program.stdout.on('data', (data) => {
      process.stdout.write(data)
      if (String(data).includes('ready')) resolve()
    }),
  )
  const failed = ended.then(([code]) => {
    throw new Error(`unable to start ${args.join(' ')}; it ended with ${code}`)
  })
  failed.catch(() => {})
  const waiting = new AbortController()
  await Promise.race([isReady ? isReady(waiting.signal) : printed, failed]).finally(() => waiting.abort())
  const kill = async () => {
    const { pid, exitCode, signalCode } = program
    // Its whole group.
    if (pid && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL')
    await ended
  }
  return { kill }
}

/** Waits until an address answers at all, or the signal aborts. */
export async function reachable(url, signal) {
  for (;;) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer || signal?.aborted) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
