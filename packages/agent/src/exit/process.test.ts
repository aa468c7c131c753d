import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import * as Ably from 'ably'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSession, history } from '@rejoin/core'
import { testPatience } from '../../../core/test/patience.ts'
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
    stdio: ['ignore', 'pipe', env['STDERR'] === 'ignore' ? 'ignore' : 'inherit'],
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

test.each([
  ['SIGTERM', 'message-per-response'],
  ['SIGTERM', 'message-per-token'],
  ['SIGINT', 'message-per-response'],
] as const)('ends its responses on %s (%s)', async (signal, pattern) => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const running = start({ CHANNEL: channelName, PATTERN: pattern, DIES: signal })
  await running.until((line) => line === 'ready')
  await reader.channel.publish('user-input', { promptId: 'q', text: 'word' })
  await running.until((line) => line === 'begin q')
  running.child.kill(signal)
  expect(await running.gone).toMatchObject({ signal })
  const end = reader.messages.find(({ name }) => name === 'response-end' || name === 'stop')
  expect(end).toMatchObject({
    data: { code: 'interrupted' },
    extras: { headers: { status: 'error', promptId: 'q' } },
  })
})

const ways = [
  ['exit 0', 0],
  ['exit 1', 1],
  ['uncaught exception', 1],
  ['unhandled rejection', 1],
  ['nothing left to do', 0],
] as const

describe.each(['message-per-response', 'message-per-token'] as const)('%s', (pattern) => {
  async function die(
    way: string,
    { channelName = bench.channelName(), ...env }: Record<string, string> = {},
  ) {
    const client = bench.client({ clientId: 'ann' })
    const session = createSession({ client, channelName, hydrate: history() })
    await session.ready
    const running = start({ CHANNEL: channelName, PATTERN: pattern, DIES: way, STDERR: 'ignore', ...env })
    await running.until((line) => line === 'ready')
    const promptId = await session.sendMessage({ text: 'tell' })
    const { code } = await running.gone
    const { messages } = await historyReader(client.channels.get(channelName))
    const ends = messages.filter(({ name }) => name === 'response-end' || name === 'stop')
    const responseId = ends[0]?.extras.headers.responseId as string
    const later = createSession({
      client: bench.client({ clientId: 'bob' }),
      channelName,
      hydrate: history(),
    })
    await later.ready
    session.flush()
    later.flush()
    const seen = [session, later].map((one) => one.getResponse(responseId))
    session.close()
    later.close()
    return { code, promptId, messages, ends, seen, lines: running.lines }
  }

  test.each(ways)('ends its responses on %s', async (way, code) => {
    const dead = await die(way)
    expect(dead.code).toBe(code)
    expect(dead.ends).toHaveLength(1)
    for (const response of dead.seen)
      expect(response).toMatchObject({
        text: 'Once upon a time',
        status: 'error',
        error: { code: 'interrupted' },
        hasGap: false,
        // Whole, and not as its model meant it to end.
        verified: false,
        promptId: dead.promptId,
        clientId: 'agent',
      })
  })

  test('waits for no server that ends with the process', async () => {
    const { lines, gone } = start({ CHANNEL: bench.channelName(), PATTERN: pattern, OWN_SERVER: 'yes' })
    expect(await gone).toEqual({ code: 0, signal: null })
    expect(lines).toEqual(['exits'])
  })

  test('completes on exit what was about to be', async () => {
    const { seen } = await die('exit while ending')
    for (const response of seen)
      expect(response).toMatchObject({ text: 'Once upon a time', status: 'complete', verified: true })
  })

  test('has its token say the last words', async () => {
    const rest = new Ably.Rest({ ...bench.server.clientOptions })
    const { token } = await rest.auth.requestToken({ clientId: 'agent' })
    const { seen } = await die('exit 0', { TOKEN: token })
    for (const response of seen) expect(response).toMatchObject({ text: 'Once upon a time', status: 'error' })
  })

  test('says them again when they are refused for a while, and says so when for good', async () => {
    const name = /^(response-end|stop)$/
    const match = { channel: bench.channelName(), name }
    bench.server.faults.refuse({ match, error: 42911, times: 2 })
    const { seen } = await die('exit 1', { channelName: match.channel })
    for (const response of seen) expect(response).toMatchObject({ text: 'Once upon a time', status: 'error' })
    const other = { channel: bench.channelName(), name }
    bench.server.faults.refuse({ match: other, error: 40160 })
    const { code, ends, lines } = await die('exit 1', { channelName: other.channel })
    expect([code, ends]).toEqual([1, []])
    expect(lines.at(-1)).toMatch(/^error not_allowed unable to end the responses .*40160/)
  })

  test('says nothing in clear on a channel that is encrypted', async () => {
    const env = { CIPHER: Buffer.alloc(32).toString('base64'), PATTERN: 'message-per-token' }
    const { ends, messages } = await die('exit 0', env)
    expect(ends).toMatchObject([{ extras: { headers: { status: 'error' } } }])
    expect(ends[0]!.data).toBeUndefined()
    expect(JSON.stringify(messages)).not.toContain('Once')
  })

  test('leaves to the next process what that will resume', async () => {
    const { ends } = await die('exit 0', { FOLDER: join(folder, `exit-${pattern}`) })
    expect(ends).toEqual([])
  })
})

test.each(['message-per-response', 'message-per-token'])(
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
    /** So many messages more of an agent. Each prompt that waits is worth two at least. */
    const said = async (count: number) => {
      const heard = () => reader.messages.filter(({ clientId }) => clientId === 'agent').length
      const enough = heard() + count
      await reader.until(() => heard() >= enough)
    }
    const completed = new Set<string>()
    let running = start(env)
    // Without a checkpoint, an agent takes nothing from the past: it must have been there once.
    await running.until((line) => line === 'ready')
    for (let kill = 0; kill < KILLS; kill++) {
      await ask()
      if (kill % 2 === 0) await ask()
      await said(Math.floor(Math.random() * 4))
      running.child.kill('SIGKILL')
      await ask()
      await running.gone
      for (const line of running.lines) if (line.startsWith('complete ')) completed.add(line)
      running = start(env)
      // Sometimes it is killed while it catches up.
      if (kill % 3 !== 2) await running.until((line) => line === 'ready')
      else await said(1 + Math.floor(Math.random() * 2))
    }
    await ask()
    const ends = (promptId: string) =>
      reader.messages.filter(
        ({ name, extras }) => /^(response-end|stop)$/.test(name!) && extras.headers.promptId === promptId,
      )
    await reader.until(() => asked.every((promptId) => ends(promptId).length > 0))
    for (const promptId of asked) {
      const isRow = (line: string) => line.startsWith(`complete ${promptId} `)
      if (![...completed].some(isRow)) await running.until(isRow)
    }
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
  testPatience + KILLS * 10_000,
)

test.each(['message-per-response', 'message-per-token'])(
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
)
