import { describe, expect, test } from 'vitest'
import { createSession, history, type Session } from '@rejoin/core'
import { memoryCheckpoints, type RejoinError } from '../index.ts'
import { useBench } from '../../test/agentBench.ts'

const bench = useBench()

async function person(clientId: string, channelName: string): Promise<Session> {
  const session = createSession({ client: bench.client({ clientId }), channelName, hydrate: history() })
  await session.ready
  return session
}

interface ShownTool {
  state: string
  approval?: { approved?: boolean; clientId?: string; reason?: string; pending?: { clientId?: string } }
}

/** What a session shows of tool call `t`. */
function toolOf(session: Session): ShownTool | undefined {
  for (const { id } of session.getSnapshot().messages) {
    const part = session.getResponse(id)?.parts.find((one) => 'toolCallId' in one && one.toolCallId === 't')
    if (part) return part as ShownTool
  }
  return undefined
}

const call = { toolCallId: 't', name: 'pay', arguments: { amount: 5 } }
const allow = ({ clientId }: { clientId: string | undefined }) => clientId === 'boss'

describe.each(['message-per-response', 'message-per-token'] as const)('%s', (pattern) => {
  test('shows the decision of those who may decide, and of nobody else', async () => {
    const channelName = bench.channelName()
    const agent = bench.agent({ channelName, pattern })
    const errors: RejoinError[] = []
    agent.on('error', (error) => errors.push(error))
    const response = agent.respond({ responseId: 'r' })
    const decided = response.approval(call, { allow })
    const mallory = await person('mallory', channelName)
    const boss = await person('boss', channelName)
    const everySeen = new Set<string>()
    boss.subscribeResponse('r', () =>
      everySeen.add(`${toolOf(boss)?.state} ${toolOf(boss)?.approval?.clientId}`),
    )
    await bench.until(() => toolOf(mallory)?.state === 'approval-requested')

    await mallory.addToolApprovalResponse({ responseId: 'r', toolCallId: 't', approved: true })
    await bench.until(() => toolOf(boss)?.approval?.pending)
    expect(toolOf(boss)).toMatchObject({
      state: 'approval-requested',
      approval: { pending: { approved: true, clientId: 'mallory' } },
    })
    expect(toolOf(boss)?.approval).not.toHaveProperty('approved')

    await boss.addToolApprovalResponse({
      responseId: 'r',
      toolCallId: 't',
      approved: false,
      reason: 'too much',
    })
    expect(await decided).toMatchObject({ approved: false, clientId: 'boss' })
    const right = {
      state: 'output-denied',
      approval: { approved: false, clientId: 'boss', reason: 'too much' },
    }
    await bench.until(() => toolOf(boss)?.state === 'output-denied')
    expect(toolOf(boss)).toMatchObject(right)
    await mallory.addToolApprovalResponse({ responseId: 'r', toolCallId: 't', approved: true })
    await response.end()
    await bench.until(() => boss.getResponse('r')?.status === 'complete')
    expect(toolOf(boss)).toMatchObject(right)
    expect(toolOf(await person('later', channelName))).toMatchObject(right)
    expect([...everySeen].filter((seen) => seen.includes('mallory'))).toEqual([])
    expect(errors.map(({ code }) => code)).toEqual(['not_allowed'])
    await agent.close()
  })

  test('goes on after a restart with the decision that was taken', async () => {
    const options = { channelName: bench.channelName(), pattern, checkpoints: memoryCheckpoints() }
    const boss = await person('boss', options.channelName)
    const errors: RejoinError[] = []
    const told: string[] = []
    const start = (goesOn: boolean) => {
      const agent = bench.agent(options)
      agent.on('error', (error) => errors.push(error))
      agent.onPrompt(
        async (_, response) => {
          response.append('Well. ')
          const { approved, clientId } = await response.approval(call, { allow })
          told.push(`${clientId}: ${approved}`)
          if (!goesOn) await new Promise(() => {})
          response.append('Done.')
        },
        { interrupted: 'resume' },
      )
      return agent
    }
    await start(false).ready
    await boss.sendMessage({ text: 'pay' })
    const responseId = await bench.until(
      () =>
        toolOf(boss)?.state === 'approval-requested' &&
        boss.getSnapshot().messages.find(({ role }) => role === 'assistant')!.id,
    )
    await boss.addToolApprovalResponse({ responseId, toolCallId: 't', approved: true })
    await bench.until(() => toolOf(boss)?.state === 'approval-responded')
    bench.kill('agent')
    const second = start(true)
    await second.ready
    await bench.until(() => boss.getResponse(responseId)?.status === 'complete')
    expect(told).toEqual(['boss: true', 'boss: true'])
    expect(toolOf(boss)).toMatchObject({ state: 'approval-responded', approval: { clientId: 'boss' } })
    expect(errors).toEqual([])
    await second.close()
  })
})

test('confirms nothing after the end of a response', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const agent = bench.agent({ channelName })
  const response = agent.respond({ responseId: 'r' })
  const decided = response.approval(call, { allow })
  await reader.until(() => reader.messages.some(({ name }) => name === 'approval-request'))
  await response.end()
  const extras = { headers: { responseId: 'r', toolCallId: 't' } }
  const boss = bench.client({ clientId: 'boss' }).channels.get(channelName)
  await boss.publish({ name: 'approval-response', data: { decision: 'approved' }, extras })
  await expect(decided).rejects.toMatchObject({ code: 'closed' })
  await bench.settle()
  expect(reader.messages.map(({ name, clientId }) => `${clientId} ${name}`)).toEqual([
    'agent start',
    'agent approval-request',
    'agent tool_result',
    'agent response-end',
    'boss approval-response',
  ])
  await agent.close()
})
