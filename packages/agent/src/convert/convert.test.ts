import type { Part, PromptState, ProviderMetadata, ResponseState } from '@rejoin/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bounded } from '../memory/conversation.ts'
import type { Conversation, ConversationMessage } from '../memory/conversation.ts'
import { toAnthropicMessages } from './anthropic.ts'
import { toModelMessages } from './ai-sdk.ts'
import { toChatMessages } from './openai-chat.ts'
import { toResponsesInput } from './openai.ts'
import type { ConvertOptions } from './turns.ts'

const states = [
  'input-streaming',
  'input-available',
  'approval-requested',
  'approval-responded',
  'output-available',
  'output-error',
  'output-denied',
] as const

let count = 0
const id = () => `i${count++}`
const text = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('', ' ', '\n'))
const metadata = fc.option(
  fc.constantFrom<ProviderMetadata[]>(
    { anthropic: { signature: 'sig' } },
    { anthropic: { redactedData: 'enc' } },
    { openai: { itemId: 'rs_1', reasoningEncryptedContent: 'enc' } },
    { openai: { itemId: 'rs_2' } },
  ),
  { nil: undefined },
)
const part: fc.Arbitrary<Part> = fc.oneof(
  text.map((said): Part => ({ type: 'text', id: id(), text: said, state: 'done' })),
  fc.tuple(text, metadata, fc.boolean()).map(([said, providerMetadata, done]): Part => ({
    type: 'reasoning',
    id: id(),
    text: said,
    state: done ? 'done' : 'streaming',
    ...(providerMetadata && { providerMetadata }),
  })),
  fc
    .tuple(
      fc.constantFrom(...states),
      fc.jsonValue({ maxDepth: 1 }),
      fc.boolean(),
      fc.boolean(),
      fc.boolean(),
    )
    .map(([state, value, dynamic, preliminary, providerExecuted]): Part => {
      const toolCallId = id()
      return {
        ...(dynamic ? { type: 'dynamic-tool', toolName: 'mcp' } : { type: 'tool-look' }),
        id: toolCallId,
        toolCallId,
        state,
        input: value,
        ...(state === 'output-available' && { output: value, ...(preliminary && { preliminary }) }),
        ...(state === 'output-error' && { errorText: 'failed' }),
        ...(providerExecuted && { providerExecuted }),
      }
    }),
  fc.constantFrom<Part>(
    { type: 'source-url', id: 's', sourceId: 's', url: 'https://x.test' },
    { type: 'data-chart', id: 'd', data: { a: 1 } } as Part,
    { type: 'file', id: 'f', mediaType: 'image/png', url: 'data:image/png;base64,AA==' },
  ),
)
const response = fc
  .tuple(
    fc.array(part, { maxLength: 6 }),
    fc.constantFrom('complete', 'stopped', 'error', 'interrupted'),
    fc.boolean(),
  )
  .map(([parts, status, gap]): ConversationMessage => {
    const texts = parts.filter((one) => one.type === 'text')
    const gaps = gap && texts.length ? [{ part: texts[0]!.id, from: 0, to: 0, missing: 3 }] : []
    const state = { id: id(), status, text: '', parts, gaps, hasGap: gaps.length > 0, verified: false }
    return { role: 'assistant', createdAt: 0, updatedAt: 0, ...state }
  })
const files = fc.constantFrom(
  [],
  [{ type: 'file', id: 'f', mediaType: 'image/png', url: 'https://x.test/a.png' }],
  [
    {
      type: 'file',
      id: 'f',
      mediaType: 'application/pdf',
      url: 'data:application/pdf;base64,AA==',
      filename: 'a.pdf',
    },
  ],
  [
    { type: 'file', id: 'f', mediaType: 'text/plain', url: 'data:text/plain,hi' },
    { type: 'data-x', data: 1 },
  ],
)
const prompt = fc.tuple(text, files).map(([said, parts]): ConversationMessage => {
  const state = { id: id(), text: said, parts, createdAt: 0, delivery: 'sent' }
  return { role: 'user', ...state } as unknown as PromptState & { role: 'user' }
})
const conversation = fc
  .tuple(fc.array(fc.oneof(response, prompt), { maxLength: 8 }), prompt)
  .map(([before, last]): Conversation => ({
    messages: [...before, last],
    truncated: false,
    hasGap: false,
    calls: [],
  }))
const options = fc.record({
  reasoning: fc.constantFrom('open-loop', 'all', 'none'),
  gap: fc.constant('[missing]'),
}) as fc.Arbitrary<ConvertOptions>
const bounds = fc.record({
  maxMessages: fc.integer({ min: 1, max: 9 }),
  maxCharacters: fc.integer({ min: 0, max: 200 }),
})

const every = (check: (conversation: Conversation, options: ConvertOptions) => Promise<void>) =>
  fc.assert(
    fc.asyncProperty(conversation, options, bounds, async (given, how, limits) => {
      await check(bounded(given, limits), how)
    }),
    { numRuns: 1500 },
  )

describe('what providers refuse is never made, for any conversation and bound', () => {
  test('Anthropic: the user first, roles alternate, results right after their calls, thinking signed and followed', () =>
    every(async (given, how) => {
      const { messages } = await toAnthropicMessages(given, how)
      if (messages.length > 0) expect(messages[0]!.role).toBe('user')
      for (const [i, message] of messages.entries()) {
        const blocks = message.content as { type: string; id?: string; tool_use_id?: string; text?: string }[]
        expect(blocks.length).toBeGreaterThan(0)
        if (i > 0) expect(message.role).not.toBe(messages[i - 1]!.role)
        for (const block of blocks) if (block.type === 'text') expect(block.text!.trim()).not.toBe('')
        const uses = blocks.filter(({ type }) => type === 'tool_use').map((block) => block.id)
        const next = (messages[i + 1]?.content ?? []) as typeof blocks
        const results = next.filter(({ type }) => type === 'tool_result').map((block) => block.tool_use_id)
        expect(results).toEqual(uses)
        // Results stand before anything else that the user says.
        expect(next.slice(0, results.length).every(({ type }) => type === 'tool_result')).toBe(true)
        if (message.role === 'assistant') expect(blocks.at(-1)!.type).not.toMatch(/thinking/)
        for (const block of blocks)
          if (block.type === 'thinking') expect((block as { signature?: string }).signature).toBe('sig')
      }
      expect(new Set(ids(messages, 'tool_use', 'id')).size).toBe(ids(messages, 'tool_use', 'id').length)
    }))

  test('Chat Completions: every call is followed by its results, and nothing else', () =>
    every(async (given, how) => {
      const messages = await toChatMessages(given, how)
      let open: string[] = []
      for (const message of messages) {
        if (message.role === 'tool') {
          expect(open.shift()).toBe(message.tool_call_id)
          continue
        }
        expect(open).toEqual([])
        if (message.role !== 'assistant') continue
        const calls = message.tool_calls ?? []
        expect(message.content !== null || calls.length > 0).toBe(true)
        open = calls.map((call) => call.id)
      }
      expect(open).toEqual([])
      const first = messages.find(({ role }) => role !== 'system')
      if (first) expect(first.role).toBe('user')
    }))

  test('Responses: one output for each call, no reasoning or item id without what belongs to it', () =>
    every(async (given, how) => {
      const items = (await toResponsesInput(given, how)) as unknown as Record<string, unknown>[]
      const calls = items.filter((item) => item['type'] === 'function_call')
      const outputs = items.filter((item) => item['type'] === 'function_call_output')
      expect(outputs.map((item) => item['call_id'])).toEqual(calls.map((item) => item['call_id']))
      for (const [i, item] of items.entries()) {
        if (item['type'] !== 'reasoning') continue
        expect(item['encrypted_content']).toBe('enc')
        const next = items.slice(i + 1).find((one) => one['type'] !== 'reasoning')
        expect(next?.['type'] === 'function_call' || next?.['role'] === 'assistant').toBe(true)
      }
      if (items.length > 0) expect(items[0]!['role']).toBe('user')
    }))

  test('the AI SDK: a tool message with all results after each message with calls', () =>
    every(async (given, how) => {
      const messages = await toModelMessages(given, how)
      for (const [i, message] of messages.entries()) {
        const parts = message.content as unknown as { type: string; toolCallId?: string }[]
        if (typeof message.content === 'string') continue
        const calls = parts.filter(({ type }) => type === 'tool-call').map((one) => one.toolCallId)
        const next = messages[i + 1]
        const results =
          next?.role === 'tool' ? next.content.map((one) => (one as { toolCallId: string }).toolCallId) : []
        if (message.role === 'assistant') expect(results).toEqual(calls)
        if (message.role === 'tool') expect(messages[i - 1]!.role).toBe('assistant')
      }
    }))

  test('bounds take away a beginning only, and the prompt stays', () =>
    fc.assert(
      fc.property(conversation, bounds, (given, limits) => {
        const { messages, truncated } = bounded(given, limits)
        expect(given.messages.slice(given.messages.length - messages.length)).toEqual(messages)
        expect(messages.at(-1)).toBe(given.messages.at(-1))
        expect(truncated).toBe(messages.length < given.messages.length)
        expect(messages.length).toBeLessThanOrEqual(limits.maxMessages)
      }),
    ))
})

describe('what the model sees', () => {
  const ask = (said: string) =>
    ({ role: 'user', id: id(), text: said, createdAt: 0, delivery: 'sent' }) as ConversationMessage
  const answer = (parts: Part[], more: Partial<ResponseState> = {}): ConversationMessage => ({
    role: 'assistant',
    id: id(),
    status: 'complete',
    text: '',
    parts,
    gaps: [],
    hasGap: false,
    verified: true,
    createdAt: 0,
    updatedAt: 0,
    ...more,
  })
  const of = (...messages: ConversationMessage[]): Conversation => ({
    messages,
    truncated: false,
    hasGap: false,
    calls: [],
  })

  test('a gap stands where text is missing', async () => {
    const said = answer([{ type: 'text', id: '0', text: 'One three', state: 'done' }], {
      gaps: [{ part: '0', from: 4, to: 4, missing: 4 }],
      hasGap: true,
    })
    const messages = await toChatMessages(of(ask('Count'), said, ask('Go on')))
    expect(messages[1]).toEqual({ role: 'assistant', content: 'One […]three' })
  })

  test('an incomplete prompt ends with a gap mark', async () => {
    const long = { ...ask('What is'), incomplete: { received: 7, length: 15 } } as ConversationMessage
    expect(await toChatMessages(of(long), { gap: '…' })).toEqual([{ role: 'user', content: 'What is…' }])
  })

  test('calls that share an id, as models that count anew have them, keep their own outcomes', async () => {
    const call = (more: object) =>
      ({ type: 'tool-look', id: 'c', toolCallId: 'call_0', input: {}, ...more }) as unknown as Part
    const settled = (output: string) => answer([call({ state: 'output-available', output })])
    const open = answer([call({ state: 'input-available' })], { id: 'open' })
    const asked = of(ask('1'), settled('one'), ask('2'), settled('two'), ask('3'), open, ask('4'))
    const calls = [{ responseId: 'other', toolCallId: 'call_0', toolName: 'look', input: {}, output: 'no' }]
    const { messages } = await toAnthropicMessages({ ...asked, calls })
    const blocks = messages.flatMap(({ content }) => content as { type: string; id?: string }[])
    expect(blocks.filter(({ type }) => type === 'tool_use').map(({ id: own }) => own)).toEqual([
      'call_0',
      'call_0-2',
    ])
    expect(blocks.filter(({ type }) => type === 'tool_result')).toMatchObject([
      { tool_use_id: 'call_0', content: 'one' },
      { tool_use_id: 'call_0-2', content: 'two' },
    ])
  })

  test('a declined call is an error with the reason; an undecided one is left out with its reasoning', async () => {
    const call = (state: string, more = {}) =>
      ({ type: 'tool-pay', id: state, toolCallId: state, state, input: { sum: 1 }, ...more }) as Part
    const thought: Part = {
      type: 'reasoning',
      id: 'r',
      text: 'Hm',
      state: 'done',
      providerMetadata: { anthropic: { signature: 's' } },
    }
    const said = answer([
      call('output-denied', { approval: { id: 'a', approved: false, reason: 'too much' } }),
      thought,
      call('approval-requested'),
    ])
    const { messages } = await toAnthropicMessages(of(ask('Pay'), said, ask('And?')), { reasoning: 'all' })
    expect(messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Pay' }] },
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 'output-denied', name: 'pay', input: { sum: 1 } }],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'output-denied',
            content: 'a person declined this call: too much',
            is_error: true,
          },
          { type: 'text', text: 'And?' },
        ],
      },
    ])
  })

  test('a call that a client has answered meanwhile has its result, with the thinking before it', async () => {
    const thought: Part = {
      type: 'reasoning',
      id: 'r',
      text: 'Hm',
      state: 'done',
      providerMetadata: { anthropic: { signature: 's' } },
    }
    const call = { type: 'tool-where', id: 'c', toolCallId: 'c', state: 'input-available', input: {} } as Part
    const said = answer([thought, call], { id: 'x' })
    const given = {
      ...of(ask('Where am I?'), said),
      calls: [{ responseId: 'x', toolCallId: 'c', toolName: 'where', input: {}, output: 'Rome' }],
    }
    const { messages } = await toAnthropicMessages(given)
    expect(messages[1]!.content).toEqual([
      { type: 'thinking', thinking: 'Hm', signature: 's' },
      { type: 'tool_use', id: 'c', name: 'where', input: {} },
    ])
    expect(messages[2]!.content).toEqual([{ type: 'tool_result', tool_use_id: 'c', content: 'Rome' }])
  })

  test('files go as the provider takes them, and a hook can make them fit', async () => {
    const image = {
      type: 'file',
      id: 'f',
      mediaType: 'image/png',
      url: 'https://x.test/old.png',
      fileId: '7',
    }
    const given = of({ ...ask('What is it?'), parts: [image] } as unknown as ConversationMessage)
    const file = (one: { fileId?: string }) =>
      ({ ...image, url: `https://x.test/${one.fileId}.png` }) as never
    expect(await toResponsesInput(given, { file })).toEqual([
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'What is it?' },
          { type: 'input_image', image_url: 'https://x.test/7.png', detail: 'auto' },
        ],
      },
    ])
  })
})

function ids(messages: { content: unknown }[], type: string, key: string): unknown[] {
  return messages.flatMap(({ content }) =>
    (content as Record<string, unknown>[])
      .filter((block) => block['type'] === type)
      .map((block) => block[key]),
  )
}
