import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Bench, historyReader } from '../../test/agentBench.ts'

/** Times that the agent is killed, each at a random moment. */
const KILLS = Number(process.env['REJOIN_KILLS'] ?? 8)

let bench: Bench
let folder: string
let script: string
const children = new Set<ChildProcess>()

beforeAll(async () => {
  bench = await Bench.start()
  folder = await mkdtemp(join(tmpdir(), 'rejoin-'))
  script = join(folder, 'agent.mjs')
  await build({
    entryPoints: [fileURLToPath(new URL('../../test/agentProcess.ts', import.meta.url))],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@rejoin/source'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  })
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await bench.close()
  await rm(folder, { recursive: true, force: true })
})

interface Running {
  child: ChildProcess
  lines: string[]
  until(test: (line: string) => boolean): Promise<void>
  gone: Promise<{ code: number | null; signal: string | null }>
}

function start(env: Record<string, string>): Running {
  const child = spawn(process.execPath, ['--expose-gc', script], {
    env: { ...process.env, PORT: String(bench.server.port), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.add(child)
  const lines: string[] = []
  const waiting = new Set<() => void>()
  let rest = ''
  child.stdout.on('data', (data: Buffer) => {
    const parts = (rest + data.toString()).split('\n')
    rest = parts.pop()!
    lines.push(...parts)
    for (const wake of waiting) wake()
  })
  const gone = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.on('exit', (code, signal) => {
      children.delete(child)
      resolve({ code, signal })
    }),
  )
  return {
    child,
    lines,
    gone,
    until: (test) =>
      new Promise((resolve) => {
        const wake = () => {
          if (lines.some(test)) resolve()
        }
        waiting.add(wake)
        wake()
      }),
  }
}

it.each(['message-per-response', 'message-per-token'])(
  'ends its responses on SIGTERM (%s)',
  async (pattern) => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const running = start({ CHANNEL: channelName, PATTERN: pattern })
    await running.until((line) => line === 'ready')
    await reader.channel.publish('user-input', { promptId: 'q', text: 'word' })
    await running.until((line) => line === 'begin q')
    running.child.kill('SIGTERM')
    expect(await running.gone).toMatchObject({ signal: 'SIGTERM' })
    const end = reader.messages.find(({ name }) => name === 'response-end' || name === 'stop')
    expect(end).toMatchObject({
      data: { code: 'interrupted' },
      extras: { headers: { status: 'error', promptId: 'q' } },
    })
  },
)

it.each(['message-per-response', 'message-per-token'])(
  'loses no prompt and answers none twice, however often it is killed (%s)',
  async (pattern) => {
    const channelName = bench.channelName()
    const env = { CHANNEL: channelName, PATTERN: pattern, FOLDER: join(folder, pattern) }
    const reader = await bench.reader(channelName)
    const asked: string[] = []
    const ask = async () => {
      const promptId = `q${asked.length}`
      asked.push(promptId)
      await reader.channel.publish('user-input', { promptId, text: `${promptId}-` })
    }
    const completed = new Set<string>()
    let running = start(env)
    // Without a checkpoint, an agent takes nothing from the past: it must have been there once.
    await running.until((line) => line === 'ready')
    for (let kill = 0; kill < KILLS; kill++) {
      await ask()
      if (kill % 2 === 0) await ask()
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 120))
      running.child.kill('SIGKILL')
      await ask()
      await running.gone
      for (const line of running.lines) if (line.startsWith('complete ')) completed.add(line)
      running = start(env)
      // Sometimes it is killed while it catches up.
      if (kill % 3 !== 2) await running.until((line) => line === 'ready')
      else await new Promise((resolve) => setTimeout(resolve, 150 + Math.random() * 100))
    }
    await ask()
    const ends = (promptId: string) =>
      reader.messages.filter(
        ({ name, extras }) => /^(response-end|stop)$/.test(name!) && extras.headers.promptId === promptId,
      )
    await reader.until(() => asked.every((promptId) => ends(promptId).length > 0))
    await running.until((line) => line.startsWith(`complete ${asked.at(-1)} `))
    running.child.kill('SIGKILL')
    await running.gone
    for (const line of running.lines) if (line.startsWith('complete ')) completed.add(line)
    const later = await historyReader(reader.channel)
    for (const promptId of asked) {
      const answer = Array.from({ length: 40 }, (_, index) => `${promptId}-${index} `).join('')
      const ids = new Set(
        later.messages
          .filter(({ extras }) => extras?.headers?.promptId === promptId)
          .map(({ extras }) => extras.headers.responseId),
      )
      expect([promptId, ids.size, ends(promptId).length]).toEqual([promptId, 1, 1])
      expect(later.text([...ids][0] as string)).toBe(answer)
      expect(completed).toContain(`complete ${promptId} ${answer}`)
    }
  },
  20_000 + KILLS * 2000,
)

it.each(['message-per-response', 'message-per-token'])(
  'holds little beside the text of a million tokens (%s)',
  async (pattern) => {
    const running = start({ CHANNEL: bench.channelName(), PATTERN: pattern, FLOOD: '1000000' })
    await running.until((line) => line.startsWith('flood'))
    const [, length, failures, megabytes] = running.lines[0]!.split(' ').map(Number)
    expect([length, failures]).toEqual([5_000_000, 0])
    expect(megabytes).toBeLessThan(60)
    running.child.kill('SIGKILL')
    await running.gone
  },
  60_000,
)
