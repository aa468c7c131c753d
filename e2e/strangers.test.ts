import { connect, type Socket } from 'node:net'
import { Realtime, Rest, type ErrorInfo, type RealtimeChannel } from 'ably'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Chat } from './chat.ts'
import { useBrowser, useOwnDemo } from './stage.ts'
import { answers } from './truth.ts'

// Each forbidden thing, tried as a stranger would, with a browser or without one.

const person = useBrowser()
const demo = useOwnDemo()
/** Somebody with a conversation that has something in it. */
let owner: { id: string; channel: string; token: string; responseId: string; cookie: string }
let stranger: { cookie: string; id: string; token: string }

const api = (path: string, init: RequestInit & { cookie?: string } = {}) =>
  fetch(`${demo.url}/api${path}`, {
    ...init,
    headers: { ...(init.cookie && { cookie: init.cookie }), 'content-type': 'application/json' },
  })

async function signIn(): Promise<string> {
  const response = await api('/session', { method: 'POST', body: '{}' })
  return response.headers.get('set-cookie')!.split(';')[0]!
}

async function tokenFor(cookie: string, id: string): Promise<string> {
  return ((await (await api(`/conversations/${id}/token`, { cookie })).json()) as { token: string }).token
}

const options = (token: string) => {
  const { hostname, port } = new URL(demo.url)
  return { token, endpoint: hostname, port: Number(port), tls: false, logLevel: 0, echoMessages: false }
}

const refused = async (work: Promise<unknown>): Promise<number | undefined> => {
  try {
    await work
    return undefined
  } catch (error) {
    return (error as ErrorInfo).code
  }
}

/** The token was revoked; or (the SDK's word) it is over, and there is no way to another. */
const isRevoked = (code: number) => code === 40141 || code === 40171

const upgrade =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

beforeAll(async () => {
  const { context } = await person()
  const chat = await Chat.open(context, demo.url, 'message-per-response')
  await chat.ask(answers.thinking.prompt)
  await chat.completed()
  const id = new URL(chat.page.url()).pathname.split('/').at(-1)!
  const cookies = await context.cookies()
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  expect(cookies.map(({ httpOnly, sameSite }) => ({ httpOnly, sameSite }))).toEqual([
    { httpOnly: true, sameSite: 'Strict' },
  ])
  const responseId = (await chat.answer.getAttribute('data-response'))!
  owner = { id, channel: `ai:${id}`, token: await tokenFor(cookie, id), responseId, cookie }
  await context.close()

  const strange = await signIn()
  const made = await api('/conversations', {
    method: 'POST',
    cookie: strange,
    body: '{"pattern":"message-per-response"}',
  })
  const own = ((await made.json()) as { id: string }).id
  stranger = { cookie: strange, id: own, token: await tokenFor(strange, own) }
})

test("without a session nothing is given; with one's own, nothing of somebody else's", async () => {
  const paths: [string, string][] = [
    ['GET', `/conversations/${owner.id}`],
    ['GET', `/conversations/${owner.id}/token`],
    ['GET', `/conversations/${owner.id}/rows`],
    ['GET', `/conversations/${owner.id}/publishes`],
    ['POST', `/conversations/${owner.id}/faults`],
    ['DELETE', `/conversations/${owner.id}`],
  ]
  for (const [method, path] of paths) {
    expect([path, (await api(path, { method })).status]).toEqual([path, 401])
    expect([path, (await api(path, { method, cookie: stranger.cookie })).status]).toEqual([path, 404])
    expect([path, (await api(path, { method, cookie: 'rejoin_session=guessed' })).status]).toEqual([
      path,
      401,
    ])
  }
  const mine = (await (await api('/conversations', { cookie: stranger.cookie })).json()) as { id: string }[]
  expect(mine.map(({ id }) => id)).toEqual([stranger.id])
})

test("a stranger's token opens no channel but their own: not to read, not to write, not to be seen", async () => {
  const client = new Realtime(options(stranger.token))
  try {
    const channel = client.channels.get(owner.channel)
    expect(await refused(channel.publish('user-input', { promptId: 'x', text: 'hello' }))).toBe(40160)
    expect(await refused(channel.attach())).toBe(40160)
    // 90001: the channel failed when it was refused above.
    expect([40160, 90001]).toContain(await refused(channel.presence.enter()))
    const rest = new Rest(options(stranger.token))
    expect(await refused(rest.channels.get(owner.channel).history())).toBe(40160)
    expect(await refused(rest.channels.get(owner.channel).publish('cancel', null))).toBe(40160)
    expect(await refused(client.channels.get('ai:*').attach())).toBe(40160)
    // Their own works: the refusals above are not for another reason.
    await client.channels.get(`ai:${stranger.id}`).attach()
  } finally {
    client.close()
  }
})

test("even one's own token rewrites nothing, deletes nothing, and pretends to be nobody else", async () => {
  const client = new Realtime(options(owner.token))
  try {
    const channel = client.channels.get(owner.channel)
    await channel.attach()
    const page = await channel.history({ limit: 100 })
    const answer = page.items.find(({ name, clientId }) => name === 'response' && clientId === 'agent')!
    expect(answer.serial).toBeTruthy()
    expect(await refused(channel.updateMessage({ ...answer, data: 'forged' }))).toBe(40160)
    expect(await refused(channel.deleteMessage(answer))).toBe(40160)
    expect(await refused(channel.appendMessage({ ...answer, data: ' forged' }))).toBe(40160)
    expect(await refused(channel.publish({ name: 'response', data: 'forged', clientId: 'agent' }))).toBe(
      40012,
    )
    expect(await refused(channel.presence.enterClient('agent'))).toBeGreaterThan(40000)
    // A claim that a user writes into a message does not arrive.
    const reader = new Realtime(options(await tokenFor(owner.cookie, owner.id)))
    const received = new Promise<unknown>((resolve) => {
      void reader.channels
        .get(owner.channel)
        .subscribe('note', ({ extras }) => resolve((extras as { userClaim?: string })?.userClaim))
    })
    await reader.channels.get(owner.channel).attach()
    await channel
      .publish({ name: 'note', data: 'hello', extras: { userClaim: '{"role":"admin"}' } })
      .catch(() => {})
    await channel.publish({ name: 'note', data: 'hello' })
    expect(String(await received)).not.toContain('admin')
    reader.close()
  } finally {
    client.close()
  }
})

test('a token that was changed, or signed by somebody else, is refused', async () => {
  const [head, body, signature] = owner.token.split('.') as [string, string, string]
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>
  expect(claims['x-ably-capability']).toBe(
    JSON.stringify({ [owner.channel]: ['subscribe', 'history', 'publish', 'presence'] }),
  )
  expect(Number(claims.exp) - Number(claims.iat)).toBeLessThanOrEqual(300)
  const wider = Buffer.from(JSON.stringify({ ...claims, 'x-ably-capability': '{"*":["*"]}' })).toString(
    'base64url',
  )
  for (const token of [`${head}.${wider}.${signature}`, `${head}.${body}.AAAA`]) {
    const client = new Realtime({ ...options(token), disconnectedRetryTimeout: 60_000 })
    const state = await new Promise((resolve) =>
      client.connection.on(['connected', 'failed', 'disconnected'], ({ current }) => resolve(current)),
    )
    expect(state).not.toBe('connected')
    client.close()
  }
})

test('the key never reaches a browser', async () => {
  const { context } = await person()
  const page = await context.newPage()
  const bodies: Promise<string>[] = []
  page.on('response', (response) => {
    // A stream of events has no end to wait for.
    if (!response.url().endsWith('/publishes')) bodies.push(response.text().catch(() => ''))
  })
  await page.goto(demo.url)
  await new Chat(page).hydrated()
  const all = (await Promise.all(bodies)).join('\n')
  const keyName = JSON.parse(Buffer.from(owner.token.split('.')[0]!, 'base64url').toString()).kid as string
  expect(all).toContain('"token"')
  expect(all).not.toContain(`${keyName}:`)
  await context.close()
})

test('signing out ends the session everywhere, also for who has copied the cookie', async () => {
  const cookie = await signIn()
  expect((await api('/conversations', { cookie })).status).toBe(200)
  expect((await api('/session', { method: 'DELETE', cookie })).status).toBe(204)
  expect((await api('/conversations', { cookie })).status).toBe(401)
})

test('signing out ends the tokens that were given out, and their connections', async () => {
  const cookie = await signIn()
  const made = await api('/conversations', {
    method: 'POST',
    cookie,
    body: '{"pattern":"message-per-token"}',
  })
  const { id } = (await made.json()) as { id: string }
  const token = await tokenFor(cookie, id)
  const client = new Realtime(options(token))
  await client.connection.whenState('connected')
  const ended = new Promise((resolve) =>
    client.connection.on(['disconnected', 'failed'], ({ reason }) => resolve(reason?.code)),
  )
  await api('/session', { method: 'DELETE', cookie })
  expect(await ended).toSatisfy(isRevoked)
  client.close()
  expect(await refused(new Rest(options(token)).channels.get(`ai:${id}`).history())).toSatisfy(isRevoked)
})

test('another site can neither post for somebody nor frame the page', async () => {
  const response = await fetch(`${demo.url}/api/conversations`, {
    method: 'POST',
    headers: { cookie: owner.cookie, origin: 'https://evil.example', 'content-type': 'application/json' },
    body: '{"pattern":"message-per-response"}',
  })
  expect(response.status).toBe(403)
  const csp = (await fetch(`${demo.url}/react/`)).headers.get('content-security-policy')!
  expect(csp).toContain("frame-ancestors 'self'")
  expect(csp).toContain("script-src 'self'")
  expect(csp).not.toContain('unsafe')
})

test('a flood is stopped', async () => {
  const cookie = await signIn()
  const make = () =>
    api('/conversations', { method: 'POST', cookie, body: '{"pattern":"message-per-token"}' })
  // So many at once that no machine is slow enough to earn credit for all of them.
  const statuses = (await Promise.all(Array.from({ length: 150 }, make))).map(({ status }) => status)
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(30)
  expect(statuses).toContain(429)
  expect(new Set(statuses).size).toBe(2)
})

test('files outside of the pages are not served', async () => {
  for (const path of [
    '/../package.json',
    '/..%2fpackage.json',
    '/%2e%2e/server/main.ts',
    '/assets/..%5c..%5cpackage.json',
    '/react/../../package.json',
  ]) {
    const response = await fetch(`${demo.url}${path}`)
    expect(await response.text()).not.toContain('@rejoin/demo')
  }
})

describe('whatever somebody sends into their own conversation', () => {
  let client: Realtime
  let channel: RealtimeChannel
  let id: string
  let cookie: string

  interface StoredRow {
    id: string
    role: string
    text?: string
    status?: string
    promptId?: string
    clientId?: string
  }

  beforeAll(async () => {
    cookie = await signIn()
    const made = await api('/conversations', {
      method: 'POST',
      cookie,
      body: '{"pattern":"message-per-response"}',
    })
    ;({ id } = (await made.json()) as { id: string })
    client = new Realtime(options(await tokenFor(cookie, id)))
    channel = client.channels.get(`ai:${id}`)
    await channel.attach()
  })

  afterAll(() => client.close())

  const rows = async () => {
    const response = await api(`/conversations/${id}/rows?limit=100`, { cookie })
    return ((await response.json()) as { rows: StoredRow[] }).rows
  }
  const ask = (promptId: string, text: string) => channel.publish('user-input', { promptId, text })
  const answersTo = async (...promptIds: string[]): Promise<StoredRow[]> => {
    const found = async () => {
      const all = await rows()
      return promptIds.flatMap((promptId) => all.find((row) => row.promptId === promptId) ?? [])
    }
    await expect.poll(found).toHaveLength(promptIds.length)
    return found()
  }

  test('NUL and lone surrogates, in texts and ids, are answered and stored, and nothing waits behind them', async () => {
    const { prompt } = answers.thinking
    await ask('nul', `hello \0 world`)
    await ask('surrogate', 'cut emoji \ud83d')
    await ask('id \0 \udc00', prompt)
    await ask('plain', prompt)
    const found = await answersTo('nul', 'surrogate', 'plain', 'id \ufffd \ufffd')
    expect(found.map(({ status }) => status)).toEqual(Array(4).fill('complete'))
    const stored = await rows()
    expect(stored.some((row) => row.id === 'id \ufffd \ufffd')).toBe(true)
    expect(stored.find((row) => row.id === 'nul')?.text).toBe('hello \ufffd world')
    expect(stored.find((row) => row.id === 'surrogate')?.text).toBe('cut emoji \ufffd')
  })

  test("a prompt whose id is taken changes nobody's row, an answer's least of all", async () => {
    await ask('first', answers.thinking.prompt)
    const [answer] = (await answersTo('first')) as [StoredRow]
    const before = await rows()
    await ask(answer.id, 'replaced by a prompt')
    const [refusal] = (await answersTo(answer.id)) as [StoredRow]
    expect(refusal.status).toBe('error')
    const after = await rows()
    expect(after.filter((row) => row.id !== refusal.id)).toEqual(before)
  })

  test('a prompt too many says so, and the others are answered', async () => {
    const ids = Array.from({ length: 9 }, (_, nth) => `many${nth}`)
    const refusedOnes = async () => (await rows()).filter(({ status }) => status === 'error')
    const before = (await refusedOnes()).length
    await demo.model.holdAt(20)
    await Promise.all(ids.map((promptId) => ask(promptId, answers.openai.prompt)))
    await expect.poll(async () => (await refusedOnes()).length, { interval: 1000 }).toBe(before + 4)
    await demo.model.goOn()
    const statuses = (await answersTo(...ids)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 'complete')).toHaveLength(5)
  })

  test('a flood of messages is refused, and fills no memory', async () => {
    const results = await Promise.allSettled(Array.from({ length: 400 }, () => channel.publish('junk', 'z')))
    const codes = results.map((result) =>
      result.status === 'rejected' ? (result.reason as ErrorInfo).code : 0,
    )
    expect(codes.filter((code) => code === 42911).length).toBeGreaterThan(30)
  })

  test('connections and streams have an end', async () => {
    const { hostname, port } = new URL(demo.url)
    const opened: Socket[] = []
    const connection = () =>
      new Promise<string>((resolve) => {
        const target = `/?access_token=${owner.token}&v=2&format=json`
        const socket = connect(Number(port), hostname, () =>
          socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`),
        )
        socket.on('data', (data) => resolve(String(data).split(' ')[1]!)).on('error', () => {})
        opened.push(socket)
      })
    const sockets = await Promise.all(Array.from({ length: 40 }, connection))
    expect(sockets.filter((status) => status === '101').length).toBeLessThanOrEqual(30)
    expect(sockets.filter((status) => status === '429').length).toBeGreaterThanOrEqual(10)
    for (const socket of opened) socket.destroy()
    const abort = new AbortController()
    const streams = await Promise.all(
      Array.from({ length: 35 }, () =>
        api(`/conversations/${stranger.id}/publishes`, { cookie: stranger.cookie, signal: abort.signal }),
      ),
    )
    expect(streams.filter(({ status }) => status === 429)).toHaveLength(5)
    abort.abort()
  })
})

test('what is asked wrongly is told as such', async () => {
  for (const path of ['/rows?cursor=%00', '/rows?cursor=1_%00', '/rows?limit=x', '/rows?limit=1e9']) {
    const response = await api(`/conversations/${stranger.id}${path}`, { cookie: stranger.cookie })
    expect([path, response.status]).toEqual([path, 400])
  }
})

test('no request line ends the server', async () => {
  const { hostname, port } = new URL(demo.url)
  for (const target of ['//', '///', '/%', '*', 'http://', '/channels/\x7f'])
    for (const more of ['', upgrade])
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () =>
          socket.end(`GET ${target} HTTP/1.1\r\nHost: x\r\n${more}\r\n`),
        )
        socket
          .on('error', () => {})
          .on('close', () => resolve())
          .resume()
      })
  expect((await api('/config')).status).toBe(200)
})

test('all of it left no stack and no warning in the terminal', () => {
  expect(demo.output()).not.toMatch(/^\s+at |Warning|Unhandled|unhandled error/m)
})
