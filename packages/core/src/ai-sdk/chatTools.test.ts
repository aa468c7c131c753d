import {
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
} from 'ai'
import { describe, expect, test } from 'vitest'
import { chatOn, TestChat, textOf, useChats } from '../../test/wire/chat.ts'
import { until } from '../../test/wire/wire.ts'
import { toUIMessages } from './index.ts'

const stage = useChats()

describe('tools of the browser', () => {
  test('a result goes to the agent, whose open response goes on in the same message', async () => {
    const name = stage.wire.channelName()
    const agentChannel = stage.wire.client({ clientId: 'plain' }).channels.get(name)
    const headers = { responseId: 'r', rejoin: '1' }
    await agentChannel.subscribe('user-input', () => {
      void agentChannel.publish({
        name: 'tool_call',
        data: { name: 'place', args: { precise: true }, client: true },
        extras: { headers: { ...headers, part: '0', toolCallId: 'c' } },
      })
    })
    await agentChannel.subscribe('tool_result', async ({ data }) => {
      await agentChannel.publish({
        name: 'token',
        data: `You are in ${data.result}.`,
        extras: { headers: { ...headers, part: '1' } },
      })
      await agentChannel.publish({ name: 'stop', extras: { headers } })
    })
    const session = stage.wire.session(name)
    await session.ready
    const called: unknown[] = []
    const chat: TestChat = chatOn(
      session,
      {
        sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
        onToolCall: ({ toolCall }) => {
          called.push(toolCall.input)
          void chat.addToolOutput({
            tool: 'place',
            toolCallId: toolCall.toolCallId,
            output: 'Oslo',
            state: 'output-available',
          })
        },
      },
      { clientTools: ['place'] },
    )
    await chat.sendMessage({ text: 'Where am I?' })
    await until('the answer', () => textOf(chat.lastMessage) === 'You are in Oslo.')
    await until('the end', () => chat.status === 'ready')
    expect(called).toEqual([{ precise: true }])
    expect(chat.messages).toHaveLength(2)
    expect(chat.lastMessage?.parts.map((p) => p.type)).toEqual([
      'step-start',
      'tool-place',
      'step-start',
      'text',
    ])
  })

  test("the agent's own ask: a tool of the browser and an approval, in one open response", async () => {
    for (const approved of [true, false]) {
      const name = stage.wire.channelName()
      await stage.agentOn(name, async (_prompt, response) => {
        response.append('One moment. ')
        const { output: place } = await response.clientTool({ name: 'place', args: {}, toolCallId: 'c' })
        const call = { name: 'book', arguments: { place }, toolCallId: 'b' }
        const decision = await response.approval(call, { allow: () => true })
        response.append(`${String(place)}: ${decision.approved ? 'booked' : decision.reason}`)
      })
      const session = stage.wire.session(name)
      await session.ready
      const chat: TestChat = chatOn(
        session,
        {
          sendAutomaticallyWhen: (options) =>
            lastAssistantMessageIsCompleteWithToolCalls(options) ||
            lastAssistantMessageIsCompleteWithApprovalResponses(options),
          onToolCall: ({ toolCall: { toolCallId } }) => {
            if (toolCallId !== 'c') return
            const output = { tool: 'place', toolCallId, output: 'Oslo', state: 'output-available' } as const
            void chat.addToolOutput(output)
          },
        },
        { clientTools: ['place'] },
      )
      await chat.sendMessage({ text: 'Book' })
      const approval = await until('the approval', () => {
        const part = chat.lastMessage?.parts.find((p) => p.type === 'tool-book') as
          | { state: string; approval?: { id: string } }
          | undefined
        return chat.status === 'ready' && part?.state === 'approval-requested' && part.approval
      })
      await chat.addToolApprovalResponse({ id: approval.id, approved, reason: 'too dear' })
      const end = `One moment. Oslo: ${approved ? 'booked' : 'too dear'}`
      await until('the end', () => chat.status === 'ready' && textOf(chat.lastMessage) === end)
      expect(chat.messages).toHaveLength(2)
      expect(chat.error).toBeUndefined()
      // Nothing is left to send, and nothing was sent twice.
      await expect(chat.sendMessage()).resolves.toBeUndefined()
      expect(chat.error?.message).toContain('no outcome')
      // A session that loads the conversation later shows the same.
      const later = toUIMessages(session).at(-1)!
      expect(later.parts.map((p) => p.type)).toEqual(chat.lastMessage!.parts.map((p) => p.type))
      expect(textOf(later)).toBe(end)
    }
  })
})
