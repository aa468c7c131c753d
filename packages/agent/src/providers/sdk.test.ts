import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ages } from '../../test/sdks.ts'
import { fromAISDK } from './ai-sdk.ts'
import { fromAnthropic } from './anthropic.ts'
import { fromGoogle } from './google.ts'
import { fromLangGraph } from './langgraph.ts'
import { fromOpenAI } from './openai.ts'
import { assembled } from '../../test/assembled.ts'
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
describe.skipIf(!haveRecordings).each(ages)('the real SDKs, %s', (_, sdks) => {
  const { OpenAI, Anthropic, GoogleGenAI, messages, streamText, createOpenAI } = sdks
  let server: Server
  let url: string
  let replay: { type?: string }[] = []
  beforeAll(async () => {
    server = createServer(({ url: path = '' }, answer) => {
      answer.setHeader('content-type', 'text/event-stream')
      for (const event of replay) {
        answer.write(`${event.type ? `event: ${event.type}\n` : ''}data: ${JSON.stringify(event)}\n\n`)
      }
      // Google's API has no such mark.
      answer.end(path.includes(':stream') ? '' : 'data: [DONE]\n\n')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())

  const names = (api: string, without: RegExp) => recordings(api).filter((name) => !without.test(name))
  const openai = () => new OpenAI({ apiKey: 'none', baseURL: url, maxRetries: 0 })
  const anthropic = () => new Anthropic({ apiKey: 'none', baseURL: url, maxRetries: 0 })
  const messagesRequest = {
    model: 'any',
    max_tokens: 10,
    messages: [{ role: 'user' as const, content: 'hi' }],
  }
  const load = (api: string, name: string) => (replay = recorded(api, name))

  // Four responses in one file are four streams to the SDK; an error is thrown by it.
  test.each(names('openai-responses', /^(reasoning-encrypted|error)/))(
    'openai: responses, %s',
    async (name) => {
      const raw = load('openai-responses', name)
      const stream = await openai().responses.create({ model: 'any', input: 'hi', stream: true })
      const events = await collect(fromOpenAI(stream))
      checkGrammar(events)
      expect(events).toEqual(await collect(fromOpenAI(streamed(raw as never[]))))
    },
  )

  test('openai: an error in the stream', async () => {
    load('openai-responses', 'error.1.jsonl')
    const stream = await openai().responses.create({ model: 'any', input: 'hi', stream: true })
    await expect(collect(fromOpenAI(stream))).rejects.toThrow(/exceeded your current quota/)
  })

  test.each(names('openai-chat', /^$/))('openai: chat, %s', async (name) => {
    const raw = load('openai-chat', name)
    const request = { model: 'any', messages: [{ role: 'user' as const, content: 'hi' }] }
    const created = await openai().chat.completions.create({ ...request, stream: true })
    const events = await collect(fromOpenAI(created))
    checkGrammar(events)
    expect(events).toEqual(await collect(fromOpenAI(streamed(raw as never[]))))
    expect(await collect(fromOpenAI(openai().chat.completions.stream(request)))).toEqual(events)
  })

  test.each(names('anthropic', /^$/))('anthropic: %s', async (name) => {
    const raw = load('anthropic', name)
    const created = await anthropic().messages.create({ ...messagesRequest, stream: true })
    const events = await collect(fromAnthropic(created))
    checkGrammar(events)
    expect(events).toEqual(await collect(fromAnthropic(streamed(raw as never[]))))
    expect(await collect(fromAnthropic(anthropic().messages.stream(messagesRequest)))).toEqual(events)
  })

  test.each(names('anthropic', /^$/))('anthropic: %s, read when all of it has arrived', async (name) => {
    const raw = load('anthropic', name)
    const helper = anthropic().messages.stream(messagesRequest)
    // The helper's objects grow while they wait to be read.
    const events = helper[Symbol.asyncIterator]()
    await helper.done()
    const late = Object.assign(helper, { [Symbol.asyncIterator]: () => events })
    expect(await collect(fromAnthropic(late))).toEqual(await collect(fromAnthropic(streamed(raw as never[]))))
  })

  test('google: generateContentStream and a chat', async () => {
    const parts = (...list: object[]) => ({ candidates: [{ content: { role: 'model', parts: list } }] })
    replay = [
      { ...parts({ text: 'It is ' }), modelVersion: 'gemini', responseId: 'r' },
      parts({ text: '21°' }, { functionCall: { id: 'c', name: 'now', args: {} } }),
      { candidates: [{ finishReason: 'STOP' }], usageMetadata: { totalTokenCount: 9 } },
    ] as never
    const google = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: url } })
    const expected = await collect(fromGoogle(streamed(replay as never[])))
    expect(joined(expected, 'text-delta')).toBe('It is 21°')
    const request = { model: 'gemini', contents: 'hi' }
    expect(await collect(fromGoogle(await google.models.generateContentStream(request)))).toEqual(expected)
    const chat = google.chats.create({ model: 'gemini' })
    expect(await collect(fromGoogle(await chat.sendMessageStream({ message: 'hi' })))).toEqual(expected)
  })

  test('langchain: messages and chunks', async () => {
    const { AIMessage, AIMessageChunk, ToolMessage } = messages
    const call = { id: 'c', name: 'now', index: 0, type: 'tool_call_chunk' as const }
    const said = [
      new AIMessageChunk({ id: 'a', content: 'Let me see.' }),
      new AIMessageChunk({ id: 'a', content: '', tool_call_chunks: [{ ...call, args: '{}' }] }),
      new AIMessageChunk({ id: 'a', content: '', response_metadata: { finish_reason: 'tool_calls' } }),
      new ToolMessage({ tool_call_id: 'c', content: '{"hour":3}' }),
      new AIMessage({ id: 'b', content: ' It is 3.' }),
    ]
    expect(assembled(await collect(fromLangGraph(streamed<never>(said as never[]))))).toMatchObject({
      text: 'Let me see. It is 3.',
      calls: [{ id: 'c', input: {}, output: { hour: 3 } }],
      status: 'complete',
    })
  })

  test('ai: streamText, in both of its streams', async () => {
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

  test.each(names('openai-responses', /^(reasoning-encrypted|error)/))('ai: streamText, %s', async (name) => {
    const raw = load('openai-responses', name)
    const expected = await collect(fromOpenAI(streamed(raw as never[])))
    const provider = createOpenAI({ apiKey: 'none', baseURL: url })
    const model = provider.responses('any')
    // Version 5 fails with a call of a tool that it was not told of, even where the provider runs it.
    const tools = { web_search_preview: provider.tools.webSearchPreview({}) }
    const events = await collect(fromAISDK(streamText({ model, tools, prompt: 'hi' }).fullStream))
    checkGrammar(events)
    expect(joined(events, 'text-delta')).toBe(joined(expected, 'text-delta'))
    const sources = (all: typeof events) => all.filter(({ type }) => type === 'source-url').length
    // The AI SDK names what a search has found as well.
    expect(sources(events)).toBeGreaterThanOrEqual(sources(expected))
  })
})
