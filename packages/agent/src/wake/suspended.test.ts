import { createSession, history, type Session } from '@rejoin/core'
import { describe, expect, test } from 'vitest'
import { historyReader, type Reader, useBench } from '../../test/agentBench.ts'
import {
  answerPrompt,
  memoryCheckpoints,
  memoryClaims,
  promptRoute,
  type AnswerPromptOptions,
  type ClaimStore,
  type ModelEvent,
  type PromptHandler,
  type ResponseRow,
} from '../index.ts'

/** Answers that wait for people while no handler runs. */
const bench = useBench()

/** Asks for one decision in the middle, and counts how often it got there, and beyond. */
function payment() {
  const runs = { before: 0, after: 0 }
  const handler: PromptHandler = async (_, response) => {
    runs.before++
    if (!response.resumed) response.append('May I? ')
    const { approved, clientId } = await response.approval(
      { name: 'pay', arguments: { amount: 5 } },
      { suspend: true, allow: (who) => who.clientId === 'ann' },
    )
    runs.after++
    response.append(`${clientId} said ${approved ? 'yes' : 'no'}.`)
  }
  return { runs, handler }
}

/** A process of its own. */
function call(channelName: string, handler: PromptHandler, options: Partial<AnswerPromptOptions> = {}) {
  const client = bench.client({ clientId: 'agent', echoMessages: false })
  const all = { client, channelName, promptId: 'q', handler, endOnExit: false, patience: 5000, ...options }
  return answerPrompt({ retry: { minDelay: 5, maxDelay: 50 }, ...all })
}

async function ann(channelName: string, clientId = 'ann'): Promise<Session> {
  const session = createSession({ client: bench.client({ clientId }), channelName, hydrate: history() })
  await session.ready
  return session
}

const answer = (session: Session) => session.getResponse(session.getSnapshot().messages.at(-1)?.id ?? '')
const cards = (session: Session) =>
  (answer(session)?.parts ?? []).flatMap((part) => ('toolCallId' in part ? [part] : []))
const until = (session: Session, status: string) =>
  bench.until(() => answer(session)?.status === status && answer(session))
const decide = (session: Session, approved = true) =>
  session.addToolApprovalResponse({
    responseId: answer(session)!.id,
    id: cards(session)[0]!.toolCallId,
    approved,
  })

async function requests(reader: Reader): Promise<number> {
  const { messages } = await historyReader(reader.channel)
  return messages.filter(({ name }) => name === 'approval-request').length
}

describe('answerPrompt', () => {
  test('leaves while a person decides, and goes on in place when called again', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const session = await ann(channelName)
    const { runs, handler } = payment()
    await session.sendMessage({ promptId: 'q', text: 'Pay' })
    const rows: ResponseRow[] = []
    const onComplete = (row: ResponseRow) => void rows.push(row)
    const first = await call(channelName, handler, { onComplete })
    const { id } = await until(session, 'suspended')
    expect(first).toEqual({ status: 'suspended', responseId: id })
    // Called again before anyone has decided, it runs no handler.
    expect(await call(channelName, handler, { onComplete })).toEqual(first)
    expect(runs).toEqual({ before: 1, after: 0 })
    expect(rows).toEqual([])
    expect(await reader.channel.presence.get()).toEqual([])

    await decide(session)
    expect(await call(channelName, handler, { onComplete })).toMatchObject({ status: 'answered' })
    expect(runs).toEqual({ before: 2, after: 1 })
    const whole = await until(session, 'complete')
    expect(whole).toMatchObject({ id, text: 'May I? ann said yes.', verified: true })
    expect(cards(session)).toMatchObject([{ state: 'approval-responded' }])
    expect(await requests(reader)).toBe(1)
    expect(rows.map(({ text, status }) => [text, status])).toEqual([['May I? ann said yes.', 'complete']])
    expect(await call(channelName, handler)).toMatchObject({ status: 'answered-before' })
    const late = await ann(channelName)
    expect(answer(late)).toMatchObject({ text: 'May I? ann said yes.', status: 'complete' })
    for (const one of [session, late]) one.close()
  })

  test('counts the tokens of all its processes', async () => {
    const channelName = bench.channelName()
    const session = await ann(channelName)
    await session.sendMessage({ promptId: 'q', text: 'Pay' })
    const stream = (delta: string, inputTokens: number, outputTokens: number): ModelEvent[] => [
      { type: 'text-delta', id: 't', delta },
      { type: 'finish', finishReason: 'stop', usage: { inputTokens, outputTokens } },
    ]
    const handler: PromptHandler = async (_, response) => {
      if (!response.resumed) await response.pipe(stream('May I? ', 3, 5))
      await response.approval({ name: 'pay' }, { suspend: true })
      await response.pipe(stream('Done.', 10, 20))
    }
    const rows: ResponseRow[] = []
    const onComplete = (row: ResponseRow) => void rows.push(row)
    await call(channelName, handler, { onComplete })
    await until(session, 'suspended')
    // Nobody has decided: this one says nothing, and loses nothing.
    await call(channelName, handler, { onComplete })
    await decide(session)
    await call(channelName, handler, { onComplete })
    const { usage } = await until(session, 'complete')
    expect(usage).toEqual({ inputTokens: 13, outputTokens: 25 })
    expect(rows.map((row) => row.usage)).toEqual([usage])
    session.close()
  })

  test('is suspended again by a decision of someone without the right', async () => {
    const channelName = bench.channelName()
    const [session, bob] = [await ann(channelName), await ann(channelName, 'bob')]
    const { runs, handler } = payment()
    await session.sendMessage({ promptId: 'q', text: 'Pay' })
    await call(channelName, handler)
    await until(bob, 'suspended')
    await decide(bob)
    for (let i = 0; i < 2; i++)
      expect(await call(channelName, handler)).toMatchObject({ status: 'suspended' })
    expect(runs).toEqual({ before: 2, after: 0 })
    await decide(session, false)
    expect(await call(channelName, handler)).toMatchObject({ status: 'answered' })
    await until(session, 'complete')
    expect(answer(session)!.text).toBe('May I? ann said no.')
    for (const one of [session, bob]) one.close()
  })

  test('a decision at any moment is not lost, and the answer goes on once', async () => {
    for (let round = 0; round < 12; round++) {
      const channelName = bench.channelName()
      const session = await ann(channelName)
      const { runs, handler } = payment()
      const claims = memoryClaims({ now: () => 0 })
      await session.sendMessage({ promptId: 'q', text: 'Pay' })
      const first = call(channelName, handler, { claims })
      await bench.until(() => cards(session).length === 1)
      // Between the question and the moment when the process has left.
      for (let turn = 0; turn < round * 3; turn++) await new Promise((resolve) => setImmediate(resolve))
      await decide(session)
      const outcomes = await Promise.all([
        first,
        call(channelName, handler, { claims }),
        call(channelName, handler, { claims }),
      ])
      expect(outcomes.filter(({ status }) => status === 'answered')).toHaveLength(1)
      expect(runs.after).toBe(1)
      expect((await until(session, 'complete')).text).toBe('May I? ann said yes.')
      expect(cards(session)).toHaveLength(1)
      session.close()
    }
  })

  test('a decision that wakes another process before the claim is given up is not lost', async () => {
    const channelName = bench.channelName()
    const session = await ann(channelName)
    const { runs, handler } = payment()
    await session.sendMessage({ promptId: 'q', text: 'Pay' })
    const store = memoryClaims({ now: () => 0 })
    let open = () => {}
    const gate = new Promise<void>((resolve) => (open = resolve))
    const slow: ClaimStore = { ...store, release: (claim) => gate.then(() => store.release!(claim)) }
    const first = call(channelName, handler, { claims: slow })
    await until(session, 'suspended')
    await decide(session)
    expect(await call(channelName, handler, { claims: store })).toMatchObject({ status: 'claimed' })
    open()
    expect(await first).toMatchObject({ status: 'answered' })
    expect(runs.after).toBe(1)
    expect((await until(session, 'complete')).text).toBe('May I? ann said yes.')
    session.close()
  })

  test('waits for the result of a client tool', async () => {
    const channelName = bench.channelName()
    const session = await ann(channelName)
    const handler: PromptHandler = async (_, response) => {
      const { output } = await response.clientTool({ name: 'place' }, { suspend: true })
      response.append(`You are in ${String(output)}.`)
    }
    await session.sendMessage({ promptId: 'q', text: 'Where?' })
    expect(await call(channelName, handler)).toMatchObject({ status: 'suspended' })
    const { id } = await until(session, 'suspended')
    const { toolCallId } = cards(session)[0]!
    await session.addToolOutput({ responseId: id, toolCallId, tool: 'place', output: 'Rome' })
    expect(await call(channelName, handler)).toMatchObject({ status: 'answered' })
    expect((await until(session, 'complete')).text).toBe('You are in Rome.')
    expect(cards(session)).toMatchObject([{ state: 'output-available', output: 'Rome' }])
    session.close()
  })

  test('goes on in the process whose route is told of the decision by the response alone', async () => {
    const channelName = bench.channelName()
    const session = await ann(channelName)
    const { runs, handler } = payment()
    await session.sendMessage({ promptId: 'q', text: 'Pay' })
    await call(channelName, handler)
    const { id: responseId } = await until(session, 'suspended')
    await decide(session)
    const client = bench.client({ clientId: 'agent', echoMessages: false })
    const route = promptRoute({ client, handler, endOnExit: false, secret: 'xyz' })
    const body = JSON.stringify({ channelName, responseId, reason: 'approval' })
    const headers = { 'x-rejoin-secret': 'xyz' }
    const response = await route(new Request('http://agent.test/', { method: 'POST', body, headers }))
    expect(await response.json()).toMatchObject([{ promptId: 'q', status: 'answered' }])
    expect(runs.after).toBe(1)
    expect((await until(session, 'complete')).text).toBe('May I? ann said yes.')
    session.close()
  })

  test('ends what was cancelled meanwhile', async () => {
    const channelName = bench.channelName()
    const session = await ann(channelName)
    const { runs, handler } = payment()
    await session.sendMessage({ promptId: 'q', text: 'Pay' })
    await call(channelName, handler)
    await until(session, 'suspended')
    await session.stop(answer(session)!.id)
    expect(await call(channelName, handler)).toMatchObject({ status: 'stopped' })
    await until(session, 'stopped')
    expect(runs.after).toBe(0)
    session.close()
  })
})

describe('an agent', () => {
  const start = (channelName: string, handler: PromptHandler, claims?: ClaimStore) => {
    const client = bench.client({ clientId: 'agent', echoMessages: false })
    const agent = bench.agent({ channelName, client, ...(claims && { claims }) })
    agent.onPrompt(handler, { whileBusy: 'ignore' })
    return agent
  }

  test.each(['without claims', 'with claims, several processes'])('goes on by itself (%s)', async (how) => {
    const channelName = bench.channelName()
    const session = await ann(channelName)
    const { runs, handler } = payment()
    const claims = how.startsWith('with ') ? memoryClaims() : undefined
    const agents = Array.from({ length: claims ? 3 : 1 }, () => start(channelName, handler, claims))
    for (const agent of agents) await agent.ready
    await session.sendMessage({ promptId: 'q', text: 'Pay' })
    const { id } = await until(session, 'suspended')
    await bench.settle()
    await decide(session)
    expect(await until(session, 'complete')).toMatchObject({ id, text: 'May I? ann said yes.' })
    expect(runs.after).toBe(1)
    session.close()
    for (const agent of agents) await agent.close()
  })

  test('stops when it is cancelled', async () => {
    const channelName = bench.channelName()
    const session = await ann(channelName)
    const agent = start(channelName, payment().handler)
    await agent.ready
    await session.sendMessage({ promptId: 'q', text: 'Pay' })
    await until(session, 'suspended')
    await bench.settle()
    await session.stop(answer(session)!.id)
    await until(session, 'stopped')
    session.close()
    await agent.close()
  })

  test('goes on in the next process, however the last one ended', async () => {
    for (const end of ['close', 'kill', 'close while it waits']) {
      const channelName = bench.channelName()
      const session = await ann(channelName)
      const checkpoints = memoryCheckpoints()
      const begin = (timeout: number) => {
        const client = bench.client({ clientId: 'agent', echoMessages: false })
        const agent = bench.agent({ channelName, client, checkpoints })
        agent.onPrompt(async (_, response) => {
          if (!response.resumed) response.append('May I? ')
          const { approved } = await response.approval(
            { name: 'pay', arguments: null },
            { suspend: true, timeout },
          )
          response.append(`${approved}`)
        })
        return { agent, client }
      }
      const first = begin(end === 'close while it waits' ? 3_600_000 : 0)
      await first.agent.ready
      await session.sendMessage({ promptId: 'q', text: 'Pay' })
      await bench.until(() => cards(session).length === 1)
      if (end !== 'close while it waits') await until(session, 'suspended')
      if (end === 'kill') first.client.connection.close()
      else await first.agent.close()
      const { id } = await until(session, 'suspended')
      const idle = begin(0)
      await idle.agent.ready
      await idle.agent.close()
      await decide(session)
      const second = begin(0)
      expect(await until(session, 'complete')).toMatchObject({ id, text: 'May I? true' })
      expect(cards(session)).toHaveLength(1)
      expect(await requests(await bench.reader(channelName))).toBe(1)
      expect(cards(session)).toMatchObject([{ input: null }])
      session.close()
      await second.agent.close()
    }
  })
})
