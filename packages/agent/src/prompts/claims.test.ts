import { createSession, history } from '@rejoin/core'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import {
  memoryCheckpoints,
  memoryClaims,
  type AgentOptions,
  type ClaimStore,
  type ResponseRow,
} from '../index.ts'
import { ask, historyReader, useBench } from '../../test/agentBench.ts'

/** Several processes of one agent: each prompt is answered once. */
const bench = useBench()

/** Responses to a prompt that count, as one who comes later sees them. */
async function answersTo(channelName: string, promptIds: readonly string[]) {
  const client = bench.client({ clientId: 'late' })
  const session = createSession({ client, channelName, hydrate: history() })
  await session.ready
  const { messages } = session.getSnapshot()
  const responses = messages.flatMap(({ id }) => session.getResponse(id) ?? [])
  session.close()
  return promptIds.map((promptId) =>
    responses.filter((one) => one.promptId === promptId).map(({ status, text }) => `${status} ${text}`),
  )
}

describe('memoryClaims', () => {
  const claims = (clock: { now: number }) => memoryClaims({ now: () => clock.now })
  const what = { channelName: 'c', promptId: 'q' }

  test('gives up a claim for its owner alone, and never one that is settled', async () => {
    const store = claims({ now: 0 })
    const first = { ...what, owner: 'a', fence: 1 }
    await store.claim({ ...what, owner: 'a', ttl: 10 })
    await store.release!({ ...first, owner: 'b' })
    expect(await store.claim({ ...what, owner: 'b', ttl: 10 })).toBeUndefined()
    await store.release!(first)
    expect(await store.claim({ ...what, owner: 'b', ttl: 10 })).toEqual({ fence: 2 })
    await store.release!(first)
    await store.settle({ ...what, owner: 'b', fence: 2 })
    await store.release!({ ...what, owner: 'b', fence: 2 })
    expect(await store.claim({ ...what, owner: 'c', ttl: 10 })).toBeUndefined()
  })

  test('grants a claim to one owner, and to the next with a higher fence when it has expired', async () => {
    const clock = { now: 0 }
    const store = claims(clock)
    expect(await store.claim({ ...what, owner: 'a', ttl: 10 })).toEqual({ fence: 1 })
    expect(await store.claim({ ...what, owner: 'b', ttl: 10 })).toBeUndefined()
    clock.now = 8
    expect(await store.renew({ ...what, owner: 'a', fence: 1, ttl: 10 })).toBe(true)
    clock.now = 18
    expect(await store.claim({ ...what, owner: 'b', ttl: 10 })).toBeUndefined()
    clock.now = 19
    expect(await store.claim({ ...what, owner: 'b', ttl: 10 })).toEqual({ fence: 2 })
    expect(await store.renew({ ...what, owner: 'a', fence: 1, ttl: 10 })).toBe(false)
    await expect(store.settle({ ...what, owner: 'a', fence: 1 })).rejects.toMatchObject({
      code: 'invalid_argument',
    })
    await store.settle({ ...what, owner: 'b', fence: 2 })
    clock.now = 100
    expect(await store.claim({ ...what, owner: 'a', ttl: 10 })).toBeUndefined()
  })
})

function replicas(options: Partial<AgentOptions>) {
  const channelName = bench.channelName()
  // Its clock stands still: a process whose connection is closed gives up its claims, and no other one loses any.
  const claims = memoryClaims({ now: () => 0 })
  const rows: ResponseRow[] = []
  const start = () => {
    const client = bench.client({ clientId: 'agent', echoMessages: false })
    const agent = bench.agent({
      channelName,
      client,
      claims,
      claimTtl: 300,
      onComplete: (row) => void rows.push(row),
      ...options,
    })
    agent.onPrompt(async (prompt, response) => {
      response.append('An answer ')
      await response.flush()
      await bench.settle()
      response.append(`to ${prompt.text}.`)
    })
    return { agent, client }
  }
  return { channelName, start, rows }
}

/** Waits until every prompt is answered: once on the channel, and once in the database. */
async function allAnsweredOnce(channelName: string, asked: string[], rows: ResponseRow[]): Promise<void> {
  await bench.until(() => asked.every((id) => rows.some(({ promptId }) => promptId === id)))
  await bench.settle()
  expect(await answersTo(channelName, asked)).toEqual(asked.map((id) => [`complete An answer to ${id}.`]))
  expect(rows.map(({ promptId }) => promptId).sort()).toEqual([...asked].sort())
}

test('answers every prompt once, and takes over from a process that dies', async () => {
  const { channelName, start, rows } = replicas({})
  const reader = await bench.reader(channelName)
  const all = [start(), start(), start()]
  for (const { agent } of all) await agent.ready
  const asked: string[] = []
  for (let i = 0; i < 12; i++) {
    asked.push(`q${i}`)
    await ask(reader, `q${i}`)
    if (i % 4 === 3) {
      // As if its process had died: its connection is gone. The first lives: it has heard every prompt.
      const [dead] = all.splice(1 + Math.floor(Math.random() * (all.length - 1)), 1)
      dead!.client.connection.close()
      all.push(start())
    }
  }
  await allAnsweredOnce(channelName, asked, rows)
  const later = await historyReader(reader.channel)
  const ends = later.messages.filter(({ name, extras }) => name === 'response-end' && extras.headers.promptId)
  expect(ends).toHaveLength(asked.length)
  for (const { agent } of all) await agent.close()
})

test('withdraws what a process had begun that froze, and refuses what it does when it wakes', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const store = memoryClaims()
  let wake = () => {}
  const woken = new Promise<void>((resolve) => (wake = resolve))
  const frozen: ClaimStore = {
    ...store,
    async renew(claim) {
      await woken
      return store.renew(claim)
    },
  }
  const rows: ResponseRow[] = []
  const fences: (number | undefined)[] = []
  const start = (claims: ClaimStore, name: string) => {
    const onComplete = (row: ResponseRow) => void rows.push(row)
    const agent = bench.agent({ channelName, claims, claimTtl: 100, onComplete })
    agent.onPrompt(async (prompt, response) => {
      fences.push(prompt.fence)
      response.append(`${name} begins. `)
      await response.flush()
      if (name === 'first') await woken
      response.append('And ends.')
    })
    return agent
  }
  const first = start(frozen, 'first')
  await first.ready
  await ask(reader, 'q')
  await reader.until(() => reader.messages.some(({ name }) => name === 'response'))
  const second = start(store, 'second')
  await second.ready
  // The second was not there yet: it hears the prompt by another copy.
  await ask(reader, 'q')
  await bench.until(() => rows.length === 1)
  wake()
  await first.close()
  await second.close()
  expect(fences).toEqual([1, 2])
  expect(rows.map(({ text }) => text)).toEqual(['second begins. And ends.'])
  expect(await answersTo(channelName, ['q'])).toEqual([['complete second begins. And ends.']])
})

test('leaves an answer alone that another process has found complete, however late its own process wakes', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const clock = { now: 0 }
  const store = memoryClaims({ now: () => clock.now })
  let wake = () => {}
  const woken = new Promise<void>((resolve) => (wake = resolve))
  let renewals = 0
  /** Asked before the answer ends, and before it is stored: then its process freezes. */
  const frozen: ClaimStore = {
    ...store,
    async renew(claim) {
      if (renewals++ > 0) await woken
      return store.renew(claim)
    },
  }
  const rows: string[] = []
  const start = (claims: ClaimStore, name: string, claimTtl: number) => {
    const onComplete = ({ text }: ResponseRow) => void rows.push(`${name}: ${text}`)
    const agent = bench.agent({ channelName, claims, claimTtl, onComplete })
    agent.onPrompt((_, response) => response.append('An answer.'))
    return agent
  }
  const first = start(frozen, 'first', 60_000)
  await first.ready
  await ask(reader, 'q')
  await reader.until(() => reader.messages.some(({ name }) => name === 'response-end'))
  clock.now = 60_001
  const second = start(store, 'second', 100)
  await second.ready
  // The second was not there yet: it hears the prompt by another copy.
  await ask(reader, 'q')
  await bench.until(() => rows.length === 1)
  wake()
  await first.close()
  await second.close()
  expect(await answersTo(channelName, ['q'])).toEqual([['complete An answer.']])
  expect(rows).toEqual(['second: An answer.'])
})

test('claims on the channel: answers every prompt once, and takes over from a process that dies', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const rows: ResponseRow[] = []
  const start = () => {
    const client = bench.client({ clientId: 'agent', transportParams: { remainPresentFor: 100 } })
    const onComplete = (row: ResponseRow) => void rows.push(row)
    const agent = bench.agent({ channelName, client, claims: 'channel', claimTtl: 100, onComplete })
    agent.onPrompt(async (prompt, response) => {
      response.append('An answer ')
      await response.flush()
      await bench.settle()
      response.append(`to ${prompt.text}.`)
    })
    return { agent, client }
  }
  const all = [start(), start(), start()]
  for (const { agent } of all) await agent.ready
  const asked: string[] = []
  for (let i = 0; i < 8; i++) {
    asked.push(`q${i}`)
    await ask(reader, `q${i}`)
    if (i === 3) {
      const [dead] = all.splice(1, 1)
      dead!.client.connection.close()
      all.push(start())
    }
  }
  await allAnsweredOnce(channelName, asked, rows)
  for (const { agent } of all) await agent.close()
})

test('claims on the channel need a client that hears itself, and presence', () => {
  const deaf = bench.client({ echoMessages: false })
  expect(() => bench.agent({ client: deaf, claims: 'channel' })).toThrow(/echoMessages/)
  expect(() => bench.agent({ client: bench.client(), claims: 'channel', presence: false })).toThrow(
    /presence/,
  )
})

test('resumes in place when asked to', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const claims = memoryClaims()
  const rows: ResponseRow[] = []
  const start = (dies: boolean) => {
    const client = bench.client({ clientId: 'agent', echoMessages: false })
    const onComplete = (row: ResponseRow) => void rows.push(row)
    const agent = bench.agent({ channelName, client, claims, claimTtl: 150, onComplete })
    agent.onPrompt(
      async (_, response) => {
        if (!response.resumed) response.append('Half ')
        await response.flush()
        if (dies) {
          client.connection.close()
          await new Promise(() => {})
        }
        response.append('and half.')
      },
      { interrupted: 'resume' },
    )
    return agent
  }
  const [first, second] = [start(true), start(false)]
  await first.ready
  await ask(reader, 'q')
  await second.ready
  await bench.until(() => rows.length > 0)
  expect(await answersTo(channelName, ['q'])).toEqual([['complete Half and half.']])
  await second.close()
})

test('a restart leaves alone what another process answers', async () => {
  const { channelName, start, rows } = replicas({ checkpoints: memoryCheckpoints() })
  const reader = await bench.reader(channelName)
  const first = start()
  await first.agent.ready
  await ask(reader, 'q')
  await reader.until(() => reader.messages.some(({ name }) => name === 'response'))
  const second = start()
  await second.agent.ready
  await bench.until(() => rows.length > 0)
  await bench.settle()
  expect(rows.map(({ text }) => text)).toEqual(['An answer to q.'])
  expect(await answersTo(channelName, ['q'])).toEqual([['complete An answer to q.']])
  await Promise.all([first.agent.close(), second.agent.close()])
})

test('agents that share a checkpoint store share its claims', async () => {
  const { channelName, start, rows } = replicas({ claims: undefined, checkpoints: memoryCheckpoints() })
  const reader = await bench.reader(channelName)
  const all = [start(), start(), start()]
  for (const { agent } of all) await agent.ready
  await ask(reader, 'q')
  await bench.until(() => rows.length > 0)
  await bench.settle()
  expect(await answersTo(channelName, ['q'])).toEqual([['complete An answer to q.']])
  expect(reader.messages.filter(({ name }) => name === 'start')).toHaveLength(1)
  for (const { agent } of all) await agent.close()
})

test.each([
  ['mark', ['error Half ']],
  ['resume', ['complete Half and half.']],
  ['restart', ['complete and half.']],
] as const)('what a process had begun that left without an end: %s', async (interrupted, answers) => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const checkpoints = memoryCheckpoints()
  const start = (dies: boolean) => {
    const client = bench.client({ clientId: 'agent', echoMessages: false })
    const agent = bench.agent({ channelName, client, checkpoints })
    agent.onPrompt(
      async (_, response) => {
        if (dies) {
          response.append('Half ')
          await response.flush()
          client.connection.close()
          await new Promise(() => {})
        }
        response.append('and half.')
      },
      { interrupted },
    )
    return agent
  }
  await start(true).ready
  await ask(reader, 'q')
  await reader.until(() => reader.messages.some(({ name }) => name === 'response'))
  const second = start(false)
  const ended = () =>
    reader.messages.some(({ name, extras }) => name === 'response-end' && extras.headers.status !== 'stopped')
  await reader.until(ended)
  expect(await answersTo(channelName, ['q'])).toEqual([answers])
  await second.close()
})

describe('without claims', () => {
  const warn = vi.spyOn(console, 'warn')
  beforeEach(() => void warn.mockReset())

  test('processes that answer the same prompts warn each other', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const agents = [0, 1].map(() => {
      const agent = bench.agent({ channelName })
      agent.onPrompt(async (_, response) => {
        response.append('x')
        await reader.until(() => reader.messages.filter(({ name }) => name === 'start').length === 2)
        await bench.settle()
      })
      return agent
    })
    for (const agent of agents) await agent.ready
    await ask(reader, 'q')
    await bench.until(() => warn.mock.calls.length === 2)
    expect(warn.mock.calls[0]![0]).toMatch(/Another process answers .* Pass `claims`/)
    for (const agent of agents) await agent.close()
  })
})
