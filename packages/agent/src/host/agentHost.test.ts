import type * as Ably from 'ably'
import { expect, test, vi } from 'vitest'
import { ask, historyReader, type Reader, useBench } from '../../test/agentBench.ts'
import {
  createAgentHost,
  memoryCheckpoints,
  memoryClaims,
  type AgentHostOptions,
  type CheckpointStore,
  type PromptHandler,
  type RejoinError,
} from '../index.ts'

const bench = useBench()

const echo: PromptHandler = (prompt, response) => response.append(`An answer to ${prompt.text}.`)

/** A process of its own. */
function start(options: Partial<AgentHostOptions> & { client?: Ably.Realtime } = {}) {
  const client = options.client ?? bench.client({ clientId: 'agent', echoMessages: false })
  const host = createAgentHost({ client, handler: echo, endOnExit: false, ...options })
  const errors: RejoinError[] = []
  host.on('error', (error) => errors.push(error))
  return { host, client, errors }
}

/** Texts of the answers to a prompt, as one who comes later sees them. */
async function answers(reader: Reader, promptId: string): Promise<string[]> {
  const late = await historyReader(reader.channel)
  return late.messages
    .filter(({ name, extras }) => name === 'response-end' && extras.headers.promptId === promptId)
    .map(({ extras }) => late.text(extras.headers.responseId as string))
}

/** A handler that waits until it is let go, for each prompt by its text. */
function gated() {
  const open = new Map<string, () => void>()
  const begun: string[] = []
  const handler: PromptHandler = async (prompt, response) => {
    begun.push(prompt.id)
    response.append('An answer ')
    await new Promise<void>((resolve) => open.set(prompt.id, resolve))
    response.append(`to ${prompt.text}.`)
  }
  return { handler, begun, release: (promptId: string) => open.get(promptId)!() }
}

test('answers many conversations over one connection, and hears what is asked in those that are open', async () => {
  const { host, errors } = start()
  const readers = await Promise.all(Array.from({ length: 8 }, () => bench.reader(bench.channelName())))
  for (const reader of readers) await ask(reader, 'q')
  const wakes = readers.map(({ channel }) => host.wake({ channelName: channel.name, promptId: 'q' }))
  await Promise.all([...wakes, host.wake({ channelName: readers[0]!.channel.name, promptId: 'q' })])
  expect(host.size).toBe(8)
  const [first] = readers as [Reader]
  await ask(first, 'r')
  await first.until(() =>
    first.messages.some(({ name, extras }) => name === 'response-end' && extras.headers.promptId === 'r'),
  )
  await host.wake({ channelName: first.channel.name, promptId: 'r' })
  for (const reader of readers) expect(await answers(reader, 'q')).toEqual(['An answer to q.'])
  expect(await answers(first, 'r')).toEqual(['An answer to r.'])
  await host.close()
  expect(errors).toEqual([])
})

test.each([undefined, memoryCheckpoints()])(
  'closes a conversation that has nothing to do, and opens it again (checkpoints: %j)',
  async (checkpoints) => {
    const { handler, release, begun } = gated()
    const { host, client } = start({ handler, idleAfter: 1, ...(checkpoints && { checkpoints }) })
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    for (const promptId of ['q', 'r']) {
      await ask(reader, promptId)
      const answered = host.wake({ channelName, promptId })
      await bench.until(() => begun.includes(promptId))
      await bench.settle()
      expect(host.size).toBe(1)
      release(promptId)
      await answered
      await bench.until(() => host.size === 0)
      expect(Object.keys((client.channels as unknown as { all: object }).all)).not.toContain(channelName)
      expect(await answers(reader, promptId)).toEqual([`An answer to ${promptId}.`])
    }
    expect(begun).toEqual(['q', 'r'])
    await host.close()
  },
)

test('reads the history of a conversation once to open it, and stores nothing of it', async () => {
  const store = memoryCheckpoints()
  const saved: string[][] = []
  const checkpoints: CheckpointStore = {
    load: (channelName) => store.load(channelName),
    async save(channelName, checkpoint) {
      saved.push(Object.keys(checkpoint))
      await store.save(channelName, checkpoint)
    },
  }
  const { host, client } = start({ checkpoints })
  const reader = await bench.reader(bench.channelName())
  await ask(reader, 'q')
  const { name: channelName } = reader.channel
  const history = vi.spyOn(client.channels.get(channelName), 'history')
  await host.wake({ channelName, promptId: 'q' })
  expect(history).toHaveBeenCalledTimes(1)
  expect(await answers(reader, 'q')).toEqual(['An answer to q.'])
  expect(saved.length).toBeGreaterThan(0)
  for (const keys of saved) expect(keys.toSorted()).toEqual(['open', 'recent', 'serial'])
  await host.close()
})

test('keeps within its limit: the conversation at rest makes room, and wakes wait', async () => {
  const { handler, release, begun } = gated()
  const { host } = start({ handler, maxOpen: 2 })
  const names = Array.from({ length: 5 }, () => bench.channelName())
  let most = 0
  const answered = names.map(async (channelName, i) => {
    const reader = await bench.reader(channelName)
    await ask(reader, `q${i}`)
    await host.wake({ channelName, promptId: `q${i}` })
    return answers(reader, `q${i}`)
  })
  for (let done = 0; done < names.length; done++) {
    await bench.until(() => begun.length > done)
    most = Math.max(most, host.size)
    release(begun[done]!)
  }
  expect(await Promise.all(answered)).toEqual(names.map((_, i) => [`An answer to q${i}.`]))
  expect(most).toBe(2)
  await host.close()
})

test('answers what was asked before the prompt that opened the conversation', async () => {
  const { host } = start()
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  for (const promptId of ['p', 'q', 'r']) await ask(reader, promptId)
  await host.wake({ channelName, promptId: 'q' })
  await host.wake({ channelName, promptId: 'r' })
  await host.wake({ channelName, promptId: 'p' })
  for (const promptId of ['p', 'q', 'r'])
    expect(await answers(reader, promptId)).toEqual([`An answer to ${promptId}.`])
  await host.close()
})

test('closing lets what was begun be answered, and leaves what comes later to others', async () => {
  const { handler, begun, release } = gated()
  const { host, client } = start({ handler })
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  await ask(reader, 'q')
  const answered = host.wake({ channelName, promptId: 'q' })
  await bench.until(() => begun.length > 0)
  const closed = host.close()
  await ask(reader, 'late')
  await bench.settle()
  await expect(host.wake({ channelName, promptId: 'late' })).rejects.toMatchObject({ code: 'closed' })
  release('q')
  await Promise.all([closed, answered])
  expect(begun).toEqual(['q'])
  expect(host.size).toBe(0)
  expect(client.connection.state).toBe('connected')
  expect(await reader.channel.presence.get()).toEqual([])
  const next = start()
  await next.host.wake({ channelName, promptId: 'late' })
  for (const promptId of ['q', 'late'])
    expect(await answers(reader, promptId)).toEqual([`An answer to ${promptId}.`])
  await next.host.close()
})

test('closing stops what takes too long', async () => {
  const begun: string[] = []
  const handler: PromptHandler = async ({ id }, response) => {
    begun.push(id)
    response.append('An answer ')
    await new Promise((resolve) => response.signal.addEventListener('abort', resolve))
  }
  const { host } = start({ handler })
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  await ask(reader, 'q')
  const answered = host.wake({ channelName, promptId: 'q' })
  await bench.until(() => begun.length > 0)
  await host.close({ within: 1 })
  await answered
  const late = await historyReader(reader.channel)
  expect(late.messages.at(-1)!.extras.headers).toMatchObject({ promptId: 'q', status: 'stopped' })
})

test('takes over from a host that dies, in a conversation that it has not to itself', async () => {
  const claims = memoryClaims()
  const { handler, begun } = gated()
  const dying = start({ claims, claimTtl: 300, handler })
  const living = start({ claims, claimTtl: 300, idleAfter: 0 })
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  await ask(reader, 'q')
  dying.host.wake({ channelName, promptId: 'q' }).catch(() => {})
  await bench.until(() => begun.length > 0)
  const answered = living.host.wake({ channelName, promptId: 'q' })
  await bench.settle()
  dying.client.connection.close()
  await answered
  expect(await answers(reader, 'q')).toEqual(['An answer to q.'])
  await bench.until(() => living.host.size === 0)
  await living.host.close()
})

test('leaves while a person decides; the decision wakes another process, by the response alone', async () => {
  // Its clock stands still: a claim is free only once it is released.
  const claims = memoryClaims({ now: () => 0 })
  const runs: string[] = []
  const handler: PromptHandler = async (_, response) => {
    runs.push(response.responseId)
    if (!response.resumed) response.append('May I? ')
    const { approved } = await response.approval({ name: 'pay' }, { suspend: true })
    response.append(`${approved}`)
  }
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  await ask(reader, 'q')
  const first = start({ claims, handler })
  await first.host.wake({ channelName, promptId: 'q' })
  const headers = { responseId: runs[0]!, toolCallId: '' }
  const request = reader.messages.find(({ name }) => name === 'approval-request')
  headers.toolCallId = request!.extras.headers.toolCallId as string
  await reader.channel.publish({
    name: 'approval-response',
    data: { decision: 'approved' },
    extras: { headers },
  })
  const answer = (process: ReturnType<typeof start>) =>
    process.host.wake({ channelName, responseId: runs[0]! })
  // The first process is still there, and goes on by itself; or it has left.
  await answer(first)
  expect(await answers(reader, 'q')).toEqual(['May I? true'])
  await first.host.close()

  await ask(reader, 'r')
  const second = start({ claims, handler })
  await second.host.wake({ channelName, promptId: 'r' })
  const [, , again] = runs
  await second.host.close()
  const asked = reader.messages.findLast(({ name }) => name === 'approval-request')!
  await reader.channel.publish({
    name: 'approval-response',
    data: { decision: 'approved' },
    extras: { headers: { responseId: again, toolCallId: asked.extras.headers.toolCallId as string } },
  })
  const third = start({ claims, handler })
  await third.host.wake({ channelName, responseId: again! })
  expect(await answers(reader, 'r')).toEqual(['May I? true'])
  expect(new Set(runs).size).toBe(2)
  await third.host.close()
})

test('answers of what was asked earlier only what it accepts', async () => {
  const { host, errors } = start({ accept: ({ id }) => id !== 'p' })
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  for (const promptId of ['p', 'q']) await ask(reader, promptId)
  for (const promptId of ['q', 'p']) await host.wake({ channelName, promptId })
  expect(await answers(reader, 'q')).toEqual(['An answer to q.'])
  expect(await answers(reader, 'p')).toEqual([])
  expect(errors).toEqual([])
  await host.close()
})

test('says what went wrong, and opens anew with the next wake', async () => {
  const { host, errors } = start()
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  await ask(reader, 'q')
  for (const wrong of [{ channelName: '' }, { channelName: undefined as unknown as string }])
    await expect(host.wake(wrong)).rejects.toMatchObject({ code: 'invalid_argument' })
  expect(() => createAgentHost({ client: {} as never, handler: echo })).toThrow(/client/)
  expect(() => start({ maxOpen: 0 })).toThrow(/maxOpen/)
  const route = host.route({ secret: 's' })
  const post = (headers: Record<string, string>) =>
    route(
      new Request('http://x.test', {
        method: 'POST',
        headers,
        body: JSON.stringify({ channelName, promptId: 'q' }),
      }),
    )
  expect((await post({})).status).toBe(401)
  expect((await post({ 'x-rejoin-secret': 's' })).status).toBe(202)
  await reader.until(() => reader.messages.some(({ name }) => name === 'response-end'))
  expect(await answers(reader, 'q')).toEqual(['An answer to q.'])
  await host.close()
  expect((await post({ 'x-rejoin-secret': 's' })).status).toBe(500)
  expect(errors).toEqual([])
})
