import { createSession, type Session } from '@rejoin/core'
import { describe, expect, test } from 'vitest'
import { toChatMessages } from '../convert/openai-chat.ts'
import type { Conversation, Pattern } from '../index.ts'
import { useBench } from '../../test/agentBench.ts'

/** The agent's conversation is the path of a reader that joined by any way in. */
const bench = useBench()

const path = (session: Session, upTo: string): string[] => {
  const { messages } = session.getSnapshot()
  const end = messages.findIndex(({ id }) => id === upTo)
  return messages
    .slice(0, end + 1)
    .map(({ id, role }) => (role === 'user' ? session.getPrompt(id)!.text : session.getResponse(id)!.text))
}
const said = ({ messages }: Conversation): string[] => messages.map(({ text }) => text)

describe.each<Pattern>(['message-per-response', 'message-per-token'])('%s', (pattern) => {
  async function stage() {
    const channelName = bench.channelName()
    const conversations: Conversation[] = []
    let answered: (() => void) | undefined
    const start = () => {
      const agent = bench.agent({ channelName, pattern })
      agent.onPrompt(async (prompt, response) => {
        // What a handler is given can be handed on, as another thread or a store wants it.
        expect(structuredClone(prompt)).toMatchObject({ text: prompt.text })
        const conversation = await prompt.conversation()
        conversations.push(conversation)
        response.append(`You said: ${prompt.text}`)
        await response.end()
        answered?.()
      })
      return agent
    }
    const agent = start()
    const session = createSession({ client: bench.client({ clientId: 'ann' }), channelName })
    await Promise.all([agent.ready, session.ready])
    const ask = async (text: string, how: (text: string) => Promise<string>) => {
      const done = new Promise<void>((resolve) => (answered = resolve))
      const id = await how(text)
      await done
      // What the asker has seen by now is what the next prompt's conversation has.
      await new Promise<void>((resolve) => {
        const look = (): void => {
          const { messages } = session.getSnapshot()
          const answer = messages.find(({ id: one }) => session.getResponse(one)?.promptId === id)
          if (answer && session.getResponse(answer.id)!.status === 'complete') {
            stop()
            resolve()
          }
        }
        const stop = session.subscribe(look)
        const end = session.on('finish', look)
        look()
        void end
      })
      return id
    }
    return { channelName, agent, start, session, conversations, ask }
  }

  test('is what its asker saw: every turn before, own answers and those before a restart included', async () => {
    const { agent, start, session, conversations, ask } = await stage()
    const send = (text: string) => session.sendMessage({ text })
    await ask('One', send)
    await ask('Two', send)
    await agent.close()
    const second = start()
    await second.ready
    const id = await ask('Three', send)
    expect(said(conversations[2]!)).toEqual(path(session, id))
    expect(said(conversations[2]!)).toEqual(['One', 'You said: One', 'Two', 'You said: Two', 'Three'])
    expect(await toChatMessages(conversations[2]!)).toMatchObject([
      { role: 'user', content: 'One' },
      { role: 'assistant', content: 'You said: One' },
      { role: 'user', content: 'Two' },
      { role: 'assistant', content: 'You said: Two' },
      { role: 'user', content: 'Three' },
    ])
    session.close()
    await second.close()
  })

  test('an edited prompt has what came before it, and nothing of the branch that it left', async () => {
    const { agent, session, conversations, ask } = await stage()
    const send = (text: string) => session.sendMessage({ text })
    await ask('One', send)
    const two = await ask('Two', send)
    await ask('Three', send)
    const edited = await ask('Two, edited', (text) => session.editMessage(two, { text }))
    expect(said(conversations[3]!)).toEqual(['One', 'You said: One', 'Two, edited'])
    expect(said(conversations[3]!)).toEqual(path(session, edited))
    session.close()
    await agent.close()
  })

  test('bounds cut whole turns, oldest first', async () => {
    const channelName = bench.channelName()
    const lengths: number[][] = []
    const agent = bench.agent({ channelName, pattern })
    let answered: (() => void) | undefined
    agent.onPrompt(async (prompt, response) => {
      const one = await prompt.conversation({ maxMessages: 3 })
      lengths.push([one.messages.length, Number(one.truncated)])
      response.append('ok')
      await response.end()
      answered?.()
    })
    const session = createSession({ client: bench.client({ clientId: 'ann' }), channelName })
    await Promise.all([agent.ready, session.ready])
    for (let i = 0; i < 4; i++) {
      const done = new Promise<void>((resolve) => (answered = resolve))
      await session.sendMessage({ text: String(i) })
      await done
    }
    expect(lengths).toEqual([
      [1, 0],
      [3, 0],
      [3, 1],
      [3, 1],
    ])
    session.close()
    await agent.close()
  })
})

test('beyond what the channel retains, the application’s database has it', async () => {
  const channelName = bench.channelName()
  const agent = bench.agent({ channelName })
  const rows = [
    { id: 'p0', role: 'user' as const, text: 'Long ago', createdAt: 1 },
    {
      id: 'r0',
      role: 'assistant' as const,
      text: 'Indeed',
      status: 'complete' as const,
      promptId: 'p0',
      createdAt: 2,
    },
  ]
  const conversation = new Promise<Conversation>((resolve) =>
    agent.onPrompt(async (prompt) => resolve(await prompt.conversation({ load: async () => ({ rows }) }))),
  )
  await agent.ready
  const session = createSession({ client: bench.client({ clientId: 'ann' }), channelName })
  await session.ready
  await session.sendMessage({ text: 'Now' })
  expect(said(await conversation)).toEqual(['Long ago', 'Indeed', 'Now'])
  session.close()
  await agent.close()
})
