import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const command = join(root, 'scripts', 'demo.mjs')

export interface Demo {
  url: string
  /** Everything it has printed. */
  output(): string
  stop(): Promise<void>
}

/** Starts the demo as a newcomer would, on a free port and in a folder of its own. */
export async function startDemo(env: NodeJS.ProcessEnv = {}): Promise<Demo> {
  const data = env.DEMO_DATA ?? mkdtempSync(join(tmpdir(), 'rejoin-e2e-'))
  const child = spawn(process.execPath, [command], {
    cwd: root,
    env: { ...environment(), PORT: '0', DEMO_DATA: data, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += String(chunk)))
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGTERM')
      reject(new Error(`unable to start the demo within two minutes; it printed:\n${printed}`))
    }, 120_000)
    child.stdout.on('data', () => {
      const found = /https?:\/\/[\w.-]+:\d+/.exec(printed)
      if (found) resolve((clearTimeout(timer), found[0]))
    })
    child.on('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`unable to start the demo; it ended with ${code} and printed:\n${printed}`))
    })
  })
  return {
    url,
    output: () => printed,
    stop: async () => {
      await stopped(child)
      if (env.DEMO_DATA === undefined) rmSync(data, { recursive: true, force: true })
    },
  }
}

/** Runs the demo where it must fail, and returns how it did. */
export async function failingDemo(env: NodeJS.ProcessEnv): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [command], {
    cwd: root,
    env: { ...environment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, output }
}

/** Keys of the person who runs the tests stay out of them: what is proved here needs the recorded streams. */
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

function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
    child.once('exit', () => resolve((clearTimeout(timer), undefined)))
    child.kill('SIGTERM')
  })
}
