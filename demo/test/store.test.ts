import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase, type Database } from '../server/database.ts'
import { migrate } from '../server/schema.ts'
import { Store } from '../server/store.ts'

const folder = mkdtempSync(join(tmpdir(), 'rejoin-store-'))
let db: Database
let store: Store

beforeAll(async () => {
  db = await openDatabase({ url: process.env.TEST_DATABASE_URL, folder })
  await migrate(db)
  store = new Store(db)
  await store.addUser({ id: 'u', name: 'Jade Heron' })
})

afterAll(async () => {
  await db.close()
  rmSync(folder, { recursive: true, force: true })
})

async function conversation(id: string) {
  const pattern = 'message-per-token' as const
  await store.addConversation({ id, ownerId: 'u', pattern, title: '', createdAt: 1, updatedAt: 1 })
  return id
}

test('migrating again changes nothing', async () => {
  await migrate(db)
  const [row] = await db.query('select count(*)::int as steps from schema_version')
  expect(row).toEqual({ steps: 1 })
})

test('a message written twice is there once, as it was written last', async () => {
  const id = await conversation('twice')
  await store.saveMessage(id, { id: 'r1', role: 'assistant', text: 'Hel', createdAt: 5 })
  await store.saveMessage(id, { id: 'r1', role: 'assistant', text: 'Hello', createdAt: 5 })
  expect((await store.messages(id, 10)).rows).toEqual([
    { id: 'r1', role: 'assistant', text: 'Hello', createdAt: 5 },
  ])
})

test('text survives as it is: quotes, emoji, lone newlines', async () => {
  const id = await conversation('text')
  const text = `it's "so" \\ 🙂\n\t\u2028 Ω '); drop table messages; --`
  await store.saveMessage(id, { id: 'r', role: 'assistant', text, createdAt: 1 })
  expect((await store.messages(id, 1)).rows[0]?.text).toBe(text)
})

test('pages reach every message once, also where times are equal', async () => {
  const id = await conversation('pages')
  const ids = Array.from({ length: 23 }, (_, index) => `m${String(index).padStart(2, '0')}`)
  for (const [index, message] of ids.entries())
    await store.saveMessage(id, {
      id: message,
      role: 'user',
      text: message,
      createdAt: Math.floor(index / 4),
    })
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await store.messages(id, 5, cursor)
    seen.unshift(...page.rows.map((row) => row.id))
    cursor = page.cursor
  } while (cursor !== undefined)
  expect(seen).toEqual(ids)
})

test('a cursor that nobody gave out is no error', async () => {
  const id = await conversation('cursor')
  await store.saveMessage(id, { id: 'm', role: 'user', text: 'm', createdAt: 1 })
  for (const cursor of ['', '_', 'x_y', "1'_--"]) await store.messages(id, 5, cursor)
})

test('a session that has expired or was ended is nobody', async () => {
  await store.addSession('live', 'u', Date.now() + 60_000)
  await store.addSession('old', 'u', Date.now() - 1)
  expect(await store.userOfSession('live')).toEqual({ id: 'u', name: 'Jade Heron' })
  expect(await store.userOfSession('old')).toBeUndefined()
  await store.removeSession('live')
  expect(await store.userOfSession('live')).toBeUndefined()
})

test('a database that is in use is refused with the cure', async () => {
  if (process.env.TEST_DATABASE_URL) return
  // A live process other than this one: our parent.
  const { writeFileSync } = await import('node:fs')
  const other = mkdtempSync(join(tmpdir(), 'rejoin-lock-'))
  writeFileSync(join(other, 'lock'), String(process.ppid))
  await expect(openDatabase({ folder: other })).rejects.toThrow(/another demo \(process \d+\) uses it/)
  rmSync(other, { recursive: true })
})
