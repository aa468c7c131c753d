import { describe, expect, test } from 'vitest'
import type { RejoinError } from '../index.ts'
import { ask, endOf, useBench } from '../../test/agentBench.ts'

const bench = useBench()

describe('people', () => {
  test('decide, if they have the right', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const agent = bench.agent({ channelName })
    const errors: RejoinError[] = []
    agent.on('error', (error) => errors.push(error))
    const rows: unknown[] = []
    agent.onPrompt(async (_, response) => {
      const call = { toolCallId: 't', name: 'pay', arguments: { amount: 5 } }
      const decision = await response.approval(call, { allow: ({ clientId }) => clientId === 'boss' })
      response.append(`${decision.clientId}: ${decision.approved} ${decision.reason}`)
      rows.push(response.row().parts)
    })
    await agent.ready
    await ask(reader, 'q')
    await reader.until(() => reader.messages.some(({ name }) => name === 'approval-request'))
    const decision = (decision: string, reason?: string) => ({
      name: 'approval-response',
      data: { decision, reason },
      extras: { headers: { toolCallId: 't' } },
    })
    await reader.channel.publish(decision('approved'))
    await bench
      .client({ clientId: 'boss' })
      .channels.get(channelName)
      .publish(decision('rejected', 'too much'))
    expect(await endOf(reader, 'q')).toMatchObject({ text: 'boss: false too much', status: 'complete' })
    expect(errors.map(({ code }) => code)).toEqual(['not_allowed'])
    expect(rows[0]).toMatchObject([
      {
        type: 'tool-pay',
        state: 'output-denied',
        approval: { approved: false, reason: 'too much', clientId: 'boss' },
      },
      { type: 'text' },
    ])
    await agent.close()
  })

  test('who do not decide in time leave no question open', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const rows: unknown[] = []
    const agent = bench.agent({ channelName, onComplete: (row) => rows.push(...(row.parts ?? [])) })
    agent.onPrompt(async (_, response) => {
      await response.approval({ toolCallId: 't', name: 'pay' }, { timeout: 20 }).catch(() => {})
      response.append('Never mind.')
    })
    await agent.ready
    await ask(reader, 'q')
    expect(await endOf(reader, 'q')).toMatchObject({ text: 'Never mind.', status: 'complete' })
    expect(reader.messages.find(({ name }) => name === 'tool_result')).toMatchObject({
      data: { name: 'pay', error: expect.stringContaining('nobody') as string },
      extras: { headers: { toolCallId: 't' } },
    })
    await agent.close()
    expect(rows[0]).toMatchObject({ type: 'tool-pay', state: 'output-error' })
  })

  test('run tools, in time or not', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const agent = bench.agent({ channelName })
    agent.onPrompt(async (_, response) => {
      const where = await response.clientTool({ toolCallId: 't1', name: 'location' })
      const refused = await response.clientTool({ toolCallId: 't2', name: 'camera' })
      const late = await response.clientTool({ name: 'nobody' }, { timeout: 20 }).catch((error) => error.code)
      response.append(JSON.stringify([where.output, refused.errorText, late]))
    })
    await agent.ready
    await ask(reader, 'q')
    const answer = async (toolCallId: string, data: object) => {
      await reader.until(() =>
        reader.messages.some(
          ({ name, extras }) => name === 'tool_call' && extras.headers.toolCallId === toolCallId,
        ),
      )
      await reader.channel.publish({ name: 'tool_result', data, extras: { headers: { toolCallId } } })
    }
    await answer('t1', { name: 'location', result: { city: 'Oslo' } })
    await answer('t2', { name: 'camera', error: 'denied' })
    expect(await endOf(reader, 'q')).toMatchObject({ text: '[{"city":"Oslo"},"denied","timeout"]' })
    await agent.close()
  })
})
