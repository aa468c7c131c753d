import type { Server } from 'node:http'
import { createSession, type Hydrator, type Row, type Session } from '@rejoin/core'
import { createAgent, type CheckpointStore } from '@rejoin/agent'
import { startLocalAbly, type LocalAbly } from '@rejoin/local-ably'
import { Realtime as AblyRealtime } from 'ably'
import { Window } from 'happy-dom'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { patience } from '../../packages/core/test/patience.ts'
import { closeClients, Realtime } from './ably.ts'
import { run, said, startModel } from './running.ts'

let server: LocalAbly
let model: Server
beforeAll(async () => void (model = await startModel()))
afterAll(() => void model.close())
beforeEach(async () => {
  server = await startLocalAbly()
  Object.assign(globalThis, { localAbly: server.clientOptions })
})
afterEach(async () => {
  closeClients()
  await server.close()
})

/** Resolves once an agent is on the channel, and so hears what is asked. */
async function present(session: Session): Promise<void> {
  await session.ready
  await new Promise<void>((resolve) => {
    const look = () => session.getSnapshot().agents.length > 0 && resolve()
    session.subscribe(look)
    look()
  })
}

/** Resolves to the first answer that ends; `open` may make the agent. */
async function answerTo(text: string, open: () => Promise<unknown>) {
  const session = createSession({ client: new Realtime({ clientId: 'someone' }), channelName: 'ai:chat' })
  await session.ready
  const finished = new Promise<string>((resolve) =>
    session.on('finish', ({ response }) => resolve(response.id)),
  )
  await open()
  await present(session)
  await session.sendMessage({ text })
  const { text: answer, verified, status } = session.getResponse(await finished)!
  session.close()
  return { answer, verified, status }
}

const right = { answer: said.join(''), verified: true, status: 'complete' }

describe('agents', () => {
  test('of the README', async () => {
    expect(await answerTo('What is a rope?', () => run('README.md', 'agent.ts'))).toEqual(right)
  })

  test('of Getting started', async () => {
    const open = () => run('docs/getting-started.md', 'agent.ts')
    expect(await answerTo('What is a rope?', open)).toEqual(right)
  })

  test('of Agents', async () => {
    expect(await answerTo('What is a rope?', () => run('docs/agents.md', 'agent.ts'))).toEqual(right)
  })

  test('that repeats what it hears', async () => {
    const open = () => run('docs/getting-started.md', 'parrot.ts')
    expect(await answerTo('Hello there', open)).toEqual({ ...right, answer: 'You said: Hello there' })
  })
})

test('plain TypeScript', async () => {
  await run('docs/getting-started.md', 'parrot.ts')
  const other = createSession({ client: new Realtime({ clientId: 'other' }), channelName: 'ai:chat' })
  await present(other)
  other.close()
  const { session, promptId } = await run<{ session: Session; promptId: string }>(
    'docs/getting-started.md',
    'chat.ts',
  )
  const answered = () =>
    session
      .getSnapshot()
      .messages.map(({ id }) => session.getResponse(id))
      .find((r) => r?.promptId === promptId)
  await vi.waitUntil(() => answered()?.status === 'complete', { timeout: patience })
  expect(answered()!.text).toBe('You said: What is a rope?')
  session.close()
})

test('a view that appends shows the text of the answer alone, in one node', async () => {
  const { document, Text } = new Window()
  vi.stubGlobal('Text', Text)
  const { follow } = await run<{ follow(s: Session, id: string, element: object): () => void }>(
    'docs/getting-started.md',
    'append.ts',
  )
  const session = createSession({ client: new Realtime({ clientId: 'ann' }), channelName: 'ai:chat' })
  await session.ready
  const agent = createAgent({ client: new Realtime({ clientId: 'agent' }), channelName: 'ai:chat' })
  await agent.ready
  const response = agent.respond()
  const { responseId: id } = response
  const element = document.createElement('p')
  follow(session, id, element)
  const shown = async (text: string) => {
    await vi.waitUntil(() => session.getResponse(id)?.text === text, { timeout: patience })
    expect(element.textContent).toBe(text)
    expect(element.childNodes.length).toBe(1)
  }
  response.append('A ')
  await shown('A ')
  response.append('rope ')
  await shown('A rope ')
  response.reasoning('Which rope?')
  response.append('is twisted.')
  await shown('A rope is twisted.')
  response.retract()
  response.append('Rope: ')
  await shown('Rope: ')
  response.append('twisted.')
  await shown('Rope: twisted.')
  await response.end()
  vi.unstubAllGlobals()
  session.close()
  await agent.close()
})

test('a hydrator of one’s own', async () => {
  const { cached } = await run<{ cached(read: () => Row[]): Hydrator }>('docs/hydration.md', 'cached.ts')
  const rows: Row[] = [{ id: 'r1', role: 'assistant', text: 'from last time', createdAt: 1 }]
  const client = new Realtime({})
  const session = createSession({ client, channelName: 'ai:chat', hydrate: cached(() => rows) })
  await session.ready
  expect(session.getResponse('r1')?.text).toBe('from last time')
  session.close()
})

test('checkpoints in Redis', async () => {
  const { redisCheckpoints } = await run<{
    redisCheckpoints(redis: object): CheckpointStore
  }>('docs/agents.md', 'checkpoints.ts')
  const values = new Map<string, string>()
  const store = redisCheckpoints({
    get: (key: string) => Promise.resolve(values.get(key) ?? null),
    set: (key: string, value: string) => Promise.resolve(values.set(key, value) && 'OK'),
  })
  expect(await store.load('ai:chat')).toBeUndefined()
  const checkpoint = { serial: 's', open: [], recent: ['p'] }
  await store.save('ai:chat', checkpoint)
  expect(await store.load('ai:chat')).toEqual(checkpoint)
})

describe('capabilities', () => {
  /** An agent with what the page lists, but for one of them. */
  async function agentWithout(missing?: string) {
    const all = ['subscribe', 'publish', 'history', 'presence', 'message-update-own']
    const capability = { 'ai:chat': all.filter((c) => c !== missing) }
    const own = await startLocalAbly({ keys: [{ key: 'app.agent:secret', capability }] })
    const client = new AblyRealtime({ ...own.clientOptions, key: 'app.agent:secret', clientId: 'agent' })
    const agent = createAgent({ client, channelName: 'ai:chat', retry: { giveUpAfter: 0 } })
    const errors: string[] = []
    agent.on('error', ({ code }) => errors.push(code))
    try {
      agent.onPrompt(() => {})
      await agent.ready
      const response = agent.respond()
      for (const word of said) {
        response.append(word)
        await response.flush()
      }
      await response.end()
    } catch (error) {
      errors.push((error as { code: string }).code)
    } finally {
      await agent.close()
      client.close()
      await own.close()
    }
    return [...new Set(errors)]
  }

  test('of an agent: enough', async () => expect(await agentWithout()).toEqual([]))

  test.each(['publish', 'presence', 'message-update-own'])(
    'of an agent, without %s: not enough',
    async (missing) => expect(await agentWithout(missing)).toContain('not_allowed'),
  )

  /** What a reader with these comes to: how `ready` ended, its errors, and what it shows of an answer. */
  async function readerWith(...capability: string[]) {
    const own = await startLocalAbly({
      keys: ['app.agent:secret', { key: 'app.reader:secret', capability: { 'ai:chat': capability } }],
    })
    const open = (name: string) =>
      new AblyRealtime({ ...own.clientOptions, logLevel: 0, key: `app.${name}:secret`, clientId: name })
    const [writer, client] = [open('agent'), open('reader')]
    const agent = createAgent({ client: writer, channelName: 'ai:chat' })
    const session = createSession({ client, channelName: 'ai:chat' })
    const errors = new Set<unknown>()
    session.on('error', (error) => errors.add((error as { code?: unknown }).code))
    try {
      const ready = await session.ready.then(
        () => 'resolved',
        (error: { code: string }) => error.code,
      )
      const finished = new Promise<string>((resolve) => session.on('finish', (e) => resolve(e.response.text)))
      const response = agent.respond()
      response.append('Hello')
      await response.flush()
      await response.end()
      return { ready, errors: [...errors], text: await finished, agents: session.getSnapshot().agents.length }
    } finally {
      session.close()
      await agent.close()
      for (const c of [writer, client]) c.close()
      await own.close()
    }
  }

  test('of a reader: enough, presence of others included', async () => {
    expect(await readerWith('subscribe', 'history')).toEqual({
      ready: 'resolved',
      errors: [],
      text: 'Hello',
      agents: 1,
    })
  })

  test('of a reader, without history: says so, and shows what arrives', async () => {
    expect(await readerWith('subscribe')).toMatchObject({ ready: 'not_allowed', text: 'Hello' })
  })

  test('of a user: the token reads, asks, is seen; on its own channel, and no more', async () => {
    process.env.ABLY_API_KEY = server.clientOptions.key
    const { ablyToken } = await run<{
      ablyToken(user: { id: string; role: string }, chatId: string): Promise<string>
    }>('docs/sessions.md', 'token.ts')
    const { key: _, ...address } = server.clientOptions
    const client = new AblyRealtime({
      ...address,
      authCallback: (_p, done) =>
        void ablyToken({ id: 'ann', role: 'admin' }, 'chat').then(
          (t) => done(null, t),
          (e: Error) => done(e.message, null),
        ),
    })
    const claims: unknown[] = []
    const agent = createAgent({ client: new Realtime({ clientId: 'agent' }), channelName: 'ai:chat' })
    agent.onPrompt((prompt, response) => {
      claims.push([prompt.clientId, prompt.userClaim])
      response.append('Hello')
    })
    await agent.ready
    const session = createSession({ client, channelName: 'ai:chat' })
    await session.ready
    const finished = new Promise((resolve) => session.on('finish', resolve))
    await session.sendMessage({ text: 'Hi' })
    await client.channels.get('ai:chat').presence.enter()
    await finished
    expect(claims).toEqual([['ann', 'admin']])
    const { serial } = session.getResponse(session.getSnapshot().messages[1]!.id)!
    await expect(
      client.channels.get('ai:chat').updateMessage({ serial, data: 'mine' }),
    ).rejects.toMatchObject({
      statusCode: 401,
    })
    await expect(client.channels.get('ai:other').publish('x', 'y')).rejects.toThrow()
    session.close()
    await agent.close()
    client.close()
  })
})

// It is a test itself.
await run('docs/testing.md', 'chat.test.ts')
