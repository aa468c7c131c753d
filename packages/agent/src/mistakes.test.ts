import { startLocalAbly, type LocalAbly } from '@rejoin/local-ably'
import * as Ably from 'ably'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { createAgent, type AgentOptions, type PromptHandler } from './index.ts'

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
  [
    'a path as checkpoints',
    () => ({ client, channelName, checkpoints: './checkpoints' }),
    /checkpoints must be a checkpoint store, .* and is "\.\/checkpoints"/,
  ],
  ['claims that are no store', () => ({ client, channelName, claims: true }), /claims must be .* is true/],
])('%s', (_, options, says) => {
  expect(() => createAgent(options() as AgentOptions)).toThrow(unable(says))
})

test.each<[what: string, handler: unknown, options: object, says: RegExp]>([
  ['no handler', undefined, {}, /^unable to listen; pass a handler, .* and not undefined/],
  ['an unknown word', () => {}, { whileBusy: 'wait' }, /whileBusy must be "parallel" or .* and is "wait"/],
  ['another', () => {}, { interrupted: 'go on' }, /interrupted must be "mark" or .* and is "go on"/],
])('onPrompt with %s', async (_, handler, options, says) => {
  const agent = createAgent({ client, channelName, presence: false })
  expect(() => agent.onPrompt(handler as PromptHandler, options)).toThrow(unable(says))
  await agent.close()
})

test.each<[what: string, returned: () => unknown]>([
  ['a text', () => 'Hello'],
  ['a stream', () => streamOf('Hello')],
])('a handler that returns %s, and writes nothing', async (what, returned) => {
  const name = `ai:returned ${what}`
  const agent = createAgent({ client, channelName: name, presence: false })
  const errors: Error[] = []
  agent.on('error', (error) => errors.push(error))
  const rows = new Promise<unknown>((resolve) =>
    agent.on('response', (response) => void response.ended.then(() => resolve(response.row()))),
  )
  agent.onPrompt(returned)
  await agent.ready
  await client.channels.get(name).publish('user-input', { promptId: 'p', text: 'Hello?' })
  expect(await rows).toMatchObject({ status: 'error', error: { message: expect.stringMatching(/append/) } })
  expect(errors).toEqual([expect.objectContaining({ message: expect.stringMatching(/^unable to answer/) })])
  await agent.close()
})

test('a handler that writes its answer may return it too', async () => {
  const agent = createAgent({ client, channelName: 'ai:both', presence: false })
  const rows = new Promise<unknown>((resolve) =>
    agent.on('response', (response) => void response.ended.then(() => resolve(response.row()))),
  )
  agent.onPrompt((_, response) => {
    response.append('Hello')
    return response.text
  })
  await agent.ready
  await client.channels.get('ai:both').publish('user-input', { promptId: 'p', text: 'Hello?' })
  expect(await rows).toMatchObject({ status: 'complete', text: 'Hello' })
  await agent.close()
})

test.each<[what: string, ids: unknown]>([
  ['a text', 'r1'],
  ['null', null],
  ['a number', { responseId: 1 }],
  ['an empty id', { promptId: '' }],
])('respond() with %s', async (_, ids) => {
  const agent = createAgent({ client, channelName, presence: false })
  expect(() => agent.respond(ids as object)).toThrow(unable(/^unable to respond; pass \{ responseId/))
  await agent.close()
})

test('listening to an event that does not exist', async () => {
  const agent = createAgent({ client, channelName, presence: false })
  const listen = agent.on.bind(agent) as (event: unknown, listener: unknown) => unknown
  expect(() => listen('nope', () => {})).toThrow(unable(/pass one of error, suspended, response/))
  expect(() => listen('error', undefined)).toThrow(unable(/and a function$/))
  await agent.close()
})

test('a handler that does not await pipe()', async () => {
  const agent = createAgent({ client, channelName: 'ai:hasty', presence: false })
  const errors: Error[] = []
  agent.on('error', (error) => errors.push(error))
  const response = agent.respond()
  response.append('Well. ')
  const piped = response.pipe(new ReadableStream<never>())
  const says = /^unable to end the answer; pipe\(\) is still writing it. Await it/
  await expect(response.end()).resolves.toMatchObject({ status: 'error' })
  expect(errors).toEqual([unable(says)])
  expect(response.row()).toMatchObject({ status: 'error', error: { message: expect.stringMatching(says) } })
  expect(await piped).toMatchObject({ aborted: true })
  await agent.close()
})

describe('without a listener for `error`', () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  afterEach(() => void said.mockReset())
  afterAll(() => said.mockRestore())

  test('the console has it', async () => {
    const agent = createAgent({ client, channelName: 'ai:unheard' })
    const ended = new Promise((resolve) => agent.on('response', (response) => resolve(response.ended)))
    agent.onPrompt(() => {
      throw new Error('no credit')
    })
    await agent.ready
    await client.channels.get('ai:unheard').publish('user-input', { promptId: 'p', text: 'Hello?' })
    await ended
    expect(said.mock.calls).toEqual([
      ['[rejoin]', expect.objectContaining({ message: 'unable to answer a prompt; no credit' })],
    ])
    await agent.close()
  })

  test('a listener has it, and the console does not', async () => {
    const nowhere = new Ably.Realtime({ ...server.clientOptions, clientId: 'agent', port: 9, logLevel: 0 })
    const agent = createAgent({ client: nowhere, channelName })
    const error = await new Promise((resolve) => agent.on('error', resolve))
    expect(error).toMatchObject({
      code: 'attach_failed',
      message: expect.stringMatching(/^unable to connect to Ably; check the network and .*\(Ably 80003\)$/),
    })
    expect(said).not.toHaveBeenCalled()
    nowhere.close()
    await agent.close()
  })
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
