import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as Ably from 'ably'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { LocalAbly, LocalAblyOptions } from '../index.ts'
import { patience } from '../../../core/test/patience.ts'
import { errorOf } from '../../test/clients.ts'

/** A disk that can be full: a write then stops where it is, and throws. */
const disk = vi.hoisted(() => ({ free: Infinity, synced: 0 }))
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>()
  return {
    ...fs,
    writeSync(fd: number, bytes: Buffer, offset = 0) {
      const length = Math.min(bytes.length - offset, disk.free)
      if (length > 0) disk.free -= fs.writeSync(fd, bytes, offset, length)
      if (length < bytes.length - offset) throw new Error('ENOSPC: no space left on device')
      return length
    },
    fsyncSync(fd: number) {
      disk.synced++
      fs.fsyncSync(fd)
    },
  }
})

let startLocalAbly: typeof import('../index.ts').startLocalAbly
let folder: string
let servers: LocalAbly[] = []
let warnings = ''
beforeAll(async () => {
  // Other tests of this process have loaded the server with the real disk.
  vi.resetModules()
  startLocalAbly = (await import('../index.ts')).startLocalAbly
  folder = await mkdtemp(join(tmpdir(), 'local-ably-'))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    warnings += String(text)
    return true
  })
})
afterEach(async () => {
  disk.free = Infinity
  warnings = ''
  for (const server of servers) await server.close()
  servers = []
})
afterAll(() => {
  vi.resetModules()
  return rm(folder, { recursive: true })
})

let files = 0
const newFile = () => join(folder, `${++files}.jsonl`)
const start = async (file: string, options: LocalAblyOptions = {}) => {
  const server = await startLocalAbly({ file, ...options })
  servers.push(server)
  return server
}
const channelOf = (server: LocalAbly) =>
  new Ably.Rest({ ...server.clientOptions, logLevel: 0 }).channels.get('chat')
const read = async (server: LocalAbly) =>
  (await channelOf(server).history({ direction: 'forwards', limit: 1000 })).items.map(
    ({ data }) => data as unknown,
  )

/** A file with this many messages, `0`, `1`, … */
async function written(count: number): Promise<{ file: string; lines: string[] }> {
  const file = newFile()
  const server = await startLocalAbly({ file })
  for (let i = 0; i < count; i++) await channelOf(server).publish('n', String(i))
  await server.close()
  return { file, lines: (await readFile(file, 'utf8')).split('\n').filter(Boolean) }
}

test.each([
  ['bytes', Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256))],
  ['a diary', Buffer.from('Dear diary,\ntoday I started a server.\n')],
  ['a diary of one line', Buffer.from('Dear diary')],
  ['JSON lines of another program', Buffer.from('{"kind":"user","id":1}\n{"kind":"user","id":2}\n')],
  ['a JSON document', Buffer.from('{\n  "name": "app"\n}\n')],
])('a file that is not ours is refused and never touched: %s', async (_what, bytes) => {
  const file = newFile()
  await writeFile(file, bytes)
  for (const repairFile of [false, true]) {
    await expect(startLocalAbly({ file, repairFile })).rejects.toThrow(/not a file of local-ably/)
  }
  expect(await readFile(file)).toEqual(bytes)
  expect(readdirSync(folder).filter((name) => name.startsWith(`${files}.`))).toEqual([`${files}.jsonl`])
})

const damages: [what: string, damage: (lines: string[]) => string[], line: number, kept: string[]][] = [
  ['a flipped byte', (l) => l.map((one, i) => (i === 2 ? one.replace('{', '#') : one)), 3, ['0', '2', '3']],
  ['garbage', (l) => l.map((one, i) => (i === 3 ? '\u0001\u0002garbage' : one)), 4, ['0', '1', '3']],
  ['a value that is no record', (l) => [...l.slice(0, 3), '5', ...l.slice(3)], 4, ['0', '1', '2', '3']],
  ['a first line that is no record', (l) => ['null', ...l], 1, ['0', '1', '2', '3']],
  [
    'a message without a message',
    (l) => [...l.slice(0, 2), '{"kind":"message"}', ...l.slice(2)],
    3,
    ['0', '1', '2', '3'],
  ],
  [
    'an unknown kind',
    (l) => [...l.slice(0, 2), '{"kind":"zzz","app":"a"}', ...l.slice(2)],
    3,
    ['0', '1', '2', '3'],
  ],
  [
    'a touched that is no serial',
    (l) => l.map((one, i) => (i === 1 ? one.replace(/"touched":"[^"]*"/, '"touched":"x"') : one)),
    2,
    ['1', '2', '3'],
  ],
]

test.each(damages)(
  'a damaged record names its line, and the rest loads when asked: %s',
  async (_what, damage, line, kept) => {
    const { file, lines } = await written(4)
    const damaged = `${damage(lines).join('\n')}\n`
    await writeFile(file, damaged)
    await expect(startLocalAbly({ file })).rejects.toThrow(new RegExp(`line ${line} is damaged .*--repair`))
    expect(await readFile(file, 'utf8')).toBe(damaged)

    const server = await start(file, { repairFile: true })
    expect(await read(server)).toEqual(kept)
    const copy = readdirSync(folder).find((name) => name.startsWith(`${files}.jsonl.damaged-`))
    expect(await readFile(join(folder, copy!), 'utf8')).toBe(damaged)
    expect(warnings).toContain(`line ${line} is damaged`)
    await server.close()
    expect(await read(await start(file))).toEqual(kept)
  },
)

test('a record that a crash cut short is left out, one that only lacks its line break is not', async () => {
  const { file } = await written(3)
  const whole = await readFile(file, 'utf8')
  await writeFile(file, whole.slice(0, -1))
  const first = await start(file)
  expect(await read(first)).toEqual(['0', '1', '2'])
  await first.close()
  await writeFile(file, whole.slice(0, -10))
  expect(await read(await start(file))).toEqual(['0', '1'])
  expect(warnings).toContain('cut short')
})

test('on a full disk publishes are refused, and taken again when there is room', async () => {
  const file = newFile()
  const server = await start(file)
  await channelOf(server).publish('n', 'before')
  await expect.poll(async () => (await stat(file)).size).toBeGreaterThan(100)
  disk.free = 50
  // The first may still be confirmed: it waits to be written.
  const confirmed = channelOf(server).publish('n', 'x'.repeat(1000))
  await expect.poll(() => warnings).toContain('ENOSPC')
  await confirmed
  const error = await errorOf(channelOf(server).publish('n', 'refused'))
  expect(error).toMatchObject({ code: 50003, statusCode: 503 })
  expect(error.message).toMatch(/ENOSPC/)
  expect(warnings.match(/ENOSPC/g)).toHaveLength(1)
  disk.free = Infinity
  await vi.waitFor(() => channelOf(server).publish('n', 'after'), patience)
  const all = await read(server)
  expect(all.at(-1)).toBe('after')
  await server.close()
  // Nothing of the writes that failed is in the file.
  expect(await read(await start(file))).toEqual(all)
})

test('a server whose disk is full starts with what it has', async () => {
  const { file } = await written(2)
  disk.free = 0
  const server = await start(file)
  expect(await read(server)).toEqual(['0', '1'])
  expect(warnings).toContain('ENOSPC')
})

test('with syncFile, what is confirmed is on the disk, and what cannot be kept is refused', async () => {
  const file = newFile()
  const server = await start(file, { syncFile: true })
  const client = new Ably.Realtime({ ...server.clientOptions, logLevel: 0 })
  const channel = client.channels.get('chat')
  const before = disk.synced
  const { serials } = await channel.publish('n', 'kept')
  expect(disk.synced).toBeGreaterThan(before)
  expect(await readFile(file, 'utf8')).toContain('"kept"')
  await channel.appendMessage({ serial: serials[0]!, data: ' and grown' })
  expect(await readFile(file, 'utf8')).toContain('"kept and grown"')
  await channelOf(server).publish('n', 'by REST')
  expect(await readFile(file, 'utf8')).toContain('"by REST"')
  disk.free = 0
  expect(await errorOf(channel.publish('n', 'lost'))).toMatchObject({ code: 50003 })
  expect(await errorOf(channelOf(server).publish('n', 'lost'))).toMatchObject({ code: 50003 })
  client.close()
})

test('a publish and its confirmation survive the death of the process', async () => {
  const file = newFile()
  const child = fork(new URL('../../test/serveFile.ts', import.meta.url), [file], {
    execArgv: ['--import', 'tsx', '--conditions', '@rejoin/source'],
  })
  const [port] = (await once(child, 'message')) as [number]
  const client = new Ably.Realtime({
    key: 'local.key:secret',
    endpoint: '127.0.0.1',
    port,
    tls: false,
    logLevel: 0,
  })
  const channel = client.channels.get('chat')
  const confirmed: string[] = []
  const publishing = Array.from({ length: 200 }, (_, i) =>
    channel.publish('n', String(i)).then(
      () => {
        confirmed.push(String(i))
        if (confirmed.length === 60) child.kill('SIGKILL')
      },
      () => {},
    ),
  )
  await once(child, 'exit')
  client.close()
  await Promise.allSettled(publishing)
  const kept = await read(await start(file))
  expect(confirmed.length).toBeGreaterThanOrEqual(60)
  expect(confirmed.filter((one) => !kept.includes(one))).toEqual([])
})
