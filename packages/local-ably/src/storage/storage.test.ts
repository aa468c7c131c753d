import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as Ably from 'ably'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLocalAbly, type LocalAbly } from '../index.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-ably-'))
})
afterAll(() => rm(folder, { recursive: true }))

const client = (server: LocalAbly) => new Ably.Rest({ ...server.clientOptions, clientId: 'x', logLevel: 0 })

test('a server that starts from a file goes on where the last one stopped', async () => {
  const file = join(folder, 'kept.jsonl')
  const first = await startLocalAbly({ file })
  const channel = client(first).channels.get('chat')
  const { serials } = await channel.publish(
    [
      { name: 'a', data: 'text' },
      { id: 'known', data: Buffer.from([1, 2]) },
    ].slice(0, 1),
  )
  await channel.publish({ id: 'known', data: Buffer.from([1, 2]) })
  await channel.appendMessage({ serial: serials[0]!, data: ' grown' })
  await channel.updateMessage({ serial: serials[0]!, data: { new: true } })
  await channel.annotations.publish(serials[0]!, { type: 'seen:flag.v1' })
  await first.close()

  const second = await startLocalAbly({ file })
  const again = client(second).channels.get('chat')
  const { items } = await again.history({ direction: 'forwards' })
  expect(items.map(({ action, data }) => [action, data as unknown])).toEqual([
    ['message.update', { new: true }],
    ['message.create', Buffer.from([1, 2])],
  ])
  expect(items[0]!.annotations.summary).toEqual({
    'seen:flag.v1': { total: 1, clientIds: ['x'], clipped: false },
  })
  expect((await again.getMessageVersions(serials[0]!)).items.map((one) => one.data as unknown)).toEqual([
    'text grown',
    { new: true },
  ])
  const repeat = await again.publish({ id: 'known', data: 'other' })
  expect(repeat.serials).toEqual([items[1]!.serial])
  const next = await again.publish('n', 'later')
  expect(String(next.serials[0]) > String(items[1]!.serial)).toBe(true)
  await second.close()
})

test('a file that a crash cut short is read as far as it goes', async () => {
  const file = join(folder, 'cut.jsonl')
  const first = await startLocalAbly({ file })
  await client(first).channels.get('chat').publish('n', '1')
  await client(first).channels.get('chat').publish('n', '2')
  await first.close()
  const written = await readFile(file, 'utf8')
  await writeFile(file, written.slice(0, -20))
  const second = await startLocalAbly({ file })
  const { items } = await client(second).channels.get('chat').history()
  expect(items.map((message) => message.data as unknown)).toEqual(['1'])
  await second.close()
})

test('apps made at run time are kept, and forgotten when they are deleted', async () => {
  const file = join(folder, 'apps.jsonl')
  const first = await startLocalAbly({ file })
  const make = async () => {
    const answer = await fetch(`${first.url}/apps`, { method: 'POST' })
    return (await answer.json()) as { appId: string; keys: { keyStr: string }[] }
  }
  const [kept, gone] = [await make(), await make()]
  const authorization = `Basic ${Buffer.from(gone.keys[0]!.keyStr).toString('base64')}`
  await fetch(`${first.url}/apps/${gone.appId}`, { method: 'DELETE', headers: { authorization } })
  await first.close()
  const second = await startLocalAbly({ file })
  const status = async (key: string) => {
    const rest = new Ably.Rest({ ...second.clientOptions, key, logLevel: 0 })
    return (await rest.request('GET', '/channels/x/messages', 6)).statusCode
  }
  expect(await status(kept.keys[0]!.keyStr)).toBe(200)
  expect(await status(gone.keys[0]!.keyStr)).toBe(401)
  await second.close()
})

test('a restart without memory reads the file again', async () => {
  const server = await startLocalAbly({ file: join(folder, 'restart.jsonl') })
  await client(server).channels.get('chat').publish('n', 'kept')
  await server.faults.restart({ memory: false })
  const { items } = await client(server).channels.get('chat').history()
  expect(items.map((message) => message.data as unknown)).toEqual(['kept'])
  await server.close()
})

test('whatever names a client gives its headers and metadata, they are kept', async () => {
  const file = join(folder, 'names.jsonl')
  const first = await startLocalAbly({ file })
  const channel = client(first).channels.get('chat')
  const headers = { summary: 's', weight: 'w', type: 'Buffer', data: 'd' }
  const { serials } = await channel.publish({ name: 'n', data: '1', extras: { headers } })
  await channel.updateMessage({ serial: serials[0]!, data: '2' }, { metadata: headers })
  await first.close()
  const second = await startLocalAbly({ file })
  const { items } = await client(second).channels.get('chat').history()
  expect(items[0]).toMatchObject({ data: '2', extras: { headers }, version: { metadata: headers } })
  await second.close()
})
