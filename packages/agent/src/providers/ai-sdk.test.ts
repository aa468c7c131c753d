import { describe, expect, test } from 'vitest'
import type { UIMessageChunk } from 'ai'
import { fromAISDK } from './ai-sdk.ts'
import { asObject } from '../response/asObject.ts'
import { assembled } from '../../test/assembled.ts'
import { checkGrammar, collect, joined, streamed } from '../../test/providerRecordings.ts'

const read = (...parts: object[]) => collect(fromAISDK(streamed(parts as UIMessageChunk[])))

describe('fullStream', () => {
  test('maps text, reasoning, tools and sources', async () => {
    const events = await read(
      { type: 'start' },
      { type: 'start-step' },
      { type: 'reasoning-start', id: '0' },
      { type: 'reasoning-delta', id: '0', text: 'Hm' },
      { type: 'reasoning-end', id: '0' },
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', text: 'Let me see.' },
      { type: 'text-end', id: '0' },
      { type: 'tool-input-start', id: 'c', toolName: 'weather' },
      { type: 'tool-input-delta', id: 'c', delta: '{"city":' },
      { type: 'tool-input-delta', id: 'c', delta: '"Oslo"}' },
      { type: 'tool-input-end', id: 'c' },
      { type: 'tool-call', toolCallId: 'c', toolName: 'weather', input: { city: 'Oslo' } },
      { type: 'tool-result', toolCallId: 'c', toolName: 'weather', output: 'asking', preliminary: true },
      { type: 'tool-result', toolCallId: 'c', toolName: 'weather', output: { degrees: 21 } },
      { type: 'finish-step', finishReason: 'tool-calls' },
      { type: 'start-step' },
      // Ids begin anew in each step.
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', text: ' 21°' },
      { type: 'text-end', id: '0' },
      { type: 'source', sourceType: 'url', id: 's', url: 'https://example.com', title: 'Example' },
      { type: 'finish', finishReason: 'stop' },
    )
    checkGrammar(events)
    expect(joined(events, 'reasoning-delta')).toBe('Hm')
    expect(joined(events, 'text-delta')).toBe('Let me see. 21°')
    expect(events.filter(({ type }) => type === 'tool-output-available')).toEqual([
      { type: 'tool-output-available', toolCallId: 'c', output: 'asking', preliminary: true },
      { type: 'tool-output-available', toolCallId: 'c', output: { degrees: 21 } },
    ])
    expect(events).toContainEqual({
      type: 'source-url',
      sourceId: 's',
      url: 'https://example.com',
      title: 'Example',
    })
  })

  test('maps failures, and arguments that are plain text', async () => {
    expect((await read({ type: 'error', error: new Error('overloaded') })).at(-1)).toEqual({
      type: 'error',
      errorText: 'overloaded',
    })
    expect((await read({ type: 'start' })).at(-1)).toMatchObject({ type: 'error', code: 'stream_truncated' })
    expect(await read({ type: 'abort', reason: 'timeout' })).toEqual([{ type: 'abort', reason: 'timeout' }])
    const events = await read(
      { type: 'tool-input-start', id: 'c', toolName: 'sql', inputEncoding: 'text' },
      { type: 'tool-input-delta', id: 'c', delta: 'SELECT "a"' },
      { type: 'tool-call', toolCallId: 'c', toolName: 'sql', input: 'SELECT "a"' },
      { type: 'tool-error', toolCallId: 'c', toolName: 'sql', error: new Error('no table') },
      { type: 'finish', finishReason: 'stop' },
    )
    checkGrammar(events)
    expect(events.at(-2)).toEqual({ type: 'tool-output-error', toolCallId: 'c', errorText: 'no table' })
  })
})

describe('UI message stream', () => {
  test('passes through', async () => {
    const events = await read(
      { type: 'start', messageId: 'm' },
      { type: 'text-start', id: 't' },
      { type: 'text-delta', id: 't', delta: 'Hi' },
      { type: 'text-end', id: 't' },
      { type: 'tool-input-start', toolCallId: 'c', toolName: 'now' },
      { type: 'tool-input-available', toolCallId: 'c', toolName: 'now', input: {} },
      { type: 'tool-approval-request', approvalId: 'a', toolCallId: 'c' },
      { type: 'tool-output-available', toolCallId: 'c', output: 1 },
      { type: 'data-mood', id: 'd', data: 'good' },
      { type: 'data-notice', data: 'gone', transient: true },
      { type: 'source-url', sourceId: 's', url: 'https://example.com' },
      { type: 'finish', finishReason: 'length' },
    )
    checkGrammar(events)
    expect(events.filter(({ type }) => type.startsWith('data-'))).toEqual([
      { type: 'data-mood', id: 'd', data: 'good' },
      { type: 'data-notice', data: 'gone', transient: true },
    ])
    expect(events).toContainEqual({
      type: 'tool-approval-request',
      toolCallId: 'c',
      toolName: 'now',
      input: {},
      approvalId: 'a',
    })
    expect(events.at(-1)).toEqual({ type: 'finish', finishReason: 'length' })
  })
})

describe('both streams', () => {
  const metadataOf = (events: Awaited<ReturnType<typeof read>>) =>
    events.filter((event) => event.type === 'part-metadata')
  const finish = { type: 'finish', finishReason: 'stop' }

  test('carry files, by address and by content', async () => {
    const url = 'https://x.test/a.png'
    const inline = { base64: 'AAAA', mediaType: 'image/png', uint8Array: new Uint8Array(3) }
    const events = await read(
      { type: 'file', url, mediaType: 'image/png' },
      { type: 'file', url: 'data:text/plain;base64,QQ==', mediaType: 'text/plain' },
      { type: 'file', file: inline },
      { type: 'reasoning-file', url, mediaType: 'image/png' },
      { type: 'file', mediaType: 'image/png' },
      finish,
    )
    expect(events.slice(0, 5)).toEqual([
      { type: 'file', url, mediaType: 'image/png' },
      { type: 'file', url: 'data:text/plain;base64,QQ==', mediaType: 'text/plain' },
      { type: 'file', url: 'data:image/png;base64,AAAA', mediaType: 'image/png' },
      { type: 'reasoning-file', url, mediaType: 'image/png' },
      { type: 'dropped', what: 'file', why: expect.any(String) },
    ])
  })

  test('carry documents, and the citations of a text with their place', async () => {
    const document = { mediaType: 'application/pdf', title: 'D', filename: 'd.pdf' }
    const source = { type: 'source', sourceType: 'url', id: 'u', url: 'https://x.test' }
    const events = await read(
      { type: 'source-document', sourceId: 'd', ...document },
      { type: 'source', sourceType: 'document', id: 'e', ...document },
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', text: 'Hello' },
      { type: 'text-end', id: '0', citations: [{ source, startIndex: 1, endIndex: 3, citedText: 'said' }] },
      finish,
    )
    assembled(events)
    expect(events.filter(({ type }) => type.startsWith('source'))).toEqual([
      { type: 'source-document', sourceId: 'd', ...document },
      { type: 'source-document', sourceId: 'e', ...document },
      {
        type: 'source-url',
        sourceId: 'u',
        url: 'https://x.test',
        textId: '0',
        startOffset: 1,
        endOffset: 3,
        snippet: 'said',
      },
    ])
  })

  test('carry what is said of calls', async () => {
    const fields = { dynamic: true, providerExecuted: true, title: 'Weather' }
    const started = await read(
      { type: 'tool-input-start', toolCallId: 'c', toolName: 'mcp', ...fields },
      { type: 'tool-input-available', toolCallId: 'c', toolName: 'mcp', input: {}, ...fields },
      finish,
    )
    const direct = await read(
      { type: 'tool-call', toolCallId: 'c', toolName: 'mcp', input: {}, ...fields },
      finish,
    )
    for (const events of [started, direct]) {
      expect(events[0]).toEqual({ type: 'tool-input-start', toolCallId: 'c', toolName: 'mcp', ...fields })
    }
    const decided = await read(
      { type: 'tool-input-available', toolCallId: 'c', toolName: 'rm', input: 1 },
      { type: 'tool-approval-request', approvalId: 'a', toolCallId: 'c', reason: 'careful' },
      { type: 'tool-approval-response', approvalId: 'a', approved: false, reason: 'no' },
      { type: 'tool-output-denied', toolCallId: 'c' },
      finish,
    )
    expect(decided.slice(2, 5)).toEqual([
      {
        type: 'tool-approval-request',
        approvalId: 'a',
        toolCallId: 'c',
        toolName: 'rm',
        input: 1,
        reason: 'careful',
      },
      { type: 'tool-approval-response', toolCallId: 'c', approved: false, reason: 'no' },
      { type: 'tool-output-denied', toolCallId: 'c' },
    ])
  })

  test('carry the metadata of providers, once for each part and the newest of it', async () => {
    const meta = (value: unknown) => ({ providerMetadata: { p: { value } } })
    const events = await read(
      { type: 'reasoning-start', id: '0', ...meta(1) },
      { type: 'reasoning-delta', id: '0', text: '', ...meta('signature') },
      { type: 'reasoning-end', id: '0' },
      { type: 'text-start', id: '0' },
      { type: 'text-end', id: '0', ...meta(2) },
      { type: 'tool-input-start', toolCallId: 'c', toolName: 't', ...meta(3) },
      { type: 'tool-input-available', toolCallId: 'c', toolName: 't', input: {}, ...meta(4) },
      { type: 'tool-output-available', toolCallId: 'c', output: 1, ...meta(5) },
      { type: 'source-url', sourceId: 's', url: 'https://x.test', ...meta(6) },
      { type: 'file', url: 'https://x.test', mediaType: 'image/png', ...meta(7) },
      finish,
    )
    assembled(events)
    expect(metadataOf(events)).toMatchObject([
      { part: 'reasoning', id: '0', ...meta('signature') },
      { part: 'text', id: '0', ...meta(2) },
      { part: 'tool-call', id: 'c', ...meta(4) },
      { part: 'tool-result', id: 'c', ...meta(5) },
    ])
    expect(events.filter((event) => event.type === 'source-url' || event.type === 'file')).toMatchObject([
      meta(6),
      meta(7),
    ])
  })

  test('carry steps, metadata, model, usage and the reason', async () => {
    const events = await read(
      { type: 'start', messageMetadata: { a: 1 } },
      { type: 'start-step', request: {}, warnings: [] },
      { type: 'tool-input-available', toolCallId: 'c', toolName: 't', input: 1 },
      { type: 'reset-step' },
      { type: 'tool-input-available', toolCallId: 'c', toolName: 't', input: 2 },
      { type: 'finish-step', response: { modelId: 'gpt' }, usage: {}, finishReason: 'stop' },
      { type: 'message-metadata', messageMetadata: { b: 2 } },
      {
        type: 'finish',
        finishReason: 'other',
        rawFinishReason: 'pause_turn',
        totalUsage: {
          inputTokens: 5,
          outputTokens: 3,
          totalTokens: 8,
          cachedInputTokens: 2,
          outputTokenDetails: { reasoningTokens: 1 },
        },
        messageMetadata: { c: 3 },
      },
    )
    expect(events.filter(({ type }) => type.endsWith('-step')).map(({ type }) => type)).toEqual([
      'start-step',
      'reset-step',
      'finish-step',
    ])
    expect(events.filter(({ type }) => type === 'tool-input-start')).toHaveLength(2)
    const facts = events.flatMap((event) => (event.type === 'metadata' ? event.metadata : []))
    expect(facts).toEqual([{ a: 1 }, { model: 'gpt' }, { b: 2 }, { c: 3 }])
    expect(events.at(-1)).toEqual({
      type: 'finish',
      finishReason: 'other',
      rawFinishReason: 'pause_turn',
      usage: {
        inputTokens: 5,
        inputTokenDetails: { noCacheTokens: 3, cacheReadTokens: 2 },
        outputTokens: 3,
        outputTokenDetails: { textTokens: 2, reasoningTokens: 1 },
        totalTokens: 8,
      },
    })
  })

  test('say what they leave out', async () => {
    const found = assembled(
      await read(
        { type: 'text-start', id: '0' },
        { type: 'text-delta', id: '0', text: 5 },
        { type: 'text-delta', id: '0', delta: { no: 'text' } },
        { type: 'text-end', id: '0' },
        { type: 'custom' },
        { type: 'odd' },
        { type: 'tool-odd' },
        { type: 'ping' },
        { type: 'raw', rawValue: {} },
        { type: 'start', messageMetadata: 5 },
        null as never,
        finish,
      ),
    )
    expect(found).toMatchObject({ text: '', status: 'complete' })
    expect(found.dropped).toEqual([
      'text-delta.text',
      'text-delta.delta',
      'part of type "custom"',
      'part of type "odd"',
      'part of type "tool-odd"',
      'messageMetadata',
    ])
  })

  test.each([
    [[], 'error'],
    [[{ type: 'start' }], 'error'],
    [[{ type: 'abort' }], 'stopped'],
    [[{ type: 'abort' }, finish], 'stopped'],
    [[{ type: 'error', errorText: 'Oh' }, finish], 'error'],
    [[{ type: 'finish', finishReason: 'error' }], 'error'],
    [[{ type: 'finish-step' }], 'error'],
    [[{ type: 'finish', finishReason: 'unknown' }], 'complete'],
  ])('end as %j does: %s', async (parts, status) => {
    expect(assembled(await read(...parts)).status).toBe(status)
  })
})

test('the object of streamObject, and of streamText with an output, is a part that grows', async () => {
  const text = '{"title":"Soup","steps":["Boil."]}'
  const streams = [
    [
      { type: 'object', object: { title: 'Soup' } },
      { type: 'text-delta', textDelta: text.slice(0, 20) },
      { type: 'text-delta', textDelta: text.slice(20) },
      { type: 'finish', finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } },
    ],
    [
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', text },
      { type: 'text-end', id: '0' },
      { type: 'finish', finishReason: 'stop' },
    ],
  ]
  for (const parts of streams) {
    const mapped = fromAISDK(streamed(parts as unknown as UIMessageChunk[]))
    const events = await collect(asObject(mapped, 'recipe', { id: 'o' }))
    expect(events.findLast(({ type }) => type === 'data-recipe')).toEqual({
      type: 'data-recipe',
      id: 'o',
      data: { title: 'Soup', steps: ['Boil.'] },
    })
    expect(events.filter(({ type }) => /^text|dropped/.test(type))).toEqual([])
    expect(events.at(-1)).toMatchObject({ type: 'finish', finishReason: 'stop' })
  }
})
