import type { ChatInit, UIMessage } from 'ai'
import {
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
} from 'ai'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { TestChat, textOf } from '../../test/chat.ts'
import { until, Wire } from '../../test/wire.ts'
import type { Agent, AgentOptions, PromptHandler } from '../agent/index.ts'
import { createAgent } from '../agent/index.ts'
import type { Session } from '../index.ts'
import { createChatTransport, toUIMessages } from './index.ts'
import type { ChatTransportOptions } from './index.ts'

let wire: Wire
beforeAll(async () => {
  wire = await Wire.start({ connectionStateTtl: 1_000 })
})
const agents: Agent[] = []
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.close()))
  wire.release()
})
afterAll(() => wire.close())

const words = 'The quick brown fox jumps over the lazy dog, then rests in the shade of a tree. '.split(
  /(?<= )/,
)
const text = words.join('')
const pause = () => new Promise((resolve) => setTimeout(resolve, 2))

async function agentOn(channelName: string, handler: PromptHandler, options: Partial<AgentOptions> = {}) {
  const agent = createAgent({ client: wire.client({ clientId: 'agent' }), channelName, ...options })
  agents.push(agent)
  agent.onPrompt(handler)
  await agent.ready
  return agent
}

const speak: PromptHandler = async (_prompt, response) => {
  for (const word of words) {
    response.append(word)
    await pause()
  }
}

function chatOn(session: Session, init: ChatInit<UIMessage> = {}, options?: ChatTransportOptions): TestChat {
  return new TestChat({ transport: createChatTransport(session, options), ...init })
}

/** Nothing that was shown is taken back: each state is the one before, and more. */
function onlyGrew(shown: readonly string[]): boolean {
  return shown.every((now, i) => i === 0 || now.startsWith(shown[i - 1]!))
}

for (const pattern of ['message-per-response', 'message-per-token'] as const) {
  describe(pattern, () => {
    test('a prompt is answered: text, reasoning, tool, source and data as the AI SDK keeps them', async () => {
      const name = wire.channelName()
      await agentOn(
        name,
        async (prompt, response) => {
          response.reasoning('Hm, ')
          response.reasoning('weather.')
          const call = response.tool({ name: 'weather', args: { city: 'Oslo' }, toolCallId: 'c' })
          await response.flush()
          call.result({ degrees: 21 })
          response.append(`You asked ${prompt.text}`)
          response.source({ url: 'https://example.com', title: 'Example', sourceId: 's' })
          response.data('mood', { happy: true }, { id: 'd' })
        },
        { pattern },
      )
      const session = wire.session(name)
      const finished: unknown[] = []
      const called: string[] = []
      const chat = chatOn(session, {
        onFinish: ({ isAbort, isError, finishReason }) => finished.push({ isAbort, isError, finishReason }),
        onToolCall: ({ toolCall }) => void called.push(toolCall.toolCallId),
      })
      await chat.sendMessage({ text: 'Why?' })
      expect(chat).toMatchObject({ status: 'ready', error: undefined })
      expect(chat.messages.map((m) => [m.role, textOf(m)])).toEqual([
        ['user', 'Why?'],
        ['assistant', 'You asked Why?'],
      ])
      const { parts } = chat.messages[1]!
      expect(parts).toMatchObject([
        { type: 'step-start' },
        { type: 'reasoning', text: 'Hm, weather.', state: 'done' },
        { type: 'tool-weather', state: 'output-available', input: { city: 'Oslo' }, output: { degrees: 21 } },
        { type: 'step-start' },
        { type: 'text', text: 'You asked Why?', state: 'done' },
        { type: 'source-url', sourceId: 's', url: 'https://example.com', title: 'Example' },
        { type: 'data-mood', data: { happy: true } },
      ])
      expect(called.length).toBeLessThanOrEqual(1)
      expect(finished).toEqual([{ isAbort: false, isError: false, finishReason: 'stop' }])
      // The same messages, whether they streamed or were read later.
      const simple = (m: UIMessage) => m.parts.map((p) => [p.type, (p as { text?: string }).text])
      expect(toUIMessages(session).map(simple)).toEqual(chat.messages.map(simple))
      expect(toUIMessages(session).map((m) => m.id)).toEqual(chat.messages.map((m) => m.id))
    })

    test('refused publishes: what is shown only ever grows, and ends equal to what the agent wrote', async () => {
      const name = wire.channelName()
      await agentOn(name, speak, { pattern })
      const session = wire.session(name)
      await session.ready
      wire.server.faults.refuse({ match: { channel: name, clientId: 'agent' }, every: 3, times: 5 })
      const chat = chatOn(session)
      await chat.sendMessage({ text: 'Go' })
      expect(chat.error).toBeUndefined()
      expect(textOf(chat.lastMessage)).toBe(text)
      expect(onlyGrew(chat.shown)).toBe(true)
    })

    test('a dropped connection, and one that cannot be resumed', async () => {
      for (const forget of [false, true]) {
        const name = wire.channelName()
        const clientId = `reader-${forget}`
        await agentOn(
          name,
          async (prompt, response) => {
            for (const [i, word] of words.entries()) {
              response.append(word)
              await pause()
              if (i === 5) wire.server.faults.drop({ match: { clientId }, forget })
            }
          },
          { pattern },
        )
        const session = wire.session(name, { clientOptions: { clientId } })
        await session.ready
        const chat = chatOn(session)
        await chat.sendMessage({ text: 'Go' })
        expect(chat.error).toBeUndefined()
        expect(textOf(chat.lastMessage)).toBe(text)
        expect(chat.messages).toHaveLength(2)
        expect(onlyGrew(chat.shown)).toBe(true)
      }
    })

    test('a refresh: a new page, its messages, and resume; no gap, no double', async () => {
      const name = wire.channelName()
      let goOn = () => {}
      const waited = new Promise<void>((resolve) => (goOn = resolve))
      await agentOn(
        name,
        async (prompt, response) => {
          for (const [i, word] of words.entries()) {
            response.append(word)
            await (i === 5 ? waited : pause())
          }
        },
        { pattern },
      )
      const first = wire.session(name)
      const firstChat = chatOn(first)
      void firstChat.sendMessage({ text: 'Go' })
      await until('some text', () => textOf(firstChat.lastMessage).length > 20)
      const session = wire.session(name)
      await session.ready
      const transport = createChatTransport(session)
      const messages = transport.messages()
      expect(messages.map((m) => m.role)).toEqual(['user', 'assistant'])
      const chat = new TestChat({ transport, messages })
      const resuming = chat.resumeStream()
      await until('streaming', () => chat.status === 'streaming')
      goOn()
      await resuming
      expect(chat.messages.map((m) => [m.role, textOf(m)])).toEqual([
        ['user', 'Go'],
        ['assistant', text],
      ])
      await until('the first chat', () => firstChat.status === 'ready')
      expect(firstChat.messages.map((m) => m.id)).toEqual(chat.messages.map((m) => m.id))
      expect(await transport.reconnectToStream({ chatId: 'x' })).not.toBeNull()
      expect(await createChatTransport(session).reconnectToStream({ chatId: 'x' })).toBeNull()
    })
  })
}

describe('other ways in', () => {
  test("messages of the app's database: partial ones are replaced in place, under their own ids", async () => {
    const name = wire.channelName()
    let goOn = () => {}
    const waited = new Promise<void>((resolve) => (goOn = resolve))
    const agent = await agentOn(name, async (prompt, response) => {
      for (const [i, word] of words.entries()) {
        response.append(word)
        await (i === 5 ? waited : pause())
      }
    })
    const asking = wire.session(name)
    await asking.sendMessage({ promptId: 'p', text: 'Go' })
    const { id } = await until('the answer', () =>
      asking.getSnapshot().messages.find((m) => m.role === 'assistant'),
    )
    await until('some text', () => (asking.getResponse(id)?.text.length ?? 0) > 20)
    const stored = (answer: string): UIMessage[] => [
      { id: 'p', role: 'user', parts: [{ type: 'text', text: 'Go' }] },
      { id: answer, role: 'assistant', parts: [{ type: 'text', text: 'The qui' }] },
    ]
    const chats = [id, 'row-7'].map((answer) => {
      const session = wire.session(name)
      const transport = createChatTransport(session, { messageId: () => answer })
      return new TestChat({ transport, messages: stored(answer) })
    })
    const resuming = chats.map((chat) => chat.resumeStream())
    await until('streaming', () => chats.every((chat) => chat.status === 'streaming'))
    goOn()
    await Promise.all(resuming)
    for (const [i, chat] of chats.entries())
      expect(chat.messages.map((m) => [m.id, textOf(m)])).toEqual([
        ['p', 'Go'],
        [[id, 'row-7'][i], text],
      ])
    expect(agent.responses).toHaveLength(0)
  })

  test('deltas twice and swapped; two chats at once, each its own answer', async () => {
    const name = wire.channelName()
    await agentOn(
      name,
      async (prompt, response) => {
        for (const word of words) {
          response.append(prompt.text === 'loud' ? word.toUpperCase() : word)
          await pause()
        }
      },
      { pattern: 'message-per-token' },
    )
    const sessions = ['one', 'two'].map((clientId) => wire.session(name, { clientOptions: { clientId } }))
    await Promise.all(sessions.map((session) => session.ready))
    wire.server.faults.duplicate({ match: { channel: name, name: 'token' }, every: 5 })
    wire.server.faults.reorder({ match: { channel: name, name: 'token' }, every: 7 })
    const chats = sessions.map((session) => chatOn(session))
    await Promise.all([chats[0]!.sendMessage({ text: 'quiet' }), chats[1]!.sendMessage({ text: 'loud' })])
    expect(chats.map((chat) => textOf(chat.lastMessage))).toEqual([text, text.toUpperCase()])
    expect(chats.map((chat) => chat.error)).toEqual([undefined, undefined])
    expect(chats.every((chat) => onlyGrew(chat.shown))).toBe(true)
  })

  test('asked again: a prompt of its own, and an answer in place of the old one', async () => {
    const name = wire.channelName()
    let asked = 0
    const prompts: unknown[] = []
    await agentOn(name, async (prompt, response) => {
      prompts.push(prompt.data)
      response.append(`Answer ${++asked}`)
    })
    const chat = chatOn(wire.session(name))
    await chat.sendMessage({ text: 'Why?' })
    const [question] = chat.messages
    await chat.regenerate()
    expect(chat.messages.map(textOf)).toEqual(['Why?', 'Answer 2'])
    await chat.sendMessage({ text: 'Who?', messageId: question!.id })
    expect(chat.messages.map(textOf)).toEqual(['Who?', 'Answer 3'])
    expect(prompts).toMatchObject([
      { text: 'Why?', promptId: question!.id },
      { text: 'Why?', replaces: question!.id },
      { text: 'Who?', replaces: question!.id },
    ])
  })
})

describe('ends', () => {
  async function until20(chat: TestChat) {
    await until('some text', () => textOf(chat.lastMessage).length > 20)
  }
  const forever: PromptHandler = async (_prompt, response) => {
    while (!response.signal.aborted) {
      response.append('word ')
      await pause()
    }
  }

  test('stop of the chat stops the agent; also after a resume, resumed twice as StrictMode does', async () => {
    const name = wire.channelName()
    let aborts = 0
    const agent = await agentOn(name, async (prompt, response) => {
      await forever(prompt, response)
      aborts++
    })
    const session = wire.session(name)
    const chat = chatOn(session)
    const sending = chat.sendMessage({ text: 'Go' })
    await until20(chat)
    await chat.stop()
    await sending
    expect(chat.status).toBe('ready')
    await until('the agent', () => aborts === 1)

    void chat.sendMessage({ text: 'Again' })
    await until20(chat)
    const other = wire.session(name)
    await other.ready
    const transport = createChatTransport(other)
    const resumed = new TestChat({ transport, messages: transport.messages() })
    void resumed.resumeStream()
    const once = resumed.resumeStream()
    await until('streaming', () => resumed.status === 'streaming')
    const twice = resumed.resumeStream()
    await once
    const length = textOf(resumed.lastMessage).length
    await until('more text', () => textOf(resumed.lastMessage).length > length + 20)
    expect(agent.responses).toHaveLength(1)
    await resumed.stop()
    await twice
    await until('the agent', () => aborts === 2)
    await until('the first chat', () => chat.status === 'ready')
  })

  test('stop before the answer begins stops it when it does', async () => {
    const name = wire.channelName()
    let begin = () => {}
    const begun = new Promise<void>((resolve) => (begin = resolve))
    let aborted = 0
    await agentOn(name, async (prompt, response) => {
      await begun
      await forever(prompt, response)
      aborted++
    })
    const session = wire.session(name)
    await session.ready
    const chat = chatOn(session)
    const sending = chat.sendMessage({ text: 'Go' })
    await until('submitted', () => session.getSnapshot().messages.length === 1)
    await chat.stop()
    await sending
    // A reader of its own, which cancels the stream as it aborts.
    const abort = new AbortController()
    const messages: UIMessage[] = [{ id: 'p', role: 'user', parts: [{ type: 'text', text: 'Go' }] }]
    const request = { trigger: 'submit-message', chatId: 'x', messageId: undefined, messages } as const
    const stream = await createChatTransport(session).sendMessages({ ...request, abortSignal: abort.signal })
    abort.signal.addEventListener('abort', () => void stream.cancel())
    await until('both prompts', () => session.getPrompt('p')?.delivery === 'sent')
    abort.abort()
    begin()
    await until('the agent', () => aborted === 2)
  })

  test('a refresh in the middle of a tool call: its arguments go on, once', async () => {
    const name = wire.channelName()
    let goOn = () => {}
    const waited = new Promise<void>((resolve) => (goOn = resolve))
    await agentOn(name, async (prompt, response) => {
      response.append('Let me see. ')
      response.toolInputStart({ toolCallId: 'c', toolName: 'weather' })
      response.toolInputDelta('c', '{"city":')
      await waited
      response.toolInputDelta('c', '"Oslo"}')
      response.toolInput({ toolCallId: 'c', toolName: 'weather', input: { city: 'Oslo' } })
      response.toolOutput('c', 21)
      response.append('21 degrees.')
    })
    const asking = wire.session(name)
    void chatOn(asking).sendMessage({ text: 'Weather?' })
    await until('the arguments', () =>
      asking.getSnapshot().messages.some(({ id }) => asking.getResponse(id)?.parts.length === 2),
    )
    const session = wire.session(name)
    await session.ready
    const transport = createChatTransport(session)
    const chat = new TestChat({ transport, messages: transport.messages() })
    const resuming = chat.resumeStream()
    goOn()
    await resuming
    expect(chat.lastMessage?.parts).toMatchObject([
      { type: 'step-start' },
      { type: 'text', text: 'Let me see. ' },
      { type: 'tool-weather', state: 'output-available', input: { city: 'Oslo' }, output: 21 },
      { type: 'step-start' },
      { type: 'text', text: '21 degrees.' },
    ])
    expect(chat.messages).toHaveLength(2)
  })

  test('an agent that fails shows as an error of the chat', async () => {
    const name = wire.channelName()
    const agent = await agentOn(name, async (_prompt, response) => {
      response.append('Almost')
      await response.fail(new Error('the model is out of words'))
    })
    agent.on('error', () => {})
    const chat = chatOn(wire.session(name))
    await chat.sendMessage({ text: 'Go' })
    expect(chat.status).toBe('error')
    expect(chat.error?.message).toContain('out of words')
    expect(textOf(chat.lastMessage)).toBe('Almost')
  })

  test('a hole that nobody heals: shown whole as far as it is, then as it is, with an error; never as right', async () => {
    const name = wire.channelName()
    const session = wire.session(name)
    await session.ready
    const chat = chatOn(session, {}, { patience: 50 })
    const sending = chat.sendMessage({ text: 'Go' })
    const agent = wire.client({ clientId: 'plain' }).channels.get(name)
    const headers = { responseId: 'r' }
    await agent.publish({ name: 'token', data: 'Hello ', extras: { headers: { ...headers, end: '6' } } })
    await agent.publish({ name: 'token', data: 'world', extras: { headers: { ...headers, end: '15' } } })
    await until('the gap', () => session.getResponse('r')?.text === 'Hello world')
    await until('the start', () => textOf(chat.lastMessage) === 'Hello ')
    await agent.publish({ name: 'stop', extras: { headers } })
    await until('the end', () => session.getResponse('r')?.status === 'complete')
    expect(textOf(chat.lastMessage)).toBe('Hello ')
    await sending
    expect(textOf(chat.lastMessage)).toBe('Hello world')
    expect(chat).toMatchObject({
      status: 'error',
      error: { message: expect.stringContaining('4 characters') },
    })
  })

  test('a recovery after the end still heals', async () => {
    const name = wire.channelName()
    const session = wire.session(name)
    await session.ready
    const chat = chatOn(session)
    const sending = chat.sendMessage({ text: 'Go' })
    const agent = wire.client({ clientId: 'plain' }).channels.get(name)
    const headers = { responseId: 'r' }
    await agent.publish({ name: 'token', data: 'Hello ', extras: { headers: { ...headers, end: '6' } } })
    await agent.publish({ name: 'token', data: 'world', extras: { headers: { ...headers, end: '15' } } })
    await agent.publish({ name: 'stop', extras: { headers } })
    await until('the end', () => session.getResponse('r')?.status === 'complete')
    await agent.publish({ name: 'response-complete', data: 'Hello big world', extras: { headers } })
    await sending
    expect(chat).toMatchObject({ status: 'ready', error: undefined })
    expect(textOf(chat.lastMessage)).toBe('Hello big world')
    expect(onlyGrew(chat.shown)).toBe(true)
  })

  test('a redaction while it streams replaces what was said, in one message', async () => {
    const name = wire.channelName()
    const session = wire.session(name)
    await session.ready
    const chat = chatOn(session)
    const sending = chat.sendMessage({ text: 'Go' })
    const agent = wire.client({ clientId: 'plain' }).channels.get(name)
    const { serials } = await agent.publish({
      name: 'response',
      data: 'My number is 1234',
      extras: { headers: { responseId: 'r' } },
    })
    await until('the text', () => textOf(chat.lastMessage) === 'My number is 1234')
    await agent.updateMessage({ serial: serials[0]!, name: 'response', data: 'My number is ****' })
    await until('the redaction', () => textOf(chat.lastMessage) === 'My number is ****')
    await agent.appendMessage({ serial: serials[0]!, data: '.' }, { metadata: { phase: 'done' } })
    await sending
    expect(chat.error).toBeUndefined()
    expect(textOf(chat.lastMessage)).toBe('My number is ****.')
    expect(chat.messages).toHaveLength(2)
  })

  test('an agent that leaves: interrupted, not an endless stream', async () => {
    const name = wire.channelName()
    const client = wire.client({ clientId: 'agent', transportParams: { remainPresentFor: '100' } })
    const agent = createAgent({ client, channelName: name })
    agent.onPrompt(forever)
    await agent.ready
    const session = wire.session(name)
    await session.ready
    const finished: unknown[] = []
    const chat = chatOn(
      session,
      { onFinish: ({ finishReason }) => finished.push(finishReason) },
      { patience: 50 },
    )
    const sending = chat.sendMessage({ text: 'Go' })
    await until20(chat)
    client.close()
    await sending
    expect(finished).toEqual(['interrupted'])
    expect(chat.status).toBe('ready')
    void agent.close().catch(() => {})
  })

  test('a prompt that is refused is an error of the chat; the session and transport that close end it', async () => {
    const name = wire.channelName()
    const session = wire.session(name)
    await session.ready
    const remove = wire.server.faults.refuse({ match: { channel: name } })
    const chat = chatOn(session)
    await chat.sendMessage({ text: 'Go' })
    expect(chat).toMatchObject({ status: 'error', error: { code: 'rate_limited' } })
    remove()
    const transport = createChatTransport(session)
    const second = new TestChat({ transport })
    const sending = second.sendMessage({ text: 'Go' })
    await until('submitted', () => session.getSnapshot().messages.length === 2)
    transport.close()
    await sending
    expect(second.status).toBe('ready')
    await expect(transport.sendMessages({} as never)).rejects.toMatchObject({ code: 'closed' })
  })
})

describe('tools of the browser', () => {
  test('a result goes to the agent, whose open response goes on in the same message', async () => {
    const name = wire.channelName()
    const agentChannel = wire.client({ clientId: 'plain' }).channels.get(name)
    const headers = { responseId: 'r', rejoin: '1' }
    await agentChannel.subscribe('user-input', () => {
      void agentChannel.publish({
        name: 'tool_call',
        data: { name: 'place', args: { precise: true } },
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
    const session = wire.session(name)
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
      const name = wire.channelName()
      await agentOn(name, async (_prompt, response) => {
        response.append('One moment. ')
        const { output: place } = await response.clientTool({ name: 'place', args: {}, toolCallId: 'c' })
        const call = { name: 'book', arguments: { place }, toolCallId: 'b' }
        const decision = await response.approval(call, { allow: () => true })
        response.append(`${String(place)}: ${decision.approved ? 'booked' : decision.reason}`)
      })
      const session = wire.session(name)
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
      // Whoever loads the conversation sees the same.
      const later = toUIMessages(session).at(-1)!
      expect(later.parts.map((p) => p.type)).toEqual(chat.lastMessage!.parts.map((p) => p.type))
      expect(textOf(later)).toBe(end)
    }
  })
})
