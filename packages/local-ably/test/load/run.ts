import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'

// What local-ably costs beside a bare `ws` server, on the same machine in the same run. Clients are raw sockets, for the
// SDK would cost more than either server.

interface Measure {
  memory: number
  /** Milliseconds of processor time. */
  cpu: number
}

class Target {
  readonly #child: ChildProcess
  readonly url: string

  constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  static async start(kind: 'local' | 'echo' | 'broadcast'): Promise<Target> {
    const child = fork(fileURLToPath(new URL('serve.ts', import.meta.url)), [kind], {
      execArgv: [...process.execArgv, '--expose-gc'],
    })
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    return new Target(child, `ws://127.0.0.1:${port}/?key=local.key:secret`)
  }

  async measure(): Promise<Measure> {
    this.#child.send('measure')
    return ((await once(this.#child, 'message')) as [Measure])[0]
  }

  stop(): void {
    this.#child.kill()
  }
}

async function connect(target: Target, greets: boolean): Promise<WebSocket> {
  const socket = new WebSocket(target.url, { perMessageDeflate: false })
  const greeting = greets ? once(socket, 'message') : undefined
  await once(socket, 'open')
  await greeting
  return socket
}

const publishFrame = (msgSerial: number): string =>
  JSON.stringify({
    action: 15,
    channel: 'load',
    msgSerial,
    messages: [{ name: 'token', data: 'a token of text ' }],
  })

/** Runs `send` so that at most `window` answers are missing, until `count` came. Returns the seconds. */
async function pipelined(
  count: number,
  window: number,
  send: (i: number) => void,
  onAnswers: (take: (n: number) => void) => void,
): Promise<number> {
  const began = performance.now()
  let sent = 0
  let answered = 0
  await new Promise<void>((resolve) => {
    const fill = () => {
      while (sent < count && sent - answered < window) send(sent++)
    }
    onAnswers((n) => {
      answered += n
      if (answered >= count) resolve()
      else fill()
    })
    fill()
  })
  return (performance.now() - began) / 1000
}

async function publishing(count: number): Promise<{ rate: number; floor: number }> {
  const local = await Target.start('local')
  const socket = await connect(local, true)
  const seconds = await pipelined(
    count,
    100,
    (i) => socket.send(publishFrame(i)),
    (take) => {
      socket.on('message', (data: Buffer) => {
        // One ACK may answer several frames.
        const { action, count: acknowledged } = JSON.parse(data.toString()) as {
          action: number
          count: number
        }
        if (action === 1) take(acknowledged)
      })
    },
  )
  socket.terminate()
  local.stop()
  const floor = await Target.start('echo')
  const bare = await connect(floor, false)
  const bareSeconds = await pipelined(
    count,
    100,
    (i) => bare.send(publishFrame(i)),
    (take) => {
      bare.on('message', (data: Buffer) =>
        take((JSON.parse(data.toString()) as { action: number }).action === 15 ? 1 : 0),
      )
    },
  )
  bare.terminate()
  floor.stop()
  return { rate: count / seconds, floor: count / bareSeconds }
}

interface FanOut {
  rate: number
  cpu: number
}

async function fanOut(kind: 'local' | 'broadcast', subscribers: number, messages: number): Promise<FanOut> {
  const target = await Target.start(kind)
  const greets = kind === 'local'
  const readers = await Promise.all(Array.from({ length: subscribers }, () => connect(target, greets)))
  if (greets) {
    await Promise.all(
      readers.map(async (reader) => {
        reader.send(JSON.stringify({ action: 10, channel: 'load' }))
        await once(reader, 'message')
      }),
    )
  }
  const writer = await connect(target, greets)
  // What the floor sends on is as long as what local-ably makes of the same publish.
  const padding = 'x'.repeat(greets ? 0 : 310)
  const before = await target.measure()
  const seconds = await pipelined(
    messages * subscribers,
    50 * subscribers,
    (i) => {
      if (i % subscribers === 0)
        writer.send(greets ? publishFrame(i / subscribers) : publishFrame(i) + padding)
    },
    (take) => {
      for (const reader of readers) reader.on('message', () => take(1))
    },
  )
  const after = await target.measure()
  for (const socket of [...readers, writer]) socket.terminate()
  target.stop()
  return {
    rate: (messages * subscribers) / seconds,
    cpu: ((after.cpu - before.cpu) * 1000) / (messages * subscribers),
  }
}

async function connecting(kind: 'local' | 'echo', count: number): Promise<{ rate: number; bytes: number }> {
  const target = await Target.start(kind)
  const first = await connect(target, kind === 'local')
  const before = await target.measure()
  const began = performance.now()
  const sockets: WebSocket[] = []
  for (let i = 0; i < count; i += 50) {
    sockets.push(...(await Promise.all(Array.from({ length: 50 }, () => connect(target, kind === 'local')))))
  }
  const seconds = (performance.now() - began) / 1000
  const after = await target.measure()
  for (const socket of [first, ...sockets]) socket.terminate()
  target.stop()
  return { rate: count / seconds, bytes: (after.memory - before.memory) / count }
}

const number = (value: number): string => Math.round(value).toLocaleString('en')
const line = (what: string, local: number, floor: number, unit: string): void => {
  process.stdout.write(
    `${what.padEnd(44)} ${number(local).padStart(9)} ${number(floor).padStart(9)} ${(local / floor).toFixed(2).padStart(7)}  ${unit}\n`,
  )
}

process.stdout.write(
  `${''.padEnd(44)} ${'local'.padStart(9)} ${'bare ws'.padStart(9)} ${'ratio'.padStart(7)}\n`,
)
const published = await publishing(20_000)
line('publish with ACK, one client, 100 in flight', published.rate, published.floor, 'per second')
const local = await fanOut('local', 100, 1500)
const bare = await fanOut('broadcast', 100, 1500)
line('deliveries to 100 subscribers', local.rate, bare.rate, 'per second')
line('server time of one delivery', local.cpu * 1000, bare.cpu * 1000, 'ns')
const many = await connecting('local', 1000)
const few = await connecting('echo', 1000)
line('connects', many.rate, few.rate, 'per second')
line('memory of an idle connection, of 1,000', many.bytes, few.bytes, 'bytes')
process.exit(0)
