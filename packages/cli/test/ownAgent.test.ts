import { createAgent, type ResponseWriter } from '@rejoin/agent'
import type { LocalAbly } from '@rejoin/local-ably'
import { Realtime } from 'ably'
import { expect, test } from 'vitest'
import { channelName, heard } from './listening.ts'

/** Everything that a response can consist of. */
async function say(response: ResponseWriter): Promise<void> {
  response.reasoning('They ask about ropes 🪢. ')
  response.reasoning('An easy one.')
  for (const word of 'A rope is a bundle of fibres, corde 👩‍👩‍👧, twisted together. '.split(/(?= )/)) {
    response.append(word)
    await response.flush()
  }
  const search = response.tool({ name: 'search', args: { query: 'rope' } })
  search.progress({ status: 'searching', percentComplete: 50 })
  search.result({ found: 3 })
  response.toolInputStart({ toolCallId: 'streamed', toolName: 'weather' })
  for (const json of ['{"city":', '"Oslo"', '}']) response.toolInputDelta('streamed', json)
  response.toolInput({ toolCallId: 'streamed', toolName: 'weather', input: { city: 'Oslo' } })
  response.toolOutput('streamed', { degrees: 3 })
  response.source({ url: 'https://en.wikipedia.org/wiki/Rope', title: 'Rope' })
  response.data('chart', { points: [1, 2, 3] })
  response.data('chart', { points: [1, 2, 3, 4] }, { id: 'strength' })
  response.metadata({ model: 'test' })
  for (let n = 0; n < 40; n++) response.append(`${n} ${'縄 rope 🪢 '.repeat(150)}`)
  void response.approval({ name: 'pay', arguments: { euros: 5 } }).catch(() => {})
  await response.flush()
}

const cases = (['message-per-response', 'message-per-token'] as const).flatMap((pattern) =>
  [0, 5, 3].map((every) => ({ pattern, every })),
)

test.each(cases)(
  'nothing is wrong with our own agent: $pattern, publishes refused: 1 of $every',
  async (one) => {
    const { pattern, every } = one
    const speak = async (server: LocalAbly) => {
      if (every > 0) server.faults.refuse({ every, match: { clientId: 'agent' } })
      const client = new Realtime({
        ...server.clientOptions,
        clientId: 'agent',
        echoMessages: false,
        logLevel: 0,
      })
      const agent = createAgent({ client, channelName, pattern, retry: { minDelay: 1, maxDelay: 5 } })
      const response = agent.respond({ promptId: 'p1' })
      await say(response)
      await response.end()
      await agent.close()
      client.close()
    }
    const { live, past } = await heard(speak)
    expect({ live, past }).toEqual({ live: [], past: [] })
  },
)
