import type { UIMessage } from 'ai'
import { describe, expect, test } from 'vitest'
import { chatOn, speak, text, textOf, useChats } from '../../test/wire/chat.ts'
import type { TestChat } from '../../test/wire/chat.ts'
import { until } from '../../test/wire/wire.ts'
import type { ResponseState } from '../index.ts'
import { createChatTransport, joinChat } from './index.ts'
import type { ChatTransportOptions, JoinChatOptions } from './index.ts'

const stage = useChats()

const said = ({ messages }: TestChat) => messages.map((message) => [message.role, textOf(message)])
const own: ChatTransportOptions['prepare'] = ({ messages }) => ({
  promptId: `own-${messages.at(-1)!.id}`,
  text: textOf(messages.at(-1)),
})
const idsOf = ({ messages }: TestChat) => messages.map(({ id }) => id)

test('two tabs: prompts and answers of each show live in the other, and nothing doubles', async () => {
  const name = stage.wire.channelName()
  let go = (): void => {}
  const gate = new Promise<void>((resolve) => (go = resolve))
  await stage.agentOn(name, async (prompt, response) => {
    if (prompt.text !== 'First?') return speak(prompt, response)
    response.append('One ')
    await response.flush()
    await gate
    response.append('two.')
  })
  const sessions = [stage.wire.session(name), stage.wire.session(name)] as const
  await Promise.all(sessions.map(({ ready }) => ready))
  const [a, b] = sessions.map((session) => chatOn(session)) as [TestChat, TestChat]
  // As StrictMode does: joined, left, joined again.
  joinChat(sessions[0], a)()
  const stops = [joinChat(sessions[0], a), joinChat(sessions[1], b), joinChat(sessions[1], b)]

  const first = a.sendMessage({ text: 'First?' })
  const half = [
    ['user', 'First?'],
    ['assistant', 'One '],
  ]
  await until('the first words in both', () =>
    [a, b].every((chat) => JSON.stringify(said(chat)) === JSON.stringify(half)),
  )
  expect(b.status).toBe('ready')
  go()
  await first
  await until('the end in both', () => [a, b].every((chat) => textOf(chat.messages[1]) === 'One two.'))
  expect(idsOf(b)).toEqual(idsOf(a))

  await b.sendMessage({ text: 'Second?' })
  await until('all in both', () => [a, b].every((chat) => textOf(chat.messages[3]) === text))
  for (const chat of [a, b])
    expect(said(chat)).toEqual([
      ['user', 'First?'],
      ['assistant', 'One two.'],
      ['user', 'Second?'],
      ['assistant', text],
    ])
  expect(new Set(idsOf(a)).size).toBe(4)
  expect(idsOf(b)).toEqual(idsOf(a))

  // What did not change is the same object, so that its row need not render.
  const [before] = a.messages
  for (const stop of stops) stop()
  await sessions[1].sendMessage({ text: 'Third?' })
  await until('the prompt', () => sessions[0].getSnapshot().messages.length >= 5)
  expect(a.messages).toHaveLength(4)
  joinChat(sessions[0], a)()
  expect(a.messages.length).toBeGreaterThanOrEqual(5)
  expect(a.messages[0]).toEqual(before)
})

test('an edit in one tab shows in the other; what the session does not know stays', async () => {
  const name = stage.wire.channelName()
  await stage.agentOn(name, (prompt, response) => response.append(`To ${prompt.text}`))
  const [mine, other] = [stage.wire.session(name), stage.wire.session(name)]
  await Promise.all([mine.ready, other.ready])
  const old = { id: 'old', role: 'user' as const, parts: [{ type: 'text' as const, text: 'Long ago' }] }
  const chat = chatOn(mine, { messages: [old] })
  const stop = joinChat(mine, chat)
  const id = await other.sendMessage({ text: 'one' })
  await until('the answer', () => textOf(chat.messages[2]) === 'To one')
  await other.editMessage(id, { text: 'uno' })
  await until('the answer to the edit', () => textOf(chat.messages[2]) === 'To uno')
  expect(said(chat)).toEqual([
    ['user', 'Long ago'],
    ['user', 'uno'],
    ['assistant', 'To uno'],
  ])
  stop()
})

describe('a message keeps the id that its chat shows it under', () => {
  const echo = (name: string) =>
    stage.agentOn(name, (prompt, response) => response.append(`To ${prompt.text}`))

  test.each([
    ['the transport names messages', { messageId: (r: ResponseState) => `row-${r.promptId}` }, {}],
    ['joinChat names them', {}, { messageId: (r: ResponseState) => `row-${r.promptId}` }],
    ['prompts have ids of their own', { prepare: own }, {}],
  ])('%s', async (_, transport: ChatTransportOptions, options: JoinChatOptions) => {
    const name = stage.wire.channelName()
    await echo(name)
    const [mine, other] = [stage.wire.session(name), stage.wire.session(name)]
    await Promise.all([mine.ready, other.ready])
    const chat = chatOn(mine, {}, transport)
    const stop = joinChat(mine, chat, options)
    await chat.sendMessage({ text: 'one' })
    const before = idsOf(chat)
    await other.sendMessage({ text: 'two' })
    await until('the other answer', () => textOf(chat.messages.at(-1)) === 'To two')
    expect(said(chat).map(([, text]) => text)).toEqual(['one', 'To one', 'two', 'To two'])
    expect(idsOf(chat).slice(0, 2)).toEqual(before)
    // Joined anew, as StrictMode does.
    stop()
    const all = idsOf(chat)
    joinChat(mine, chat, options)()
    expect(idsOf(chat)).toEqual(all)
    // What is not on the path any more is gone under that id too.
    await other.editMessage(mine.getSnapshot().messages[0]!.id, { text: 'uno' })
    const again = joinChat(mine, chat, options)
    await until('the edit', () => textOf(chat.messages.at(-1)) === 'To uno')
    expect(said(chat).map(([, text]) => text)).toEqual(['uno', 'To uno'])
    again()
  })

  test('messages of a database, named by it, are those of the session', async () => {
    const name = stage.wire.channelName()
    await echo(name)
    const session = stage.wire.session(name)
    await session.ready
    const promptId = await session.sendMessage({ text: 'one' })
    await until('the answer', () => session.getSnapshot().messages.length === 2)
    const messages: UIMessage[] = [
      { id: promptId, role: 'user', parts: [{ type: 'text', text: 'one' }] },
      { id: 'row-7', role: 'assistant', parts: [{ type: 'text', text: 'To one' }] },
    ]
    const chat = chatOn(session, { messages }, { messageId: () => 'row-7' })
    joinChat(session, chat)()
    expect(idsOf(chat)).toEqual([promptId, 'row-7'])
    // As the transport's own messages are named, so that the chat can go on with them.
    const named = createChatTransport(session, { messageId: ({ id }) => `row-${id}` })
    expect(named.messages()[1]!.id).toBe(`row-${session.getSnapshot().messages[1]!.id}`)
  })

  test('a message that is edited in its chat', async () => {
    const name = stage.wire.channelName()
    await echo(name)
    const session = stage.wire.session(name)
    const chat = chatOn(session, {}, { messageId: ({ id }) => `row-${id}` })
    const stop = joinChat(session, chat)
    await chat.sendMessage({ text: 'one' })
    const [{ id } = { id: '' }] = chat.messages
    for (const text of ['uno', 'un']) {
      await chat.sendMessage({ text, messageId: id })
      expect(said(chat).map(([, words]) => words)).toEqual([text, `To ${text}`])
      expect(chat.messages[0]!.id).toBe(id)
    }
    await chat.regenerate({ messageId: chat.messages[1]!.id })
    expect(said(chat).map(([, words]) => words)).toEqual(['un', 'To un'])
    const { promptId } = session.getResponse(session.getSnapshot().messages[1]!.id)!
    // The wire names the answer by the session's id, not by the chat's.
    expect(session.getResponse(session.getPrompt(promptId!)!.regenerate!)?.text).toBe('To un')
    stop()
  })
})
