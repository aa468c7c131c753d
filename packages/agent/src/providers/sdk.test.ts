import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { streamText } from 'ai'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromAISDK } from './ai-sdk.ts'
import { fromAnthropic } from './anthropic.ts'
import { fromOpenAI } from './openai.ts'
import {
  checkGrammar,
  collect,
  haveRecordings,
  joined,
  recorded,
  recordings,
  streamed,
} from '../../test/providerRecordings.ts'

/** The providers' own SDKs, over HTTP, from a server that replays what their APIs once said. */
describe.skipIf(!haveRecordings)('the real SDKs', () => {
  let server: Server
  let url: string
  let replay: { type?: string }[] = []
  beforeAll(async () => {
    server = createServer((_, answer) => {
      answer.setHeader('content-type', 'text/event-stream')
      for (const event of replay) {
        answer.write(`${event.type ? `event: ${event.type}\n` : ''}data: ${JSON.stringify(event)}\n\n`)
      }
      answer.end('data: [DONE]\n\n')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())

  const names = (api: string, without: RegExp) => recordings(api).filter((name) => !without.test(name))
  const openai = () => new OpenAI({ apiKey: 'none', baseURL: url, maxRetries: 0 })
  const anthropic = () => new Anthropic({ apiKey: 'none', baseURL: url, maxRetries: 0 })
  const load = (api: string, name: string) => (replay = recorded(api, name))

  // Four responses in one file are four streams to the SDK; an error is thrown by it.
  it.each(names('openai-responses', /^(reasoning-encrypted|error)/))(
    'openai: responses, %s',
    async (name) => {
      const raw = load('openai-responses', name)
      const stream = await openai().responses.create({ model: 'any', input: 'hi', stream: true })
      const events = await collect(fromOpenAI(stream))
      checkGrammar(events)
      expect(events).toEqual(await collect(fromOpenAI(streamed(raw as never[]))))
    },
  )

  it('openai: an error in the stream', async () => {
    load('openai-responses', 'error.1.jsonl')
    const stream = await openai().responses.create({ model: 'any', input: 'hi', stream: true })
    await expect(collect(fromOpenAI(stream))).rejects.toThrow(/exceeded your current quota/)
  })

  it.each(names('openai-chat', /^$/))('openai: chat, %s', async (name) => {
    const raw = load('openai-chat', name)
    const request = { model: 'any', messages: [{ role: 'user' as const, content: 'hi' }] }
    const created = await openai().chat.completions.create({ ...request, stream: true })
    const events = await collect(fromOpenAI(created))
    checkGrammar(events)
    expect(events).toEqual(await collect(fromOpenAI(streamed(raw as never[]))))
    expect(await collect(fromOpenAI(openai().chat.completions.stream(request)))).toEqual(events)
  })

  it.each(names('anthropic', /^$/))('anthropic: %s', async (name) => {
    const raw = load('anthropic', name)
    const request = { model: 'any', max_tokens: 10, messages: [{ role: 'user' as const, content: 'hi' }] }
    const created = await anthropic().messages.create({ ...request, stream: true })
    const events = await collect(fromAnthropic(created))
    checkGrammar(events)
    expect(events).toEqual(await collect(fromAnthropic(streamed(raw as never[]))))
    expect(await collect(fromAnthropic(anthropic().messages.stream(request)))).toEqual(events)
  })

  it('ai: streamText, in both of its streams', async () => {
    const raw = load('openai-chat', 'text.jsonl')
    const expected = joined(await collect(fromOpenAI(streamed(raw as never[]))), 'text-delta')
    const model = createOpenAI({ apiKey: 'none', baseURL: url }).chat('any')
    for (const from of ['fullStream', 'ui'] as const) {
      const result = streamText({ model, prompt: 'hi' })
      const events = await collect(fromAISDK(from === 'ui' ? result.toUIMessageStream() : result.fullStream))
      checkGrammar(events)
      expect(joined(events, 'text-delta')).toBe(expected)
    }
  })

  it.each(names('openai-responses', /^(reasoning-encrypted|error)/))('ai: streamText, %s', async (name) => {
    const raw = load('openai-responses', name)
    const expected = await collect(fromOpenAI(streamed(raw as never[])))
    const model = createOpenAI({ apiKey: 'none', baseURL: url }).responses('any')
    const events = await collect(fromAISDK(streamText({ model, prompt: 'hi' }).fullStream))
    checkGrammar(events)
    expect(joined(events, 'text-delta')).toBe(joined(expected, 'text-delta'))
    const sources = (all: typeof events) => all.filter(({ type }) => type === 'source-url').length
    // The AI SDK names what a search has found as well.
    expect(sources(events)).toBeGreaterThanOrEqual(sources(expected))
  })
})
