import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fromAnthropic } from '@rejoin/agent/providers/anthropic'
import { fromOpenAI } from '@rejoin/agent/providers/openai'
import { createModel } from '../agent/model.ts'
import { scriptedEvents } from '../agent/scripted.ts'
import { scripts } from '../agent/scripts.ts'
import { conversationOf } from './conversation.ts'

// The providers' own SDKs, against a server that answers as the providers' servers do.

const script = scripts.find(({ prompt }) => prompt.startsWith('How does'))!
const { text } = script
let server: Server
let url = ''
const asked: { path: string; key: string; body: Record<string, unknown> }[] = []

const anthropicEvents = [
  {
    type: 'message_start',
    message: {
      id: 'm',
      type: 'message',
      role: 'assistant',
      content: [],
      model: 'x',
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Let me see.' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text } },
  { type: 'content_block_stop', index: 1 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
]

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  return JSON.parse(body) as Record<string, unknown>
}

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const path = request.url!
    const key = String(request.headers.authorization ?? request.headers['x-api-key'])
    asked.push({ path, key, body: await bodyOf(request) })
    if (key.includes('wrong')) {
      response.writeHead(401, { 'content-type': 'application/json' })
      response.end('{"error":{"message":"Incorrect API key provided","type":"invalid_request_error"}}')
      return
    }
    const events = path.includes('responses') ? scriptedEvents(script) : anthropicEvents
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const event of events as { type: string }[])
      response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => void server.close())

const config = (provider: 'openai' | 'anthropic', apiKey = 'a-key') => ({
  provider,
  apiKey,
  name: 'a-model',
  baseUrl: url,
  recordings: '',
  speed: 1,
})

const conversation = conversationOf('Hello', 'Hello!', 'How does it work?')

async function ask(provider: 'openai' | 'anthropic', apiKey?: string) {
  const stream = await createModel(config(provider, apiKey)).ask({
    conversation,
    signal: AbortSignal.timeout(10_000),
  })
  let said = ''
  let thought = ''
  for await (const event of stream.api === 'openai'
    ? fromOpenAI(stream.events)
    : fromAnthropic(stream.events)) {
    if (event.type === 'text-delta') said += event.delta
    if (event.type === 'reasoning-delta') thought += event.delta
  }
  return { said, thought }
}

test("OpenAI's SDK asks with the conversation, and its stream arrives as text", async () => {
  expect(await ask('openai')).toEqual({ said: text, thought: script.reasoning })
  const { path, key, body } = asked.at(-1)!
  expect([path, key, body.model, body.stream]).toEqual(['/responses', 'Bearer a-key', 'a-model', true])
  const said = (said: string) => [{ type: 'input_text', text: said }]
  expect(body.input).toEqual([
    { role: 'user', content: said('Hello') },
    { role: 'assistant', content: 'Hello!' },
    { role: 'user', content: said('How does it work?') },
  ])
})

test("Anthropic's SDK asks with the conversation, and its stream arrives as text", async () => {
  expect(await ask('anthropic')).toEqual({ said: text, thought: 'Let me see.' })
  const { path, key, body } = asked.at(-1)!
  expect([path, body.model, body.stream]).toEqual(['/v1/messages', 'a-model', true])
  expect(key).toContain('a-key')
  expect(body.messages).toEqual([
    { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
    { role: 'assistant', content: [{ type: 'text', text: 'Hello!' }] },
    { role: 'user', content: [{ type: 'text', text: 'How does it work?' }] },
  ])
})

test.each(['openai', 'anthropic'] as const)(
  '%s refuses a wrong key: the error is the one of its API',
  async (provider) => {
    await expect(ask(provider, 'wrong')).rejects.toThrow(/Incorrect API key/)
  },
)
