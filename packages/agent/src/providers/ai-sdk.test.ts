import { describe, expect, it } from 'vitest'
import type { UIMessageChunk } from 'ai'
import { fromAISDK } from './ai-sdk.ts'
import { checkGrammar, collect, joined, streamed } from '../../test/providerRecordings.ts'

const read = (...parts: object[]) => collect(fromAISDK(streamed(parts as UIMessageChunk[])))

describe('fullStream', () => {
  it('maps text, reasoning, tools and sources', async () => {
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

  it('maps failures, and arguments that are plain text', async () => {
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
  it('passes through', async () => {
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
