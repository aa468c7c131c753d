import { createSession, history, type Session } from '@rejoin/core'
import { describe, expect, test } from 'vitest'
import { memoryCheckpoints, type Pattern, type ResponseRow, type ResponseWriter } from '../index.ts'
import { useBench } from '../../test/agentBench.ts'

/** What a response asks of people: nobody is left with a card that waits for ever. */
const bench = useBench()

const soon = (run: () => void) => (queueMicrotask(run), () => {})

async function watch(channelName: string, clientId = 'ann'): Promise<Session> {
  const client = bench.client({ clientId })
  const session = createSession({ client, channelName, hydrate: history(), schedule: soon })
  await session.ready
  return session
}

interface Card {
  toolCallId: string
  state: string
  errorText?: string
  output?: unknown
  approval?: { approved?: boolean; pending?: unknown }
}

const cards = (session: Session): Card[] =>
  session
    .getSnapshot()
    .messages.flatMap(({ id }) => session.getResponse(id)?.parts ?? [])
    .filter((part) => 'toolCallId' in part)

describe.each<Pattern>(['message-per-response', 'message-per-token'])('%s', (pattern) => {
  test.each([
    ['a stop', (response: ResponseWriter) => response.abort()],
    ['a request to stop', (response: ResponseWriter) => response.cancel()],
    ['an error', (response: ResponseWriter) => response.fail(new Error('broken'))],
    ['its end', (response: ResponseWriter) => response.end()],
  ])('shows every question as over after %s', async (_, end) => {
    const channelName = bench.channelName()
    const ann = await watch(channelName)
    const agent = bench.agent({ channelName, pattern })
    const response = agent.respond({ responseId: 'r' })
    const asked = [
      response.approval({ name: 'pay', toolCallId: 'approval' }),
      response.clientTool({ name: 'locate', toolCallId: 'client' }),
    ]
    const rejected = Promise.allSettled(asked)
    await bench.until(() => cards(ann).length === 2)
    const row = end(response).then(() => response.row())
    await bench.until(() => cards(ann).every(({ state }) => state === 'output-error'))
    // A late click leaves nothing that waits for an answer.
    await ann.addToolApprovalResponse({ responseId: 'r', toolCallId: 'approval', approved: true })
    const late = await watch(channelName)
    for (const session of [ann, late]) {
      expect(cards(session).map(({ state }) => state)).toEqual(['output-error', 'output-error'])
      expect(cards(session)[0]!.approval).not.toHaveProperty('pending')
      session.close()
    }
    expect((await row).parts?.map((part) => part['state'])).toEqual(['output-error', 'output-error'])
    await agent.close()
    if (response.signal.aborted)
      expect((await rejected).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })

  test('asks the same question again after a restart, and takes a decision made meanwhile', async () => {
    const channelName = bench.channelName()
    const checkpoints = memoryCheckpoints()
    const rows: ResponseRow[] = []
    const start = () => {
      const client = bench.client({ clientId: `agent-${channelName}`, echoMessages: false })
      const onComplete = (row: ResponseRow) => void rows.push(row)
      const agent = bench.agent({ channelName, pattern, checkpoints, client, onComplete })
      agent.onPrompt(
        async (_, response) => {
          const { approved } = await response.approval({ name: 'pay', arguments: { amount: 5 } })
          const { output } = await response.clientTool({ name: 'locate' })
          response.append(`${approved} ${String(output)}`)
        },
        { interrupted: 'resume' },
      )
      return agent
    }
    const ann = await watch(channelName)
    await start().ready
    await ann.sendMessage({ promptId: 'q', text: 'x' })
    await bench.until(() => cards(ann).length === 1)
    const [card] = cards(ann)
    bench.kill(`agent-${channelName}`)
    const { id } = ann.getSnapshot().messages.find(({ role }) => role === 'assistant')!
    await ann.addToolApprovalResponse({ responseId: id, toolCallId: card!.toolCallId, approved: true })
    const second = start()
    await bench.until(() => cards(ann).length === 2)
    expect(cards(ann)[0]).toMatchObject({ toolCallId: card!.toolCallId, state: 'approval-responded' })
    // Once more: the decision was confirmed, and the client answers while nobody listens.
    const location = cards(ann)[1]!.toolCallId
    bench.kill(`agent-${channelName}`)
    await ann.addToolOutput({ responseId: id, toolCallId: location, tool: 'locate', output: 'here' })
    const third = start()
    await bench.until(() => rows.length === 1)
    expect(rows[0]).toMatchObject({ status: 'complete', text: 'true here' })
    expect(rows[0]!.parts!.map((part) => [part.type, part['state']])).toEqual([
      ['tool-pay', 'approval-responded'],
      ['tool-locate', 'output-available'],
      ['text', 'done'],
    ])
    expect(cards(ann).map(({ toolCallId }) => toolCallId)).toEqual([card!.toolCallId, location])
    ann.close()
    await Promise.all([second.close(), third.close()])
  })

  test.each(['mark', 'resume'] as const)(
    'ends a question that is not asked again (%s)',
    async (interrupted) => {
      const channelName = bench.channelName()
      const checkpoints = memoryCheckpoints()
      const start = (asks: boolean) => {
        const client = bench.client({ clientId: `agent-${channelName}`, echoMessages: false })
        const agent = bench.agent({ channelName, pattern, checkpoints, client })
        const handler = async (_: unknown, response: ResponseWriter) => {
          if (asks) await response.approval({ name: 'pay' })
          response.append('done')
        }
        agent.onPrompt(handler, { interrupted })
        return agent
      }
      const ann = await watch(channelName)
      await start(true).ready
      await ann.sendMessage({ promptId: 'q', text: 'x' })
      await bench.until(() => cards(ann).length === 1)
      bench.kill(`agent-${channelName}`)
      const second = start(false)
      await bench.until(() => cards(ann)[0]!.state === 'output-error')
      expect(cards(ann)).toHaveLength(1)
      ann.close()
      await second.close()
    },
  )
})

test('says on the wire that a client runs a tool', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const response = bench.agent({ channelName }).respond({ responseId: 'r' })
  response.tool({ name: 'search', args: {} })
  void response.clientTool({ name: 'locate', args: { exact: true } }).catch(() => {})
  await reader.until(() => reader.messages.filter(({ name }) => name === 'tool_call').length === 2)
  expect(reader.messages.slice(1).map(({ data }) => data)).toEqual([
    { name: 'search', args: {} },
    { name: 'locate', args: { exact: true }, client: true },
  ])
  await response.abort()
})
