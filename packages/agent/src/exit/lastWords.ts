import { type RejoinError, wrapPublishError } from '@rejoin/core/protocol'
import { patience } from './patience.ts'
import type { RestRequest } from './restRequest.ts'

/** A source of messages to publish when the process exits and can no longer await anything. */
export interface Dying {
  /** The lists are sent in parallel, the requests of each list in order. */
  lastWords(): RestRequest[][]
  /** Called when the requests could not be sent. */
  unheard(error: RejoinError): void
}

interface ProcessLike {
  readonly execPath: string
  readonly env: Record<string, string | undefined>
  on(event: 'exit', listener: () => void): void
  off(event: 'exit', listener: () => void): void
  /** Node.js 20.16 and later. An import of `node:child_process` would break bundles for browsers. */
  getBuiltinModule(name: 'node:child_process'): { spawnSync(...args: unknown[]): Spawned }
}

interface Spawned {
  readonly status: number | null
  readonly stdout: string
  readonly error?: Error
}

/** Where `@rejoin/local-ably` lists the ports on which it listens in this process. */
const OWN_PORTS = Symbol.for('local-ably.ports')
const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/

/** The source of the child process, which sends the requests it reads. It does not retry a final refusal. */
const HEIR = `
const say = async ({ url, ...request }) => {
  for (let left = 3; ; left--) {
    const answer = await fetch(url, request).catch((error) => error.cause ?? error)
    if (answer.ok) return
    const final = answer.status < 500 && answer.status !== 429
    if (final || left === 1) return fail(answer.json ? (await answer.json()).error : answer)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
const fail = ({ message, code, statusCode }) => {
  process.exitCode = 1
  console.log(JSON.stringify({ message, code, statusCode }))
}
const lists = JSON.parse(require('node:fs').readFileSync(0, 'utf8'))
for (const list of lists) list.reduce((before, request) => before.then(() => say(request)), Promise.resolve())
`

const dying = new Set<Dying>()

/**
 * Calls a source when the process exits: by `process.exit()`, by an uncaught exception, or because no work is left.
 * Returns a function that unregisters it. Where there are no child processes, does nothing.
 */
export function watchLast(one: Dying): () => void {
  const { process } = globalThis as { process?: Partial<ProcessLike> }
  if (typeof process?.on !== 'function' || typeof process.getBuiltinModule !== 'function') return () => {}
  const node = process as ProcessLike
  if (dying.size === 0) node.on('exit', speak)
  dying.add(one)
  return () => {
    if (dying.delete(one) && dying.size === 0) node.off('exit', speak)
  }
}

/** Whether the server runs in this process: it ends with the process and would not answer, so do not wait for it. */
function isOwn({ url }: RestRequest): boolean {
  const ports = (globalThis as { [OWN_PORTS]?: ReadonlySet<number> })[OWN_PORTS]
  const { hostname, port } = new URL(url)
  return ports?.has(Number(port)) === true && LOOPBACK.test(hostname)
}

function speak(): void {
  const node = (globalThis as { process?: unknown }).process as ProcessLike
  const lists = [...dying]
    .flatMap((one) => one.lastWords())
    .filter((list) => list.length > 0 && !isOwn(list[0]!))
  if (lists.length === 0) return
  let cause: unknown
  try {
    // This process's options (a debugger, a profiler) are not meant for the child.
    const env = { ...node.env, NODE_OPTIONS: '' }
    const input = JSON.stringify(lists)
    const options = { input, env, encoding: 'utf8', timeout: patience.exit, windowsHide: true }
    const { spawnSync } = node.getBuiltinModule('node:child_process')
    const { status, stdout, error } = spawnSync(node.execPath, ['-e', HEIR], options)
    if (status === 0) return
    cause = error ?? JSON.parse(stdout.split('\n')[0]!)
  } catch (error) {
    cause = error
  }
  const error = wrapPublishError('end the responses before the process exited', cause)
  for (const one of dying) one.unheard(error)
}
