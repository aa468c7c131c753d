import type { UIMessage } from 'ai'
import { describe, expect, test } from 'vitest'
import { chatOn, onlyGrew, TestChat, textOf, useChats } from '../../test/wire/chat.ts'
import { until } from '../../test/wire/wire.ts'
import { createAgent } from '@rejoin/agent'
import type { PromptHandler } from '@rejoin/agent'
import { createChatTransport } from './index.ts'

const stage = useChats()

describe('ends', () => {
  async function until20(chat: TestChat) {
    await until('some text', () => textOf(chat.lastMessage).length > 20)
  }
  const forever: PromptHandler = async (_prompt, response) => {
    while (!response.signal.aborted) {
      response.append('word ')
      await response.flush()
    }
  }

  test('stop of the chat stops the agent; also after a resume, resumed twice as StrictMode does', async () => {
    const name = stage.wire.channelName()
    let aborts = 0
    const agent = await stage.agentOn(name, async (prompt, response) => {
      await forever(prompt, response)
      aborts++
    })
    const session = stage.wire.session(name)
    const chat = chatOn(session)
    const sending = chat.sendMessage({ text: 'Go' })
    await until20(chat)
    await chat.stop()
    await sending
    expect(chat.status).toBe('ready')
    await until('the agent', () => aborts === 1)

    void chat.sendMessage({ text: 'Again' })
    await until20(chat)
    const other = stage.wire.session(name)
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
    const name = stage.wire.channelName()
    let begin = () => {}
    const begun = new Promise<void>((resolve) => (begin = resolve))
    let aborted = 0
    await stage.agentOn(name, async (prompt, response) => {
      await begun
      await forever(prompt, response)
      aborted++
    })
    const session = stage.wire.session(name)
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
    const name = stage.wire.channelName()
    let goOn = () => {}
    const waited = new Promise<void>((resolve) => (goOn = resolve))
    await stage.agentOn(name, async (prompt, response) => {
      response.append('Let me see. ')
      response.toolInputStart({ toolCallId: 'c', toolName: 'weather' })
      response.toolInputDelta('c', '{"city":')
      await waited
      response.toolInputDelta('c', '"Oslo"}')
      response.toolInput({ toolCallId: 'c', toolName: 'weather', input: { city: 'Oslo' } })
      response.toolOutput('c', 21)
      response.append('21 degrees.')
    })
    const asking = stage.wire.session(name)
    void chatOn(asking).sendMessage({ text: 'Weather?' })
    await until('the arguments', () =>
      asking.getSnapshot().messages.some(({ id }) => asking.getResponse(id)?.parts.length === 2),
    )
    const session = stage.wire.session(name)
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
    const name = stage.wire.channelName()
    const agent = await stage.agentOn(name, async (_prompt, response) => {
      response.append('Almost')
      await response.fail(new Error('the model is out of words'))
    })
    agent.on('error', () => {})
    const chat = chatOn(stage.wire.session(name))
    await chat.sendMessage({ text: 'Go' })
    expect(chat.status).toBe('error')
    expect(chat.error?.message).toContain('out of words')
    expect(textOf(chat.lastMessage)).toBe('Almost')
  })

  test('a gap that nobody heals: shown whole as far as it is, then as it is, with an error; never as right', async () => {
    const name = stage.wire.channelName()
    const session = stage.wire.session(name)
    await session.ready
    const chat = chatOn(session, {}, { patience: 50 })
    const sending = chat.sendMessage({ text: 'Go' })
    const agent = stage.wire.client({ clientId: 'plain' }).channels.get(name)
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
    const name = stage.wire.channelName()
    const session = stage.wire.session(name)
    await session.ready
    const chat = chatOn(session)
    const sending = chat.sendMessage({ text: 'Go' })
    const agent = stage.wire.client({ clientId: 'plain' }).channels.get(name)
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
    const name = stage.wire.channelName()
    const session = stage.wire.session(name)
    await session.ready
    const chat = chatOn(session)
    const sending = chat.sendMessage({ text: 'Go' })
    const agent = stage.wire.client({ clientId: 'plain' }).channels.get(name)
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
    const name = stage.wire.channelName()
    const client = stage.wire.client({ clientId: 'agent', transportParams: { remainPresentFor: '100' } })
    const agent = createAgent({ client, channelName: name })
    agent.onPrompt(forever)
    await agent.ready
    const session = stage.wire.session(name)
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
    const name = stage.wire.channelName()
    const session = stage.wire.session(name)
    await session.ready
    const remove = stage.wire.server.faults.refuse({ match: { channel: name } })
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
