import { readFileSync } from 'node:fs'
import { readUIMessageStream, type UIMessage, type UIMessageChunk } from 'ai'
import { describe, expect, test } from 'vitest'
import { createSession, history, seed, type Session } from '@rejoin/core'
import { createChatTransport, toUIMessages } from '@rejoin/core/ai-sdk'
import { useBench } from '../../test/agentBench.ts'
import { streamed } from '../../test/providerRecordings.ts'
import type { Pattern, ResponseRow } from '../index.ts'
import { fromAISDK } from './ai-sdk.ts'

const bench = useBench()

type Chunk = UIMessageChunk
type Name = Exclude<Chunk['type'], `data-${string}`> | 'data-*'
type Named<T extends string> = T extends `data-${string}`
  ? 'data-*'
  : T extends `tool-${string}`
    ? 'tool-*'
    : T
type PartName = Named<UIMessage['parts'][number]['type']>

const provider = { p: { itemId: 'i', signature: 's' } }
const text = (id: string, delta: string): Chunk[] => [
  { type: 'text-start', id },
  { type: 'text-delta', id, delta },
  { type: 'text-end', id },
]
const call = { toolCallId: 'c', toolName: 'weather' }
const available: Chunk = { type: 'tool-input-available', ...call, input: { city: 'Oslo' } }

/** For every chunk of the AI SDK, streams that have it. A chunk that is new there is an error of types here. */
const samples: Record<Name, Chunk[][]> = {
  start: [[{ type: 'start', messageMetadata: { a: 1 } }]],
  'message-metadata': [[{ type: 'message-metadata', messageMetadata: { a: 1 } }]],
  finish: [[{ type: 'finish', finishReason: 'length', messageMetadata: { a: 1 } }]],
  'start-step': [[{ type: 'start-step' }, ...text('0', 'Hi')]],
  'finish-step': [[{ type: 'start-step' }, ...text('0', 'Hi'), { type: 'finish-step' }]],
  'reset-step': [
    [{ type: 'start-step' }, ...text('0', 'Wrong'), { type: 'reset-step' }, ...text('0', 'Right')],
  ],
  'text-start': [
    [
      { type: 'text-start', id: '0', providerMetadata: provider },
      { type: 'text-end', id: '0' },
    ],
  ],
  'text-delta': [text('0', 'Hi'), [...text('0', 'a'), ...text('1', 'b')]],
  'text-end': [
    [
      { type: 'text-start', id: '0' },
      { type: 'text-end', id: '0', providerMetadata: provider },
    ],
  ],
  'reasoning-start': [
    [
      { type: 'reasoning-start', id: '0', providerMetadata: provider },
      { type: 'reasoning-end', id: '0' },
    ],
  ],
  'reasoning-delta': [
    [
      { type: 'reasoning-start', id: '0' },
      { type: 'reasoning-delta', id: '0', delta: 'Hm', providerMetadata: provider },
      { type: 'reasoning-end', id: '0' },
    ],
  ],
  'reasoning-end': [
    [
      { type: 'reasoning-start', id: '0' },
      { type: 'reasoning-end', id: '0', providerMetadata: provider },
    ],
  ],
  'tool-input-start': [
    [{ type: 'tool-input-start', ...call, title: 'Weather' }, available],
    [
      { type: 'tool-input-start', ...call, toolMetadata: { server: 'mcp' }, providerMetadata: provider },
      { type: 'tool-input-delta', toolCallId: 'c', inputTextDelta: '{"city":"Oslo"}' },
      { ...available, toolMetadata: { server: 'mcp' }, providerMetadata: provider },
      { type: 'tool-output-available', toolCallId: 'c', output: 1 },
    ],
    [
      { type: 'tool-input-start', ...call, dynamic: true, providerExecuted: true },
      { ...available, dynamic: true, providerExecuted: true },
    ],
  ],
  'tool-input-delta': [
    [
      { type: 'tool-input-start', ...call },
      { type: 'tool-input-delta', toolCallId: 'c', inputTextDelta: '{"city":' },
      { type: 'tool-input-delta', toolCallId: 'c', inputTextDelta: '"Oslo"}' },
      available,
    ],
  ],
  'tool-input-available': [
    [available],
    [{ ...available, providerMetadata: provider }],
    [{ ...available, toolMetadata: { server: 'mcp' } }],
  ],
  'tool-input-error': [[{ type: 'tool-input-error', ...call, input: '{"ci', errorText: 'no JSON' }]],
  'tool-output-available': [
    [available, { type: 'tool-output-available', toolCallId: 'c', output: { degrees: 21 } }],
    [available, { type: 'tool-output-available', toolCallId: 'c', output: null }],
    [
      available,
      { type: 'tool-output-available', toolCallId: 'c', output: 'half', preliminary: true },
      { type: 'tool-output-available', toolCallId: 'c', output: 'all' },
    ],
    [available, { type: 'tool-output-available', toolCallId: 'c', output: 'half', preliminary: true }],
    [available, { type: 'tool-output-available', toolCallId: 'c', output: 1, providerMetadata: provider }],
  ],
  'tool-output-error': [[available, { type: 'tool-output-error', toolCallId: 'c', errorText: 'Oh' }]],
  'tool-approval-request': [[available, { type: 'tool-approval-request', toolCallId: 'c', approvalId: 'c' }]],
  'tool-approval-response': [
    [
      available,
      { type: 'tool-approval-request', toolCallId: 'c', approvalId: 'c' },
      { type: 'tool-approval-response', approvalId: 'c', approved: true },
    ],
  ],
  'tool-output-denied': [
    [
      available,
      { type: 'tool-approval-request', toolCallId: 'c', approvalId: 'c' },
      { type: 'tool-approval-response', approvalId: 'c', approved: false, reason: 'no' },
      { type: 'tool-output-denied', toolCallId: 'c' },
    ],
  ],
  'source-url': [
    [{ type: 'source-url', sourceId: 's', url: 'https://x.test', title: 'X' }],
    [{ type: 'source-url', sourceId: 's', url: 'https://x.test', title: 'X', providerMetadata: provider }],
  ],
  'source-document': [
    [{ type: 'source-document', sourceId: 's', mediaType: 'application/pdf', title: 'D', filename: 'd.pdf' }],
    [
      {
        type: 'source-document',
        sourceId: 's',
        mediaType: 'text/plain',
        title: 'D',
        providerMetadata: provider,
      },
    ],
  ],
  file: [
    [{ type: 'file', url: 'https://x.test/a.png', mediaType: 'image/png' }],
    [{ type: 'file', url: 'data:text/plain;base64,QQ==', mediaType: 'text/plain' }],
    [{ type: 'file', url: 'https://x.test/a.png', mediaType: 'image/png', providerMetadata: provider }],
  ],
  'reasoning-file': [[{ type: 'reasoning-file', url: 'https://x.test/a.png', mediaType: 'image/png' }]],
  'data-*': [
    [{ type: 'data-mood', id: 'd', data: { mood: 'good' } }],
    [
      { type: 'data-mood', id: 'd', data: 1 },
      { type: 'data-mood', id: 'd', data: 2 },
    ],
    [{ type: 'data-note', data: 'gone', transient: true }],
  ],
  custom: [
    [{ type: 'custom', kind: 'openai.compaction', providerMetadata: provider }],
    [{ type: 'custom', kind: 'x.y' }],
  ],
  // Ends, and what no part of a response holds: below.
  abort: [],
  error: [],
  'steering-message': [],
}

/** What the AI SDK itself makes of the chunks. */
async function assembledByAISDK(chunks: Chunk[]): Promise<UIMessage> {
  const stream = new ReadableStream<Chunk>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
  let last: UIMessage | undefined
  for await (const message of readUIMessageStream({ stream })) last = structuredClone(message)
  return last ?? { id: '', role: 'assistant', parts: [] }
}

/** The parts of a message, without steps and without what is left of how it came. */
function shown({ parts, metadata }: UIMessage): object {
  const kept = parts
    .filter(({ type }) => type !== 'step-start')
    .map((part) => {
      const { id, rawInput: _, state, ...rest } = part as Record<string, unknown> & { type: string }
      const isTool = 'toolCallId' in part
      return {
        ...(JSON.parse(JSON.stringify(rest)) as object),
        ...(isTool && { state }),
        ...(part.type.startsWith('data-') && { id }),
      }
    })
  return { parts: kept, metadata: metadata ?? null }
}

async function session(channelName: string, rows?: ResponseRow[]): Promise<Session> {
  const opened = createSession({
    client: bench.client({ clientId: 'ann' }),
    channelName,
    hydrate: rows ? seed({ load: async () => ({ rows }) }) : history(),
    schedule: (run) => (queueMicrotask(run), () => {}),
  })
  await opened.ready
  return opened
}

/** Resolves when the response is over, however it ended. */
function settled(opened: Session): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      const { status = 'streaming' } = opened.getResponse('r') ?? {}
      if (status !== 'streaming') resolve()
    }
    opened.subscribeResponse('r', look)
    look()
  })
}

const cases = Object.entries(samples).flatMap(([name, streams]) =>
  streams.map((chunks, nth) => [name, nth, chunks] as const),
)

describe.each(['message-per-response', 'message-per-token'] as const)('%s', (pattern) => {
  test.each(cases)(
    '%s (%i) arrives as the AI SDK assembles it, live, late and from a row',
    async (_, __, chunks) => {
      const ends = chunks.some(({ type }) => type === 'finish')
      const stream: Chunk[] = [
        ...chunks,
        ...(ends ? [] : [{ type: 'finish', finishReason: 'stop' } as const]),
      ]
      const channelName = bench.channelName()
      const live = await session(channelName)
      const rows: ResponseRow[] = []
      const agent = bench.agent({ channelName, pattern, onComplete: (row) => void rows.push(row) })
      await agent.ready
      const response = agent.respond({ responseId: 'r' })
      await response.pipe(fromAISDK(streamed(stream)))
      await response.end()
      const expected = shown(await assembledByAISDK(stream))
      await settled(live)
      expect(shown(toUIMessages(live)[0]!)).toEqual(expected)
      const late = await session(channelName)
      expect(shown(toUIMessages(late)[0]!)).toEqual(expected)
      const stored = await session(bench.channelName(), JSON.parse(JSON.stringify(rows)) as ResponseRow[])
      expect(shown(toUIMessages(stored)[0]!)).toEqual(expected)
      for (const opened of [live, late, stored]) opened.close()
    },
  )
})

/** What `useChat` keeps of the chunks that its transport gives it. */
async function throughChat(chunks: Chunk[], pattern: Pattern): Promise<UIMessage> {
  const channelName = bench.channelName()
  const opened = await session(channelName)
  const agent = bench.agent({ channelName, pattern })
  agent.onPrompt((_, response) => response.pipe(fromAISDK(streamed(chunks))))
  await agent.ready
  const transport = createChatTransport(opened)
  const asked: UIMessage = { id: 'q', role: 'user', parts: [{ type: 'text', text: 'Hi' }] }
  const stream = await transport.sendMessages({
    trigger: 'submit-message',
    chatId: 'chat',
    messageId: undefined,
    messages: [asked],
    abortSignal: undefined,
  })
  let last: UIMessage | undefined
  for await (const message of readUIMessageStream({ stream })) last = structuredClone(message)
  transport.close()
  opened.close()
  await agent.close()
  return last!
}

describe.each(['message-per-response', 'message-per-token'] as const)('useChat, %s', (pattern) => {
  test.each(cases)('%s (%i) arrives as the AI SDK assembles it', async (_, __, chunks) => {
    const ends = chunks.some(({ type }) => type === 'finish')
    const stream: Chunk[] = [...chunks, ...(ends ? [] : [{ type: 'finish', finishReason: 'stop' } as const])]
    const expected = shown(await assembledByAISDK(stream))
    expect(shown(await throughChat(stream, pattern))).toEqual(expected)
  })
})

/** For every part of the AI SDK's messages, the chunks whose tests show it. A new one is an error of types here. */
const parts: Record<PartName, Name[]> = {
  text: ['text-start', 'text-delta', 'text-end'],
  reasoning: ['reasoning-start', 'reasoning-delta', 'reasoning-end'],
  'tool-*': ['tool-input-available', 'tool-output-available', 'tool-output-error', 'tool-output-denied'],
  'dynamic-tool': ['tool-input-start'],
  'source-url': ['source-url'],
  'source-document': ['source-document'],
  file: ['file'],
  'reasoning-file': ['reasoning-file'],
  custom: ['custom'],
  'data-*': ['data-*'],
  'step-start': ['start-step'],
  'steering-message': ['steering-message'],
}

test('docs/ai-sdk.md names every chunk and every part of the AI SDK', () => {
  const page = readFileSync(new URL('../../../../docs/ai-sdk.md', import.meta.url), 'utf8')
  const rows = (heading: string) => {
    const table = page.slice(page.indexOf(`| ${heading} |`)).split('\n\n')[0]!
    const first = table
      .split('\n')
      .slice(2)
      .map((row) => row.split('|')[1]!)
    return first.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name)).sort()
  }
  expect(rows('chunk')).toEqual(Object.keys(samples).sort())
  expect(rows('part')).toEqual(Object.keys(parts).sort())
})

describe('chunks that no part of a response holds', () => {
  test.each<[Name, Chunk, string]>([
    ['abort', { type: 'abort', reason: 'timeout' }, 'stopped'],
    ['error', { type: 'error', errorText: 'overloaded' }, 'error'],
    ['steering-message', { type: 'steering-message', id: 's', parts: [] }, 'complete'],
  ])('%s', async (name, chunk, status) => {
    const channelName = bench.channelName()
    const live = await session(channelName)
    const agent = bench.agent({ channelName })
    const errors: string[] = []
    agent.on('error', ({ message }) => errors.push(message))
    await agent.ready
    const response = agent.respond({ responseId: 'r' })
    const stream = streamed<Chunk>([...text('0', 'Half'), chunk, { type: 'finish', finishReason: 'stop' }])
    await response.pipe(fromAISDK(stream)).catch(() => {})
    await response.end()
    await settled(live)
    expect(live.getResponse('r')).toMatchObject({ text: 'Half', status })
    // What is left out is named.
    if (status === 'complete') expect(errors).toEqual([expect.stringContaining(`part of type "${name}"`)])
    live.close()
  })
})
