import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeFile } from '../agent/fileFacts.ts'
import { Files as AgentFiles } from '../agent/files.ts'
import { openDatabase, type Database } from '../server/database.ts'
import { addFiles } from '../server/fileEndpoints.ts'
import { Files, longestFile } from '../server/files.ts'
import { Router, type Call } from '../server/http.ts'
import { Limits } from '../server/limits.ts'
import { mediaTypeOf } from '../server/mediaType.ts'
import { notFound } from '../server/problem.ts'
import { migrate } from '../server/schema.ts'
import { Store, type Conversation, type User } from '../server/store.ts'
import { longestFile as longestInPage } from '../web/common/files.ts'
import { pdf, png } from './samples.ts'

const folder = mkdtempSync(join(tmpdir(), 'rejoin-files-'))
let db: Database
let files: Files
let server: Server
let url = ''

const people = ['ann', 'ben'].map((id): [Conversation, User] => [
  {
    id: `c-${id}`,
    ownerId: id,
    pattern: 'message-per-token',
    title: '',
    named: false,
    createdAt: 1,
    updatedAt: 1,
  },
  { id, name: id },
])

beforeAll(async () => {
  db = await openDatabase({ folder })
  await migrate(db)
  const store = new Store(db)
  for (const [conversation, user] of people) {
    await store.addUser(user)
    await store.addConversation(conversation)
  }
  files = new Files(db, 1024 * 1024)
  const owned = ({ request, params }: Call) => {
    const found = people.find(([{ id }, user]) => id === params.id && user.id === request.headers.cookie)
    if (!found) throw notFound('conversation')
    return Promise.resolve(found)
  }
  const router = addFiles(new Router(), { files, limits: new Limits(), owned })
  server = createServer(
    (request, response) => void router.handle(request, response, new URL(`http://x${request.url}`)),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await db.close()
  rmSync(folder, { recursive: true, force: true })
})

const send = (body: Uint8Array, type: string, name: string, who = 'ann', conversation = 'c-ann') =>
  fetch(`${url}/api/conversations/${conversation}/files`, {
    method: 'POST',
    headers: { cookie: who, 'content-type': type, 'x-filename': encodeURIComponent(name) },
    body: new Uint8Array(body),
  })

const get = (path: string, who = 'ann') => fetch(`${url}${path}`, { headers: { cookie: who } })

const addressOf = async (answer: Response) => ((await answer.json()) as { url: string }).url

test('a picture comes back as it was, to be shown; a PDF to be downloaded', async () => {
  const picture = await get(await addressOf(await send(png(3, 2), 'image/png', 'a “cat”.png')))
  expect(picture.headers.get('content-type')).toBe('image/png')
  expect(picture.headers.get('content-disposition')).toBe(
    "inline; filename*=UTF-8''a%20%E2%80%9Ccat%E2%80%9D.png",
  )
  expect(new Uint8Array(await picture.arrayBuffer())).toEqual(new Uint8Array(png(3, 2)))
  const document = await get(await addressOf(await send(pdf(2), 'application/pdf', 'paper.pdf')))
  expect(document.headers.get('content-type')).toBe('application/pdf')
  expect(document.headers.get('content-disposition')).toMatch(/^attachment/)
})

test.each([
  ['text/html', '<script>alert(1)</script>'],
  ['image/svg+xml', '<svg onload="alert(1)"/>'],
  ['image/png', '<script>alert(1)</script>'],
  ['text/javascript', 'alert(1)'],
  ['nonsense', ''.padEnd(10, '\0')],
])('%s that could run is downloaded, and does nothing if it is opened', async (type, text) => {
  const answer = await get(await addressOf(await send(Buffer.from(text), type, '../../x.html')))
  expect(answer.headers.get('content-type')).toBe('application/octet-stream')
  expect(answer.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''x.html")
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  expect(answer.headers.get('content-security-policy')).toContain('sandbox')
})

test('a file is its conversation’s alone', async () => {
  const address = await addressOf(await send(png(1, 1), 'image/png', 'mine.png'))
  expect((await get(address, 'ben')).status).toBe(404)
  expect((await get(address.replace('c-ann', 'c-ben'), 'ben')).status).toBe(404)
  expect((await send(png(1, 1), 'image/png', 'x.png', 'ben', 'c-ann')).status).toBe(404)
})

test('the limits are told, and hold for uploads at the same time', async () => {
  expect(longestInPage).toBe(longestFile)
  expect((await send(new Uint8Array(0), 'image/png', 'x')).status).toBe(400)
  const tooLarge = await send(new Uint8Array(longestFile + 1), 'image/png', 'x')
  expect(tooLarge.status).toBe(413)
  const large = () => send(new Uint8Array(100 * 1024), 'text/plain', 'x', 'ben', 'c-ben')
  const statuses = await Promise.all(Array.from({ length: 12 }, async () => (await large()).status))
  expect(statuses.filter((status) => status === 200)).toHaveLength(10)
  expect(statuses.filter((status) => status === 413)).toHaveLength(2)
})

test('the agent receives the files and describes them', async () => {
  const address = await addressOf(await send(png(3, 2), 'image/png', 'cat.png'))
  const agent = new AgentFiles((id) => files.read('c-ann', id))
  const part = { id: '0', type: 'file', mediaType: 'image/png', url: address } as const
  expect(describeFile((await agent.get(part))!)).toMatch(/^a PNG picture of 3 by 2 pixels/)
  const inlined = await agent.inline(part)
  expect(inlined?.url).toBe(`data:image/png;base64,${Buffer.from(png(3, 2)).toString('base64')}`)
  expect(await agent.inline({ ...part, url: 'https://example.com/files/other' })).toBeUndefined()
  expect(describeFile({ mediaType: 'application/pdf', name: 'x', data: pdf(2) })).toMatch(/2 pages/)
})

test('a file that is cut short is described all the same', () => {
  for (const mediaType of ['image/png', 'image/gif', 'image/jpeg', 'application/pdf', 'text/plain', 'x/y'])
    expect(describeFile({ mediaType, name: 'x', data: new Uint8Array(3) })).toContain('3 bytes')
})

test('a type is believed if the first bytes agree', () => {
  expect(mediaTypeOf('image/png', png(1, 1))).toBe('image/png')
  expect(mediaTypeOf('image/jpeg', png(1, 1))).toBe('application/octet-stream')
  const riff = (kind: string) => Buffer.from(`RIFF\x24\x00\x00\x00${kind}VP8 `, 'latin1')
  expect(mediaTypeOf('image/webp', riff('WEBP'))).toBe('image/webp')
  expect(mediaTypeOf('image/webp', riff('WAVE'))).toBe('application/octet-stream')
  expect(mediaTypeOf('image/jpeg', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0))).toBe('image/jpeg')
  expect(mediaTypeOf('image/gif', Buffer.from('GIF89a'))).toBe('image/gif')
  expect(mediaTypeOf('Text/Plain; charset=utf-8', Buffer.from('x'))).toBe('text/plain')
  expect(mediaTypeOf(undefined, png(1, 1))).toBe('application/octet-stream')
})
