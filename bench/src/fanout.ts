import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { ws } from './fanoutServer.ts'
import type { Socket } from './fanoutServer.ts'
import type { Report } from './report.ts'

const CHANNEL = 'fanout'
/** Actions of Ably's protocol. */
const [CONNECTED, ATTACH, ATTACHED, MESSAGE] = [4, 10, 11, 15]
/** Messages that are on their way at once. */
const AT_ONCE = 10

interface ServerProcess {
  /** Messages published so far. */
  serial: number
  process: ChildProcess
  publisher: Socket
  subscribers: Socket[]
}

/** CPU that a server needs to bring each message to all subscribers: local-ably, beside a bare `ws` server. */
export async function measureFanout(report: Report, isQuick: boolean): Promise<void> {
  const count = 1_000
  const [rounds, messages] = isQuick ? [3, 50] : [7, 100]
  const ably = await start('ably', count)
  const bare = await start('bare', count)
  const frame = await publish(ably, frameOf, AT_ONCE)
  const costs: Record<'ably' | 'bare', number[]> = { ably: [], bare: [] }
  for (let round = 0; round <= rounds; round++) {
    const ours = await cpuOf(ably, () => publish(ably, frameOf, messages))
    // The bare server sends what local-ably sends.
    const theirs = await cpuOf(bare, () => publish(bare, () => frame, messages))
    if (round === 0) continue
    costs.ably.push(ours)
    costs.bare.push(theirs)
  }
  for (const { process, publisher, subscribers } of [ably, bare]) {
    for (const socket of [publisher, ...subscribers]) socket.terminate()
    process.disconnect()
    await once(process, 'exit')
  }
  const lower = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 2]! / (messages * count)
  const [value, floor] = [lower(costs.ably), lower(costs.bare)]
  const column = `${count.toLocaleString('en')} subscribers`
  report.add({
    section: 'local-ably',
    name: 'one delivery, CPU of the server',
    column,
    unit: 'ns',
    value,
    floor,
  })
  report.aim({
    what: `local-ably's fan-out to ${column}, against a bare \`ws\` server`,
    ours: (floor / value).toFixed(2),
    floor: '1',
    aim: '≥ 0.5',
    reached: floor / value >= 0.5,
  })
}

async function start(kind: 'ably' | 'bare', count: number): Promise<ServerProcess> {
  const server = fork(fileURLToPath(new URL('fanoutServer.ts', import.meta.url)), [kind])
  const [given] = (await once(server, 'message')) as [{ port: number; key?: string }]
  const query = given.key ? `?key=${encodeURIComponent(given.key)}&format=json&v=3&echo=false` : ''
  const url = `ws://localhost:${given.port}/${query}`
  const subscribers: Socket[] = []
  // A few at a time: a server accepts only so many at once.
  while (subscribers.length < count)
    subscribers.push(...(await Promise.all(Array.from({ length: 50 }, () => connect(url, kind)))))
  return { serial: 0, process: server, publisher: await connect(url, kind), subscribers }
}

function connect(url: string, kind: 'ably' | 'bare'): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = new ws(url)
    if (kind === 'bare') return socket.on('open', () => resolve(socket))
    let isReady = false
    socket.on('message', (data) => {
      if (isReady) return
      const { action } = JSON.parse(data.toString()) as { action: number }
      if (action === CONNECTED) socket.send(JSON.stringify({ action: ATTACH, channel: CHANNEL }))
      isReady = action === ATTACHED
      if (isReady) resolve(socket)
    })
  })
}

function frameOf(msgSerial: number): string {
  const data = 'A token of an answer.'
  const messages = [
    { name: 'response', data, extras: { headers: { rejoin: '1', responseId: 'r', part: '0' } } },
  ]
  return JSON.stringify({ action: MESSAGE, channel: CHANNEL, msgSerial, messages })
}

/** Publishes, a few at once, and waits until all subscribers have them. Returns the last frame that one of them got. */
async function publish(
  server: ServerProcess,
  make: (serial: number) => string,
  count: number,
): Promise<string> {
  const { publisher, subscribers } = server
  let left = 0
  let last = ''
  let done = (): void => {}
  const listeners = subscribers.map((socket, i) => {
    const listener = (data: Buffer): void => {
      if (i === 0) last = data.toString()
      if (--left === 0) done()
    }
    socket.on('message', listener)
    return () => (socket as unknown as NodeJS.EventEmitter).off('message', listener)
  })
  for (let sent = 0; sent < count; sent += AT_ONCE) {
    left = AT_ONCE * subscribers.length
    const all = new Promise<void>((resolve) => (done = resolve))
    for (let i = 0; i < AT_ONCE; i++) publisher.send(make(server.serial++))
    await all
  }
  for (const stop of listeners) stop()
  return last
}

/** Nanoseconds that a server took. */
async function cpuOf({ process: server }: ServerProcess, work: () => Promise<unknown>): Promise<number> {
  const read = async () => {
    server.send('cpu')
    const [{ user, system }] = (await once(server, 'message')) as [NodeJS.CpuUsage]
    return (user + system) * 1_000
  }
  const before = await read()
  await work()
  return (await read()) - before
}
