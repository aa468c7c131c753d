import { describe, expect, test } from 'vitest'
import { createSession, history, seed, type ResponseState, type Session } from '@rejoin/core'
import { memoryCheckpoints, type ModelEvent, type ResponseRow, type ResponseWriter } from './index.ts'
import { useBench } from '../test/agentBench.ts'

/** Agent and reader together: what one says, the other shows. */
const bench = useBench()

const soon = (run: () => void) => (queueMicrotask(run), () => {})

async function watch(channelName: string, clientId = 'ann'): Promise<Session> {
  const session = createSession({
    client: bench.client({ clientId }),
    channelName,
    hydrate: history(),
    schedule: soon,
  })
  await session.ready
  return session
}

const answerTo = (session: Session, promptId: string): ResponseState | undefined =>
  session
    .getSnapshot()
    .messages.map(({ id }) => session.getResponse(id))
    .find((response) => response?.promptId === promptId)

async function until<T>(look: () => T | undefined | false): Promise<T> {
  for (;;) {
    const found = look()
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

async function* model(): AsyncGenerator<ModelEvent> {
  yield { type: 'reasoning-start', id: 'r' }
  yield { type: 'reasoning-delta', id: 'r', delta: 'Let me think.' }
  yield { type: 'reasoning-end', id: 'r' }
  yield { type: 'tool-input-start', toolCallId: 'search', toolName: 'search' }
  yield { type: 'tool-input-delta', toolCallId: 'search', inputTextDelta: '{"query":' }
  yield { type: 'tool-input-delta', toolCallId: 'search', inputTextDelta: '"fox"}' }
  yield { type: 'tool-input-available', toolCallId: 'search', toolName: 'search', input: { query: 'fox' } }
  yield { type: 'tool-output-available', toolCallId: 'search', output: ['a fox'] }
  yield { type: 'text-start', id: 't' }
  yield { type: 'text-delta', id: 't', delta: 'A fox ' }
  yield {
    type: 'source-url',
    sourceId: 's',
    url: 'https://example.com',
    title: 'Foxes',
    startOffset: 0,
    endOffset: 5,
  }
  yield { type: 'text-delta', id: 't', delta: 'jumps. ' }
  yield { type: 'text-end', id: 't' }
  yield { type: 'finish', finishReason: 'stop' }
}

describe.each(['message-per-response', 'message-per-token'] as const)('%s', (pattern) => {
  test('shows every kind of part, and lets people take part', async () => {
    const channelName = bench.channelName()
    const session = await watch(channelName)
    const rows: ResponseRow[] = []
    const agent = bench.agent({ channelName, pattern, onComplete: (row) => rows.push(row) })
    agent.onPrompt(async (_, response) => {
      await response.pipe(model())
      const place = await response.clientTool({ toolCallId: 'where', name: 'location' })
      const decision = await response.approval({ toolCallId: 'pay', name: 'pay', arguments: { sum: 5 } })
      response.append(`${JSON.stringify(place.output)} ${decision.approved}`)
      response.data('mood', 'good')
    })
    await agent.ready
    const promptId = await session.sendMessage({ text: 'hi' })
    const part = (toolCallId: string, state: string) =>
      until(() =>
        answerTo(session, promptId)?.parts.some(
          (one) => 'toolCallId' in one && one.toolCallId === toolCallId && one.state === state,
        ),
      )
    await part('where', 'input-available')
    const responseId = answerTo(session, promptId)!.id
    await session.addToolOutput({ responseId, toolCallId: 'where', tool: 'location', output: 'Oslo' })
    await part('pay', 'approval-requested')
    await session.addToolApprovalResponse({ responseId, toolCallId: 'pay', approved: true })
    const shown = await until(
      () => answerTo(session, promptId)?.status === 'complete' && answerTo(session, promptId)!,
    )
    expect(shown).toMatchObject({
      text: 'A fox jumps. "Oslo" true',
      verified: true,
      hasGap: false,
      clientId: 'agent',
    })
    expect(shown.parts).toMatchObject([
      { type: 'reasoning', text: 'Let me think.', state: 'done' },
      { type: 'tool-search', state: 'output-available', input: { query: 'fox' }, output: ['a fox'] },
      { type: 'text', text: 'A fox jumps. ', state: 'done' },
      { type: 'source-url', sourceId: 's', url: 'https://example.com', startOffset: 0, endOffset: 5 },
      { type: 'tool-location', state: 'output-available', output: 'Oslo' },
      { type: 'tool-pay', state: 'approval-responded', input: { sum: 5 }, approval: { approved: true } },
      { type: 'text', text: '"Oslo" true', state: 'done' },
      { type: 'data-mood', data: 'good' },
    ])
    // The database's row says the same, and a reader seeded with it shows the same.
    const essence = (parts: readonly object[]) =>
      parts.map((one) => {
        const { type, text, state, input, output, url, data } = one as Record<string, unknown>
        return { type, text, state, input, output, url, data }
      })
    await until(() => rows.length === 1)
    expect(essence(rows[0]!.parts!)).toEqual(essence(shown.parts))
    const seeded = createSession({
      client: bench.client({ clientId: 'bob' }),
      channelName,
      hydrate: seed({ load: async () => ({ rows }) }),
      schedule: soon,
    })
    await seeded.ready
    expect(essence(seeded.getResponse(responseId)?.parts ?? [])).toEqual(essence(shown.parts))
    expect(seeded.getSnapshot().messages.filter(({ role }) => role === 'assistant')).toHaveLength(1)
    await agent.close()
    session.close()
    seeded.close()
  })

  test('stops when the reader says so', async () => {
    const channelName = bench.channelName()
    const session = await watch(channelName)
    const agent = bench.agent({ channelName, pattern })
    agent.onPrompt(async (_, response) => {
      while (!response.signal.aborted) {
        response.append('on and ')
        await new Promise((resolve) => setImmediate(resolve))
      }
    })
    await agent.ready
    const promptId = await session.sendMessage({ text: 'go' })
    const { id } = await until(() =>
      answerTo(session, promptId)?.text ? answerTo(session, promptId) : undefined,
    )
    await session.stop(id)
    const shown = await until(() =>
      session.getResponse(id)?.status === 'stopped' ? session.getResponse(id) : undefined,
    )
    expect(shown).toMatchObject({ hasGap: false, verified: false })
    expect(shown.text).toMatch(/^(on and )+$/)
    await agent.close()
    session.close()
  })

  test('continues in further messages without the reader noticing', async () => {
    const channelName = bench.channelName()
    const session = await watch(channelName)
    const clientId = `long-${pattern}`
    const agent = bench.agent({ channelName, pattern, maxMessageSize: 1000, clientOptions: { clientId } })
    const response = agent.respond()
    const text = 'words and more words, '.repeat(200)
    const shown = () => session.getResponse(response.responseId)
    const seen = { parts: new Set<string>(), states: new Set<string>(), torn: 0 }
    session.subscribeResponse(response.responseId, () => {
      const { parts = [], hasGap = false } = shown() ?? {}
      for (const part of parts) seen.parts.add(part.id)
      if (shown()!.text !== text) for (const part of parts) seen.states.add((part as { state: string }).state)
      if (!hasGap && !text.startsWith(shown()!.text)) seen.torn++
    })
    const later: Session[] = []
    for (const [index, word] of text.match(/.{1,9}/g)!.entries()) {
      response.append(word)
      if (index % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
      // A reader that comes in the middle, with a part of the text on the channel, sees no more than the others.
      if (index % 150 === 75) later.push(await watch(channelName, `later-${index}`))
      if (index === 200)
        bench.server.faults.refuse({ match: { clientId }, error: 42911, every: 3, times: 20 })
    }
    await response.end()
    const whole = {
      text,
      verified: true,
      hasGap: false,
      parts: [{ type: 'text', id: '0', text, state: 'done' }],
    }
    later.push(session, await watch(channelName, 'last'))
    for (const one of later) {
      await until(() => one.getResponse(response.responseId)?.status === 'complete')
      expect(one.getResponse(response.responseId)).toMatchObject(whole)
      one.close()
    }
    expect([...seen.parts]).toEqual(['0'])
    expect([...seen.states]).toEqual(['streaming'])
    expect(seen.torn).toBe(0)
    await agent.close()
  })

  test('shows one text, also when the next process goes on with what outgrew a message', async () => {
    const channelName = bench.channelName()
    const session = await watch(channelName)
    const clientId = `mortal-${pattern}`
    const text = 'what one begins another ends, '.repeat(200)
    const checkpoints = memoryCheckpoints()
    const start = async (stop: number) => {
      const options = { channelName, pattern, checkpoints, maxMessageSize: 1000, clientOptions: { clientId } }
      const agent = bench.agent(options)
      agent.onPrompt(
        async (_, response) => {
          for (let at = response.text.length; at < stop; at += 10) {
            response.append(text.slice(at, at + 10))
            if (at % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
          }
          if (stop < text.length) await new Promise(() => {})
        },
        { interrupted: 'resume' },
      )
      await agent.ready
    }
    await start(text.length / 2)
    const promptId = await session.sendMessage({ text: 'tell' })
    await until(() => (answerTo(session, promptId)?.text.length ?? 0) > text.length / 3)
    bench.kill(clientId)
    await start(text.length)
    await until(() => answerTo(session, promptId)?.status === 'complete')
    const later = await watch(channelName, 'later')
    for (const one of [session, later]) {
      expect(answerTo(one, promptId)).toMatchObject({
        text,
        verified: true,
        hasGap: false,
        parts: [{ type: 'text', id: '0', text, state: 'done' }],
      })
      one.close()
    }
  })

  test('shows the text of the next process, where the first one died before it had repaired a refused publish', async () => {
    const channelName = bench.channelName()
    const session = await watch(channelName)
    const clientId = `refused-${pattern}`
    const checkpoints = memoryCheckpoints()
    const start = async (go: (response: ResponseWriter) => Promise<unknown>) => {
      const agent = bench.agent({ channelName, pattern, checkpoints, clientOptions: { clientId } })
      agent.onPrompt((_, response) => go(response), { interrupted: 'resume' })
      await agent.ready
    }
    const text = () => answerTo(session, promptId)?.text
    const match = { clientId }
    let promptId = ''
    await start(async (response) => {
      response.append('One ')
      await response.flush()
      // The outcomes of what follows come when the process is gone: it repairs nothing.
      bench.server.faults.hold({ match })
      bench.server.faults.refuse({ match: { ...match, data: /two/ } })
      response.append('two ')
      await bench.settle()
      response.append('three ')
      await new Promise(() => {})
    })
    promptId = await session.sendMessage({ text: 'Count' })
    await until(() => text() === 'One three ')
    expect(answerTo(session, promptId)).toMatchObject({ hasGap: true })
    const { id } = answerTo(session, promptId)!
    const exact = new Set<string>()
    session.subscribeResponse(id, () => {
      const shown = session.getResponse(id)!
      if (!shown.hasGap) exact.add(shown.text)
    })
    bench.kill(clientId)
    bench.server.faults.clear()
    let truth = ''
    await start(async (response) => {
      for (const piece of ['FOUR ', 'FIVE.']) {
        response.append(piece)
        await response.flush()
      }
      truth = response.text
    })
    await until(() => answerTo(session, promptId)?.status === 'complete')
    const later = await watch(channelName, 'later')
    expect(truth).toMatch(/^One .*FOUR FIVE\.$/)
    for (const one of [session, later]) {
      expect(one.getResponse(id)).toMatchObject({ text: truth, hasGap: false, verified: true })
      one.close()
    }
    // Nothing was ever shown as exact that is not the beginning of it.
    expect([...exact].filter((shown) => !truth.startsWith(shown))).toEqual([])
  })

  test('continues the arguments of a tool in further messages', async () => {
    const channelName = bench.channelName()
    const session = await watch(channelName)
    const agent = bench.agent({ channelName, pattern: 'message-per-response', maxMessageSize: 1000 })
    const response = agent.respond()
    const input = { text: 'an argument that is long, '.repeat(200) }
    response.toolInputStart({ toolCallId: 'c', toolName: 'write' })
    for (const piece of JSON.stringify(input).match(/.{1,99}/g)!) response.toolInputDelta('c', piece)
    response.toolInput({ toolCallId: 'c', toolName: 'write', input })
    await response.end()
    const later = await watch(channelName, 'later')
    for (const one of [session, later]) {
      await until(() => one.getResponse(response.responseId)?.status === 'complete')
      expect(one.getResponse(response.responseId)?.parts).toMatchObject([
        { type: 'tool-write', state: 'input-available', input },
      ])
      one.close()
    }
    await agent.close()
  })
})
