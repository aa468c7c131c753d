import { describe, expect, test } from 'vitest'
import { useBench } from '../../test/agentBench.ts'
import {
  answerPrompt,
  type ModelEvent,
  type Pattern,
  type PromptHandler,
  type ResponseRow,
  type ResponseWriter,
} from '../index.ts'

/**
 * A process that takes over has only the channel: the row that it stores is the same as if nothing had happened, for
 * every kind of part, wherever the first process died.
 */
const bench = useBench()

const providerMetadata = { maker: { signature: 'x' } }
const long = 'It is a long story. '.repeat(600)
const call = (toolCallId: string, more: object = {}): ModelEvent[] => [
  { type: 'tool-input-start', toolCallId, toolName: 'find', ...more },
  { type: 'tool-input-delta', toolCallId, inputTextDelta: '{"for":' },
  { type: 'tool-input-delta', toolCallId, inputTextDelta: '"a fox"}' },
  { type: 'tool-input-available', toolCallId, toolName: 'find', input: { for: 'a fox' }, ...more },
]
const metadataOf = (part: 'text' | 'reasoning' | 'tool-call' | 'tool-result', id: string): ModelEvent => ({
  type: 'part-metadata',
  part,
  id,
  providerMetadata,
})

/** What one model call may write; between two steps the process may die. */
const steps: [string, ModelEvent[]][] = [
  ['facts', [{ type: 'metadata', metadata: { model: 'm', tries: 1 } }]],
  [
    'reasoning',
    [
      { type: 'reasoning-start', id: 'r' },
      { type: 'reasoning-delta', id: 'r', delta: 'Let me think.' },
      metadataOf('reasoning', 'r'),
      { type: 'reasoning-end', id: 'r' },
    ],
  ],
  [
    'text',
    [
      { type: 'text-start', id: 't' },
      { type: 'text-delta', id: 't', delta: 'Foxes ' },
      { type: 'text-delta', id: 't', delta: 'jump.' },
      metadataOf('text', 't'),
      { type: 'text-end', id: 't' },
    ],
  ],
  [
    'a text in several messages',
    [
      { type: 'text-start', id: 'l' },
      { type: 'text-delta', id: 'l', delta: long },
      { type: 'text-end', id: 'l' },
    ],
  ],
  [
    'a call that the provider runs',
    [
      ...call('a', { dynamic: true, providerExecuted: true, title: 'Finder' }),
      metadataOf('tool-call', 'a'),
      { type: 'tool-metadata', toolCallId: 'a', toolMetadata: { server: 's' } },
      { type: 'tool-output-available', toolCallId: 'a', output: ['nearly'], preliminary: true },
      { type: 'tool-output-available', toolCallId: 'a', output: ['a fox'] },
      metadataOf('tool-result', 'a'),
    ],
  ],
  [
    'a call given whole',
    [
      {
        type: 'tool-input-available',
        toolCallId: 'w',
        toolName: 'find',
        input: { for: long },
        dynamic: true,
        title: 'Finder',
      },
      { type: 'tool-output-available', toolCallId: 'w', output: long },
    ],
  ],
  ['a call that fails', [...call('b'), { type: 'tool-output-error', toolCallId: 'b', errorText: 'none' }]],
  ['a call with null', [{ type: 'tool-input-available', toolCallId: 'n', toolName: 'find', input: null }]],
  [
    'an approved call',
    [
      ...call('c'),
      { type: 'tool-approval-request', toolCallId: 'c', toolName: 'find', input: { for: 'a fox' } },
      { type: 'tool-approval-response', toolCallId: 'c', approved: true, reason: 'go on' },
      { type: 'tool-output-available', toolCallId: 'c', output: null },
    ],
  ],
  [
    'a refused call',
    [
      { type: 'tool-approval-request', toolCallId: 'd', toolName: 'find', input: { for: 'a fox' } },
      { type: 'tool-output-denied', toolCallId: 'd' },
    ],
  ],
  [
    'a call approved beforehand',
    [...call('e'), { type: 'tool-approval-response', toolCallId: 'e', approved: true }],
  ],
  [
    'sources',
    [
      { type: 'source-url', sourceId: 's', url: 'https://example.com', title: 'Foxes', providerMetadata },
      { type: 'source-document', sourceId: 'd', mediaType: 'text/plain', title: 'Fox', filename: 'f.txt' },
    ],
  ],
  [
    'files',
    [
      { type: 'file', url: 'https://example.com/f.png', mediaType: 'image/png', providerMetadata },
      { type: 'reasoning-file', url: `data:text/plain,${'x'.repeat(9000)}`, mediaType: 'text/plain' },
    ],
  ],
  ['something else', [{ type: 'custom', kind: 'maker.thing', providerMetadata }]],
  [
    'data',
    [
      { type: 'data-mood', data: { good: 1 } },
      { type: 'data-place', id: 'here', data: 'Rome' },
      { type: 'data-place', id: 'here', data: long },
      { type: 'data-count', data: 0 },
    ],
  ],
  [
    'what is withdrawn',
    [{ type: 'start-step' }, { type: 'data-gone', id: 'g', data: 1 }, { type: 'reset-step' }],
  ],
  ['and said again', [{ type: 'data-gone', id: 'g', data: 2 }]],
  ['more facts', [{ type: 'metadata', metadata: { tries: 2 } }]],
]

const end: ModelEvent[] = [
  { type: 'text-start', id: 'z' },
  { type: 'text-delta', id: 'z', delta: 'The end.' },
  { type: 'text-end', id: 'z' },
  {
    type: 'finish',
    finishReason: 'length',
    rawFinishReason: 'max_tokens',
    usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 },
  },
]

interface Way {
  pattern: Pattern
  /** Writes, from the step with this number on, until it returns or dies. */
  handler: PromptHandler
}

function asked(channelName: string, { pattern, handler }: Way, onComplete: (row: ResponseRow) => void) {
  const client = bench.client({ clientId: 'agent', echoMessages: false })
  const outcome = answerPrompt({
    client,
    channelName,
    promptId: 'q',
    handler,
    pattern,
    onComplete,
    interrupted: 'resume',
    maxMessageSize: 8192,
    messagesPerSecond: Infinity,
    endOnExit: false,
    retry: { minDelay: 5, maxDelay: 50 },
  })
  return { client, outcome }
}

async function question(): Promise<string> {
  const channelName = bench.channelName()
  const { channel } = await bench.reader(channelName)
  await channel.publish('user-input', { promptId: 'q', text: 'q' })
  return channelName
}

async function write(response: ResponseWriter, from: number, to = steps.length): Promise<void> {
  for (const [, events] of steps.slice(from, to)) {
    await response.pipe(events)
    // So that texts and calls grow by appends.
    await response.flush()
  }
  if (to === steps.length) await response.pipe(end)
}

/** Serials differ from channel to channel: what remains is where there is one. */
function comparable(stored: ResponseRow): unknown {
  const { id: _, createdAt: __, ...row } = stored
  const serials = new Set(['serial', 'version'])
  return JSON.parse(JSON.stringify(row), (key, value: unknown) => (serials.has(key) ? 'a serial' : value))
}

describe.each<Pattern>(['message-per-response', 'message-per-token'])('%s', (pattern) => {
  test('as read from the channel, a finished response is the row that was stored', async () => {
    const channelName = await question()
    const rows: ResponseRow[] = []
    const keep = (row: ResponseRow) => void rows.push(row)
    const refuse = (row: ResponseRow) => {
      keep(row)
      throw Object.assign(new Error('no'), { code: '23505' })
    }
    for (const onComplete of [refuse, keep]) {
      const handler: PromptHandler = (_, response) => write(response, 0)
      await asked(channelName, { pattern, handler }, onComplete).outcome
    }
    const [stored, again] = rows as [ResponseRow, ResponseRow]
    expect(stored.parts!.map(({ type }) => type)).toContain('dynamic-tool')
    expect({ ...again, createdAt: 0 }).toEqual({ ...stored, createdAt: 0 })
  })

  test('a response that failed keeps its reason', async () => {
    const channelName = await question()
    const rows: ResponseRow[] = []
    const handler: PromptHandler = (_, response) => {
      response.append('Half')
      throw Object.assign(new Error('no model'), { code: 'gone' })
    }
    for (const fails of [true, false]) {
      await asked(channelName, { pattern, handler }, (row) => {
        rows.push(row)
        if (fails) throw Object.assign(new Error('no'), { code: '23505' })
      }).outcome
    }
    expect(rows[0]).toMatchObject({ status: 'error', error: { message: 'no model', code: 'gone' } })
    expect({ ...rows[1], createdAt: 0 }).toEqual({ ...rows[0], createdAt: 0 })
  })

  test('wherever a process dies, the next one stores what it would have stored', async () => {
    const undisturbed: ResponseRow[] = []
    const handler: PromptHandler = (_, response) => write(response, 0)
    await asked(await question(), { pattern, handler }, (row) => void undisturbed.push(row)).outcome
    const expected = comparable(undisturbed[0]!)
    for (const [died, [after]] of steps.entries()) {
      const channelName = await question()
      await new Promise<void>((resolve) => {
        const { client } = asked(
          channelName,
          {
            pattern,
            async handler(_, response) {
              await write(response, 0, died + 1)
              client.connection.close()
              resolve()
              await new Promise(() => {})
            },
          },
          () => {},
        )
      })
      const rows: ResponseRow[] = []
      const goOn: PromptHandler = (_, response) => write(response, died + 1)
      await asked(channelName, { pattern, handler: goOn }, (row) => void rows.push(row)).outcome
      expect(comparable(rows[0]!), `died after ${after}`).toEqual(expected)
    }
  })
})
