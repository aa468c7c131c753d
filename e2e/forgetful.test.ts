import { createSession } from '@rejoin/core'
import { expect, test } from 'vitest'
import { patterns } from './chat.ts'
import { Somebody } from './somebody.ts'
import { useDemo } from './stage.ts'
import { answers } from './truth.ts'

// The messages that an answer grows in are gone in mid-answer: it still ends, whole, for readers and in the database.

const demo = useDemo()

test.each(patterns)('the server restarts without its memory in mid-answer: %s', async (pattern) => {
  const somebody = await Somebody.withConversation(demo, pattern)
  const session = createSession({
    client: somebody.client,
    channelName: `ai:${somebody.id}`,
    agents: ['agent'],
  })
  await session.ready
  await demo.model.holdAt(30)
  const heard = somebody.hears(1)
  await session.sendMessage({ promptId: 'p', text: answers.scripted.prompt })
  await Promise.all([heard, demo.model.held()])
  const cut = new Promise((resolve) => somebody.client.connection.once('disconnected', resolve))
  await somebody.call('POST', '/faults', { kind: 'restart', memory: false })
  await cut
  await demo.model.goOn()
  await expect
    .poll(async () => (await somebody.rows()).find(({ role }) => role === 'assistant'))
    .toMatchObject({ status: 'complete', text: answers.scripted.text, promptId: 'p' })
  const shown = () => {
    const { messages } = session.getSnapshot()
    const answer = messages.find(({ role }) => role === 'assistant')
    const response = answer && session.getResponse(answer.id)
    return response && { status: response.status, text: response.text, hasGap: response.hasGap }
  }
  await expect.poll(shown).toEqual({ status: 'complete', text: answers.scripted.text, hasGap: false })
  session.close()
  somebody.client.close()
})
