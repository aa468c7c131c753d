import type { UIMessage } from 'ai'
import { describe, expect, test } from 'vitest'
import {
  chatOn,
  onlyGrew,
  speak,
  TestChat,
  text,
  textOf,
  turn,
  useChats,
  words,
} from '../../test/wire/chat.ts'
import { until } from '../../test/wire/wire.ts'
import { createChatTransport, toUIMessages } from './index.ts'

const stage = useChats()

for (const pattern of ['message-per-response', 'message-per-token'] as const) {
  describe(pattern, () => {
    test('a prompt is answered: text, reasoning, tool, source and data as the AI SDK keeps them', async () => {
      const name = stage.wire.channelName()
      await stage.agentOn(
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
      const session = stage.wire.session(name)
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
      const name = stage.wire.channelName()
      await stage.agentOn(name, speak, { pattern })
      const session = stage.wire.session(name)
      await session.ready
      stage.wire.server.faults.refuse({ match: { channel: name, clientId: 'agent' }, every: 3, times: 5 })
      const chat = chatOn(session)
      await chat.sendMessage({ text: 'Go' })
      expect(chat.error).toBeUndefined()
      expect(textOf(chat.lastMessage)).toBe(text)
      expect(onlyGrew(chat.shown)).toBe(true)
    })

    test('a dropped connection, and one that cannot be resumed', async () => {
      for (const forget of [false, true]) {
        const name = stage.wire.channelName()
        const clientId = `reader-${forget}`
        await stage.agentOn(
          name,
          async (prompt, response) => {
            for (const [i, word] of words.entries()) {
              response.append(word)
              await turn()
              if (i === 5) stage.wire.server.faults.drop({ match: { clientId }, forget })
            }
          },
          { pattern },
        )
        const session = stage.wire.session(name, { clientOptions: { clientId } })
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
      const name = stage.wire.channelName()
      let goOn = () => {}
      const waited = new Promise<void>((resolve) => (goOn = resolve))
      await stage.agentOn(
        name,
        async (prompt, response) => {
          for (const [i, word] of words.entries()) {
            response.append(word)
            await (i === 5 ? waited : turn())
          }
        },
        { pattern },
      )
      const first = stage.wire.session(name)
      const firstChat = chatOn(first)
      void firstChat.sendMessage({ text: 'Go' })
      await until('some text', () => textOf(firstChat.lastMessage).length > 20)
      const session = stage.wire.session(name)
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
    const name = stage.wire.channelName()
    let goOn = () => {}
    const waited = new Promise<void>((resolve) => (goOn = resolve))
    const agent = await stage.agentOn(name, async (prompt, response) => {
      for (const [i, word] of words.entries()) {
        response.append(word)
        await (i === 5 ? waited : turn())
      }
    })
    const asking = stage.wire.session(name)
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
      const session = stage.wire.session(name)
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
    const name = stage.wire.channelName()
    await stage.agentOn(
      name,
      async (prompt, response) => {
        for (const word of words) {
          response.append(prompt.text === 'loud' ? word.toUpperCase() : word)
          await turn()
        }
      },
      { pattern: 'message-per-token' },
    )
    const sessions = ['one', 'two'].map((clientId) =>
      stage.wire.session(name, { clientOptions: { clientId } }),
    )
    await Promise.all(sessions.map((session) => session.ready))
    stage.wire.server.faults.duplicate({ match: { channel: name, name: 'token' }, every: 5 })
    stage.wire.server.faults.reorder({ match: { channel: name, name: 'token' }, every: 7 })
    const chats = sessions.map((session) => chatOn(session))
    await Promise.all([chats[0]!.sendMessage({ text: 'quiet' }), chats[1]!.sendMessage({ text: 'loud' })])
    expect(chats.map((chat) => textOf(chat.lastMessage))).toEqual([text, text.toUpperCase()])
    expect(chats.map((chat) => chat.error)).toEqual([undefined, undefined])
    expect(chats.every((chat) => onlyGrew(chat.shown))).toBe(true)
  })

  test('asked again: a prompt of its own, and an answer in place of the old one', async () => {
    const name = stage.wire.channelName()
    let asked = 0
    const prompts: unknown[] = []
    await stage.agentOn(name, async (prompt, response) => {
      prompts.push(prompt.data)
      response.append(`Answer ${++asked}`)
    })
    const chat = chatOn(stage.wire.session(name))
    await chat.sendMessage({ text: 'Why?' })
    const [question, first] = chat.messages
    await chat.regenerate()
    expect(chat.messages.map(textOf)).toEqual(['Why?', 'Answer 2'])
    const second = chat.lastMessage!.id
    await chat.regenerate()
    await chat.sendMessage({ text: 'Who?', messageId: question!.id })
    expect(chat.messages.map(textOf)).toEqual(['Who?', 'Answer 4'])
    expect(prompts).toMatchObject([
      { text: 'Why?', promptId: question!.id },
      { text: 'Why?', replaces: question!.id, regenerate: first!.id },
      { text: 'Why?', replaces: question!.id, regenerate: second },
      { text: 'Who?', replaces: question!.id },
    ])
    // A page that is opened anew shows what this one shows.
    const later = stage.wire.session(name)
    await later.ready
    expect(toUIMessages(later).map(textOf)).toEqual(['Who?', 'Answer 4'])
    expect(later.getSnapshot().messages).toHaveLength(2)
    expect(later.getSnapshot().entries).toHaveLength(8)
  })
})
