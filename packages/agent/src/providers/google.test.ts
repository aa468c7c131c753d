import { describe, expect, test } from 'vitest'
import type { GenerateContentResponse } from '@google/genai'
import { assembled } from '../../test/assembled.ts'
import { collect, streamed } from '../../test/providerRecordings.ts'
import { fromGoogle } from './google.ts'

const read = (...chunks: unknown[]) => collect(fromGoogle(streamed(chunks as GenerateContentResponse[])))
const said = async (...chunks: unknown[]) => assembled(await read(...chunks))
const parts = (...list: object[]) => ({ candidates: [{ content: { role: 'model', parts: list }, index: 0 }] })
const end = (finishReason = 'STOP', more: object = {}) => ({ candidates: [{ finishReason, ...more }] })

describe('Gemini', () => {
  test('maps text, thoughts, the model and usage', async () => {
    const usageMetadata = {
      promptTokenCount: 8,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 3,
      totalTokenCount: 16,
    }
    const events = await read(
      { ...parts({ text: 'Hm', thought: true }), modelVersion: 'gemini', responseId: 'r' },
      parts({ text: 'It is ' }),
      parts({ text: '21°' }, { text: '', thoughtSignature: 'sig' }),
      { ...end(), usageMetadata },
    )
    expect(assembled(events)).toMatchObject({
      text: 'It is 21°',
      reasoning: 'Hm',
      metadata: { model: 'gemini' },
      end: {
        type: 'finish',
        finishReason: 'stop',
        usage: {
          inputTokens: 8,
          outputTokens: 8,
          outputTokenDetails: { textTokens: 5, reasoningTokens: 3 },
          totalTokens: 16,
        },
      },
    })
    expect(events).toContainEqual({
      type: 'part-metadata',
      part: 'text',
      id: 'text-1',
      providerMetadata: { google: { thoughtSignature: 'sig' } },
    })
  })

  test('maps calls with and without ids, their results, and signatures', async () => {
    const call = (args: object, more: object = {}) => ({ functionCall: { name: 'weather', args, ...more } })
    const events = await read(
      parts({ ...call({ city: 'Oslo' }), thoughtSignature: 'sig' }, call({ city: 'Rome' })),
      parts(call({ city: 'Bern' }, { id: 'own' })),
      end(),
    )
    const { calls, end: last } = assembled(events)
    expect(calls.map(({ name, input }) => [name, input])).toEqual([
      ['weather', { city: 'Oslo' }],
      ['weather', { city: 'Rome' }],
      ['weather', { city: 'Bern' }],
    ])
    expect(new Set(calls.map(({ id }) => id)).size).toBe(3)
    expect(calls[2]!.id).toBe('own')
    expect(last).toEqual({ type: 'finish', finishReason: 'tool-calls' })
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'part-metadata',
        part: 'tool-call',
        id: calls[0]!.id,
        providerMetadata: { google: { thoughtSignature: 'sig' } },
      }),
    )
    // Functions that the SDK calls by itself.
    const looped = await said(
      parts(call({ city: 'Oslo' })),
      end(),
      parts({ functionResponse: { name: 'weather', response: { degrees: 21 } } }),
      parts({ text: 'Warm' }),
      end(),
    )
    expect(looped).toMatchObject({
      text: 'Warm',
      calls: [{ output: { degrees: 21 } }],
      end: { type: 'finish', finishReason: 'stop' },
    })
  })

  test('maps arguments that stream', async () => {
    const piece = (jsonPath: string, value: object) => ({ jsonPath, ...value })
    const { calls, dropped } = await said(
      parts({ functionCall: { name: 'book', willContinue: true } }),
      parts({
        functionCall: { partialArgs: [piece('$.city', { stringValue: 'Os' })], willContinue: true },
      }),
      parts({
        functionCall: {
          partialArgs: [
            piece('$.city', { stringValue: 'lo' }),
            piece('$.guests[0].age', { numberValue: 7 }),
            piece('$.late', { boolValue: true }),
            piece('$.note', { nullValue: 'NULL_VALUE' }),
            piece('$.__proto__.evil', { stringValue: 'x' }),
          ],
          willContinue: true,
        },
      }),
      parts({ functionCall: {} }),
      end(),
    )
    expect(calls).toMatchObject([
      { name: 'book', input: { city: 'Oslo', guests: [{ age: 7 }], late: true, note: null } },
    ])
    expect(dropped).toEqual(['functionCall.partialArgs'])
    expect(({} as Record<string, unknown>)['evil']).toBeUndefined()
  })

  test('maps code that Google runs, and files', async () => {
    const found = await said(
      parts({ executableCode: { language: 'PYTHON', code: '1+1' } }),
      parts({ codeExecutionResult: { outcome: 'OUTCOME_OK', output: '2' } }),
      parts({ executableCode: { language: 'PYTHON', code: '1/0' } }),
      parts({ codeExecutionResult: { outcome: 'OUTCOME_FAILED', output: 'ZeroDivisionError' } }),
      parts({ inlineData: { mimeType: 'image/png', data: 'AAAA' } }),
      parts({ fileData: { mimeType: 'text/plain', fileUri: 'https://x.test/a' } }),
      end(),
    )
    expect(found).toMatchObject({
      calls: [
        { name: 'code_execution', input: { code: '1+1' }, output: { outcome: 'OUTCOME_OK', output: '2' } },
        { name: 'code_execution', input: { code: '1/0' }, errorText: 'ZeroDivisionError' },
      ],
      files: ['data:image/png;base64,AAAA', 'https://x.test/a'],
      end: { type: 'finish', finishReason: 'stop' },
    })
  })

  test('places sources in the text, whose bytes Google counts', async () => {
    const text = 'Fjørd 🌊 is deep.'
    const bytes = (until: string) => Buffer.byteLength(text.slice(0, text.indexOf(until)))
    const groundingMetadata = {
      groundingChunks: [{ web: { uri: 'https://a.test', title: 'A' } }, { web: { uri: 'https://b.test' } }],
      groundingSupports: [
        { segment: { startIndex: bytes('is'), endIndex: bytes('.') }, groundingChunkIndices: [0, 9] },
      ],
    }
    const events = await read(
      parts({ text: text.slice(0, 7) }),
      parts({ text: text.slice(7) }),
      end('STOP', { groundingMetadata }),
    )
    const sources = events.filter((event) => event.type === 'source-url')
    expect(sources).toMatchObject([{ url: 'https://a.test', title: 'A' }, { url: 'https://b.test' }])
    expect(text.slice(sources[0]!.startOffset, sources[0]!.endOffset)).toBe('is deep')
    assembled(events)
  })

  test.each<[string, unknown[], object]>([
    ['nothing', [], { status: 'error', end: { code: 'stream_truncated' } }],
    ['cut off', [parts({ text: 'Half' })], { status: 'error', text: 'Half' }],
    ['MAX_TOKENS', [end('MAX_TOKENS')], { end: { type: 'finish', finishReason: 'length' } }],
    [
      'SAFETY',
      [end('SAFETY')],
      { end: { type: 'finish', finishReason: 'content-filter', rawFinishReason: 'SAFETY' } },
    ],
    ['a call that is malformed', [end('MALFORMED_FUNCTION_CALL')], { status: 'error' }],
    [
      'a prompt that was refused',
      [{ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } }],
      { end: { type: 'finish', finishReason: 'content-filter' } },
    ],
    ['an unspecified reason', [parts({ text: 'x' }), end('FINISH_REASON_UNSPECIFIED')], { status: 'error' }],
    [
      'an error',
      [{ error: { code: 503, message: 'overloaded' } }],
      { end: { errorText: 'overloaded', code: '503' } },
    ],
    [
      'values of other types',
      [parts({ text: 5 }, { text: 'x' }, { odd: {} }), null, { candidates: 'none' }, end()],
      { text: 'x', status: 'complete', dropped: ['parts[0].text', 'parts[2].odd', 'candidates'] },
    ],
    [
      'two candidates',
      [{ candidates: [{ index: 1, content: { parts: [{ text: 'other' }] } }] }, parts({ text: 'x' }), end()],
      { text: 'x', dropped: ['a further candidate'] },
    ],
  ])('tells %s', async (_, chunks, expected) => {
    expect(await said(...chunks)).toMatchObject(expected)
  })
})
