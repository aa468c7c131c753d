import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Conductor } from '../demo/test/conductor.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const command = join(root, 'scripts', 'demo.mjs')

/** A demo as tests use it. */
export interface RunningDemo {
  readonly url: string
  /** Its model takes orders: how far to write, and when to go on. Without an order, it writes as fast as it can. */
  readonly model: Conductor
  /** Everything it has printed. */
  output(): string
}

export interface Demo extends RunningDemo {
  stop(): Promise<void>
}

/** Starts the demo with the command of the README, on a free port and with a data folder of its own. */
export async function startDemo(env: NodeJS.ProcessEnv = {}): Promise<Demo> {
  const data = env.DEMO_DATA ?? mkdtempSync(join(tmpdir(), 'rejoin-e2e-'))
  const { E2E_TABLES: tables } = process.env
  if (env.DEMO_DATA === undefined && tables) cpSync(tables, data, { recursive: true })
  const model = await Conductor.start()
  const child = spawn(process.execPath, [command], {
    cwd: root,
    env: { ...environment(), PORT: '0', DEMO_DATA: data, DEMO_ORDERS_PORT: String(model.port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += String(chunk)))
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const found = /https?:\/\/[\w.-]+:\d+/.exec(printed)
      if (found) resolve(found[0])
    })
    child.on('exit', (code) =>
      reject(new Error(`unable to start the demo; it ended with ${code} and printed:\n${printed}`)),
    )
  })
  return {
    url,
    model,
    output: () => printed,
    stop: async () => {
      model.close()
      await stopped(child)
      if (env.DEMO_DATA === undefined) rmSync(data, { recursive: true, force: true })
    },
  }
}

/** Runs the demo with settings that it must refuse, and returns how it ended. */
export async function failingDemo(env: NodeJS.ProcessEnv): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [command], {
    cwd: root,
    env: { ...environment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, output }
}

/** Without the keys of the person who runs the tests: the tests need the recorded streams. */
function environment(): NodeJS.ProcessEnv {
  const {
    OPENAI_API_KEY: _o,
    ANTHROPIC_API_KEY: _a,
    DATABASE_URL: _d,
    ABLY_API_KEY: _k,
    ...rest
  } = process.env
  return rest
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  await exited
}
