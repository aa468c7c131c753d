import { startLocalAbly, type LocalAbly } from '@rejoin/local-ably'
import * as Ably from 'ably'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAgent, type AgentOptions } from './index.ts'

let server: LocalAbly
let client: Ably.Realtime
beforeAll(async () => {
  server = await startLocalAbly({ port: 0 })
  client = new Ably.Realtime({ ...server.clientOptions, clientId: 'agent', logLevel: 0 })
})
afterAll(async () => {
  client.close()
  await server.close()
})

const channelName = 'ai:mistakes'
const unable = (says: RegExp) =>
  expect.objectContaining({ code: 'invalid_argument', message: expect.stringMatching(says) })

test.each<[what: string, options: () => unknown, says: RegExp]>([
  ['no options', () => undefined, /^unable to create an agent; pass options/],
  ['no client', () => ({ channelName }), /`client`; it is undefined/],
  [
    'a REST client',
    () => ({ channelName, client: new Ably.Rest({ key: 'a.b:c' }) }),
    /a REST client receives no prompts/,
  ],
  ['no name', () => ({ client }), /channelName must be a non-empty string, and is undefined/],
  [
    'an unknown pattern',
    () => ({ client, channelName, pattern: 'per-token' }),
    /pattern must be "message-per-response" or "message-per-token", and is "per-token"/,
  ],
])('%s', (_, options, says) => {
  expect(() => createAgent(options() as AgentOptions)).toThrow(unable(says))
})

async function* streamOf(...events: unknown[]) {
  yield* events
}

test.each<[what: string, stream: () => unknown, says: RegExp]>([
  [
    'OpenAI chat',
    () => streamOf({ object: 'chat.completion.chunk', choices: [] }),
    /"chat\.completion\.chunk"/,
  ],
  ['OpenAI responses', () => streamOf({ type: 'response.created' }), /"response\.created"/],
  ['Anthropic', () => streamOf({ type: 'message_start' }), /"message_start"/],
  ['the AI SDK’s full stream', () => streamOf({ type: 'start' }), /"start"/],
  ['the AI SDK’s text stream', () => streamOf('Hello'), /gave "Hello"/],
  ['Gemini', () => streamOf({ candidates: [] }), /gave an object/],
])('a stream of %s without its mapper', async (_, stream, says) => {
  const agent = createAgent({ client, channelName, presence: false })
  agent.on('error', () => {})
  const response = agent.respond()
  await expect(response.pipe(stream() as never)).rejects.toEqual(unable(says))
  await expect(agent.respond().pipe(stream() as never)).rejects.toThrow(
    /^unable to write the answer; .*Pass it through a mapper/,
  )
  await agent.close()
})
