import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLocalAbly, type LocalAbly } from '@rejoin/local-ably'
import { Realtime } from 'ably'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AgentProcess } from '../server/agents.ts'
import { createApi } from '../server/api.ts'
import { openDatabase, type Database } from '../server/database.ts'
import { Limits } from '../server/limits.ts'
import { migrate } from '../server/schema.ts'
import { Sessions } from '../server/sessions.ts'
import { Store } from '../server/store.ts'
import { Tokens } from '../server/tokens.ts'

const folder = mkdtempSync(join(tmpdir(), 'rejoin-api-'))
let db: Database
let local: LocalAbly
let server: Server
let url = ''
const closed: string[] = []

beforeAll(async () => {
  db = await openDatabase({ folder })
  await migrate(db)
  local = await startLocalAbly({ keys: [{ key: 'local.demo:secret', revocableTokens: true }] })
  const store = new Store(db)
  const agent = {
    open: () => Promise.resolve(),
    close: (id: string) => Promise.resolve(closed.push(id)),
  } as unknown as AgentProcess
  const api = createApi({
    store,
    sessions: new Sessions(store),
    tokens: new Tokens(local.key, local.clientOptions),
    limits: new Limits(),
    agent,
    proxies: 1,
    config: {},
  })
  server = createServer(
    (request, response) => void api.handle(request, response, new URL(`http://x${request.url}`)),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`
})

afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await local.close()
  await db.close()
  rmSync(folder, { recursive: true, force: true })
})

const call = (method: string, path: string, cookie: string, body?: string) =>
  fetch(`${url}${path}`, {
    method,
    headers: { cookie, 'content-type': 'application/json' },
    body: body ?? null,
  })

async function signIn(from = '198.51.100.1'): Promise<string> {
  const response = await fetch(`${url}/session`, {
    method: 'POST',
    headers: { 'x-forwarded-for': from },
    body: '{}',
  })
  return response.headers.get('set-cookie')?.split(';')[0] ?? ''
}

async function conversation(cookie: string): Promise<string> {
  const made = await call('POST', '/conversations', cookie, '{"pattern":"message-per-token"}')
  return ((await made.json()) as { id: string }).id
}

const tokenFor = async (cookie: string, id: string) =>
  ((await (await call('GET', `/conversations/${id}/token`, cookie)).json()) as { token: string }).token

/** A connection with a token, and how its end shows. */
async function connect(token: string): Promise<{ client: Realtime; ended: Promise<number | undefined> }> {
  const client = new Realtime({ ...local.clientOptions, key: undefined, token, logLevel: 0 })
  await client.connection.whenState('connected')
  const ended = new Promise<number | undefined>((resolve) =>
    client.connection.on(['disconnected', 'failed'], ({ reason }) => resolve(reason?.code)),
  )
  return { client, ended }
}

test('a page begins with one request: who one is, and a conversation the first time', async () => {
  const home = async (cookie: string, body: object) => {
    const response = await fetch(`${url}/home`, {
      method: 'POST',
      headers: { cookie, 'x-forwarded-for': '198.51.100.9' },
      body: JSON.stringify(body),
    })
    const { user, conversations } = (await response.json()) as {
      user: { id: string }
      conversations: { id: string }[]
    }
    const given = response.headers.get('set-cookie')?.split(';')[0]
    return { user, ids: conversations.map(({ id }) => id), given }
  }
  const first = await home('', { conversation: '' })
  expect(first.ids).toHaveLength(1)
  const again = await home(first.given!, { conversation: '' })
  expect(again).toEqual({ user: first.user, ids: first.ids, given: undefined })
  // A link to a conversation is followed: none is made.
  const linked = await home('', { conversation: first.ids[0] })
  expect(linked.user.id).not.toBe(first.user.id)
  expect(linked.ids).toEqual([])
})

test('bad input is a 400 that says what is wrong, never an outage', async () => {
  const cookie = await signIn()
  const id = await conversation(cookie)
  const rows = `/conversations/${id}/rows`
  for (const [path, said] of [
    [`${rows}?cursor=%00`, 'cursor'],
    [`${rows}?cursor=1_%00`, 'cursor'],
    [`${rows}?cursor=${encodeURIComponent(Buffer.from('[1,"\\u0000"]').toString('base64url'))}`, 'cursor'],
    [`${rows}?limit=1e9`, 'limit'],
    [`${rows}?limit=%00`, 'limit'],
  ]) {
    const response = await call('GET', path!, cookie)
    expect([path, response.status]).toEqual([path, 400])
    expect(await response.text()).toContain(said)
  }
  for (const body of ['{"pattern":"\\u0000"}', '{"pattern":["message-per-token"]}', '{', '"x"', '\0'])
    expect((await call('POST', '/conversations', cookie, body)).status).toBe(400)
  for (const name of ['a\0b', '\ud83d', '<b>', 'x'.repeat(41), 7])
    expect((await call('POST', '/session', '', JSON.stringify({ name }))).status).toBe(400)
  for (const odd of ['rejoin_session=%00', 'rejoin_session=\u00ff', 'rejoin_session==;;', 'x'])
    expect((await call('GET', '/conversations', odd)).status).toBe(401)
})

test('sign-ins are limited by client, also behind a proxy: one cannot lock the others out', async () => {
  // Until one is refused: a slow machine gives the client time to be let in again.
  const refused = async (from: (nth: number) => string) => {
    const many = () => Promise.all(Array.from({ length: 70 }, (_, nth) => signIn(from(nth))))
    while (!(await many()).includes(''));
  }
  await refused(() => '203.0.113.9')
  expect(await signIn('203.0.113.10')).not.toBe('')
  // What the client itself writes in front counts for nothing.
  await refused((nth) => `1.2.3.${nth}, 203.0.113.9`)
})

test('signing out ends the tokens of that sign-in, and the connections they opened', async () => {
  const [cookie, other] = [await signIn(), await signIn()]
  const token = await tokenFor(cookie, await conversation(cookie))
  const own = await connect(token)
  const others = await connect(await tokenFor(other, await conversation(other)))
  expect((await call('DELETE', '/session', cookie)).status).toBe(204)
  expect(await own.ended).toBe(40141)
  const again = new Realtime({ ...local.clientOptions, key: undefined, token, logLevel: 0 })
  const state = await new Promise((resolve) =>
    again.connection.on(['connected', 'failed', 'disconnected'], ({ current }) => resolve(current)),
  )
  expect(state).not.toBe('connected')
  expect(others.client.connection.state).toBe('connected')
  for (const client of [own.client, others.client, again]) client.close()
})

test('deleting a conversation ends its agent and its tokens', async () => {
  const cookie = await signIn()
  const id = await conversation(cookie)
  const { client, ended } = await connect(await tokenFor(cookie, id))
  expect((await call('DELETE', `/conversations/${id}`, cookie)).status).toBe(204)
  expect(closed).toContain(id)
  expect(await ended).toBe(40141)
  expect((await call('GET', `/conversations/${id}`, cookie)).status).toBe(404)
  client.close()
})

test('an attachment publishes no faster than a person can; what is more is refused', async () => {
  const cookie = await signIn()
  const id = await conversation(cookie)
  const { client } = await connect(await tokenFor(cookie, id))
  const channel = client.channels.get(`ai:${id}`)
  // So many that no machine is slow enough to earn credit for all of them.
  const results = await Promise.allSettled(Array.from({ length: 1000 }, () => channel.publish('note', 'x')))
  const refusals = results.filter((result) => result.status === 'rejected')
  expect(refusals.length).toBeGreaterThan(0)
  expect(refusals.length).toBeLessThan(1000)
  expect((refusals[0]!.reason as { code: number }).code).toBe(42911)
  client.close()
})

test('nobody has conversations without end', async () => {
  const cookie = await signIn()
  const id = await conversation(cookie)
  await db.query(
    `insert into conversations (id, owner_id, pattern, title, created_at, updated_at)
     select 'many' || n, owner_id, pattern, '', 1, 1 from conversations, generate_series(1, 199) n where id = $1`,
    [id],
  )
  const response = await call('POST', '/conversations', cookie, '{"pattern":"message-per-token"}')
  expect(response.status).toBe(409)
  expect(await response.text()).toContain('Delete one first')
})
