import { once } from 'node:events'
import { connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { testPatience } from '../../../core/test/patience.ts'
import { startLocalAbly, type LocalAbly } from '../../src/index.ts'
import { frameBytes } from './frames.ts'
import { Random } from './random.ts'
import { request, upgrade } from './requests.ts'

// LOCAL_ABLY_FUZZ=1000000 npx vitest run --project local-ably fuzz
const inputs = Number(process.env.LOCAL_ABLY_FUZZ ?? 3000)
const seed = Number(process.env.LOCAL_ABLY_FUZZ_SEED ?? Date.now() % 1_000_000)

/** Inputs that go over one socket. */
const perSocket = 25
const atOnce = 64

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** As long as the server, which shares this event loop, may need to say something. */
const QUIET_TURNS = 30

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Writes raw bytes and waits until the server closes, or has nothing more to say. */
async function sendRaw(port: number, parts: Buffer[]): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  let quiet = 0
  socket.on('data', () => (quiet = 0))
  socket.on('error', () => {})
  await new Promise<void>((resolve) => socket.write(Buffer.concat(parts), () => resolve()))
  while (!socket.closed && quiet++ < QUIET_TURNS) await turn()
  socket.resetAndDestroy()
  await closed
}

/** Sends frames on a connection that was let in, and learns the serials of what it published. */
async function sendFrames(port: number, random: Random): Promise<void> {
  const format = random.one('json', 'msgpack')
  const clientId = random.one('', '&clientId=ann')
  const window = random.one('', '&appendRollupWindow=20')
  const socket = new WebSocket(
    `ws://127.0.0.1:${port}/?key=local.key:secret&format=${format}${clientId}${window}`,
  )
  const gone = once(socket, 'close')
  const known: string[] = []
  socket.on('error', () => {})
  socket.on('message', (data: Buffer) => {
    const found = /\d{14}-\d{3}@\w{8}:\d{3}/.exec(data.toString('latin1'))
    if (found && known.length < 50) known.push(found[0])
  })
  const opened = new Promise<boolean>((resolve) => {
    socket.once('open', () => resolve(true))
    socket.once('close', () => resolve(false))
  })
  if (!(await opened)) return
  for (let i = 0; i < perSocket && socket.readyState === socket.OPEN; i++) {
    socket.send(frameBytes(random, format, known), { binary: format === 'msgpack' })
    if (i % 8 === 7) await turn()
  }
  if (random.chance(0.5)) socket.terminate()
  else socket.close()
  for (let i = 0; i < QUIET_TURNS && socket.readyState !== socket.CLOSED; i++) await turn()
  socket.terminate()
  await gone
}

async function sendOne(port: number, random: Random): Promise<void> {
  const kind = random.below(3)
  if (kind === 2) return sendFrames(port, random)
  const make = kind === 0 ? request : upgrade
  if (kind === 0)
    return sendRaw(
      port,
      Array.from({ length: perSocket }, () => make(random)),
    )
  // What follows an upgrade belongs to it, so each has a socket of its own.
  for (let i = 0; i < perSocket; i += 5)
    await Promise.all(Array.from({ length: 5 }, () => sendRaw(port, [make(random)])))
}

/** Faults that a test may have set meanwhile: what comes in is then looked at by rules too. */
function breakSomething({ faults }: LocalAbly, random: Random): void {
  if (random.chance(0.5)) return
  const on = random.one('publish', 'presence', 'annotation', 'attach', 'rest', 'history')
  if (random.chance(0.3)) faults.clear()
  else if (random.chance(0.5)) faults.refuse({ on, match: { data: 'x', name: 'y' }, every: 5 })
  else faults.delay({ on: random.one('ack', 'delivery'), ms: 1, match: { data: 'x', name: 'y' } })
}

async function run(server: LocalAbly, count: number, random: Random, sent: () => void): Promise<void> {
  let left = count
  const worker = async () => {
    while (left > 0) {
      left -= perSocket
      await sendOne(server.port, random)
      breakSomething(server, random)
      sent()
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** In MiB. */
function memory(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return Math.round((heapUsed + external) / 1024 / 1024)
}

/** Resolves when the server has let go of all connections: what they left goes with them. */
async function swept(server: LocalAbly): Promise<void> {
  const connections = async () =>
    ((await (await fetch(`${server.url}/status`)).json()) as { connections: unknown[] }).connections.length
  await expect.poll(connections).toBe(0)
}

test(`${inputs} inputs of any kind, seed ${seed}`, { timeout: testPatience + inputs * 20 }, async () => {
  const bugs: string[] = []
  const uncaught = (error: unknown) =>
    bugs.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
  process.on('uncaughtException', uncaught)
  process.on('unhandledRejection', uncaught)
  const server = await startLocalAbly({
    retention: { recent: 300, persisted: 300, totalBytes: 8 * 1024 * 1024, bytes: 4 * 1024 * 1024 },
    connectionStateTtl: 200,
    remainPresentFor: 50,
    maxIdleInterval: 1000,
  })
  server.log.listen((event) => {
    if (event.kind === 'error') bugs.push(event.text ?? '')
  })
  const random = new Random(seed)
  // A tenth first, so that what is only made once is not taken for growth.
  await run(server, Math.ceil(inputs / 10), random, () => {})
  await swept(server)
  const before = memory()
  let peak = 0
  await run(server, inputs, random, () => (peak = Math.max(peak, process.memoryUsage().heapUsed)))
  server.faults.clear()
  await swept(server)
  const after = memory()
  process.off('uncaughtException', uncaught)
  process.off('unhandledRejection', uncaught)
  if (inputs > 10_000) {
    process.stdout.write(
      `${inputs} inputs, seed ${seed}: ${bugs.length} errors, ${before} -> ${after} MB, peak ${Math.round(peak / 1024 / 1024)} MB of heap\n`,
    )
  }
  expect(bugs.slice(0, 5)).toEqual([])
  expect(after - before).toBeLessThan(30)
  expect((await fetch(`${server.url}/time`)).status).toBe(200)
  await server.close()
})
