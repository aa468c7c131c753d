import { expect, test } from 'vitest'
import { chatOn, speak, text, textOf, useChats } from '../../test/wire/chat.ts'
import type { TestChat } from '../../test/wire/chat.ts'
import { until } from '../../test/wire/wire.ts'
import { joinChat } from './index.ts'

const stage = useChats()

const said = ({ messages }: TestChat) => messages.map((message) => [message.role, textOf(message)])
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
