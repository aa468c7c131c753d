import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { until, Wire } from '../../test/wire/wire.ts'
import { seed } from './seed.ts'
import type { Session } from '../index.ts'
import type { Row } from '../types/types.ts'

let wire: Wire
beforeAll(async () => {
  wire = await Wire.start()
})
afterEach(() => wire.release())
afterAll(() => wire.close())

/** What a chat keeps that knows neither branches nor our fields: a table of messages, and messages of `useChat`. */
const table: Row[] = [
  { id: '1', role: 'user', text: 'What is a rope?', createdAt: '2024-05-01T10:00:00Z' },
  { id: '2', role: 'assistant', text: 'A rope is a bundle.', createdAt: '2024-05-01T10:00:05Z' },
  { id: '3', role: 'user', parts: [{ type: 'text', text: 'And a knot?' }], createdAt: 1_714_557_700_000 },
  {
    id: '4',
    role: 'assistant',
    parts: [
      { type: 'step-start' },
      { type: 'reasoning', text: 'Knots…' },
      {
        type: 'tool-look',
        toolCallId: 't',
        state: 'output-available',
        input: { q: 'knot' },
        output: ['bend'],
      },
      { type: 'text', text: 'A knot is a bend.' },
    ],
    createdAt: new Date(1_714_557_710_000),
  },
]

async function opened(name: string, rows: readonly Row[]): Promise<Session> {
  const session = wire.session(name, { hydrate: seed({ load: () => Promise.resolve({ rows: [...rows] }) }) })
  await session.ready
  return session
}

const order = (session: Session) => session.getSnapshot().messages.map(({ id }) => id)

test('rows of a database that knows nothing of branches load as they are, each a line of its own', async () => {
  const session = await opened(wire.channelName(), table)
  expect(order(session)).toEqual(['1', '2', '3', '4'])
  expect(session.getSnapshot().entries).toEqual(session.getSnapshot().messages)
  expect(session.getPrompt('1')).toMatchObject({ text: 'What is a rope?', delivery: 'sent', parts: [] })
  expect(session.getPrompt('3')).toMatchObject({ text: 'And a knot?', parts: [] })
  expect(session.getResponse('2')).toMatchObject({
    text: 'A rope is a bundle.',
    status: 'complete',
    hasGap: false,
    createdAt: Date.parse('2024-05-01T10:00:05Z'),
  })
  expect(session.getResponse('4')).toMatchObject({
    text: 'A knot is a bend.',
    status: 'complete',
    hasGap: false,
  })
  expect(session.getResponse('4')!.parts).toMatchObject([
    { type: 'reasoning', text: 'Knots…', state: 'done' },
    { type: 'tool-look', toolCallId: 't', state: 'output-available', input: { q: 'knot' }, output: ['bend'] },
    { type: 'text', text: 'A knot is a bend.', state: 'done' },
  ])
  for (const id of ['1', '2', '3', '4']) expect(session.getBranch(id)).toBeUndefined()
})

test('what is asked after old rows goes on behind them, and an old prompt can be reworded', async () => {
  const name = wire.channelName()
  const agent = wire.client({ clientId: 'agent' }).channels.get(name)
  await agent.subscribe('user-input', ({ data }) => {
    const { promptId, text } = data as Record<string, string>
    const extras = { headers: { responseId: `to-${text}`, promptId } }
    agent.publish({ name: 'agent-response', data: `To ${text}`, extras }).catch(() => {})
  })
  const session = await opened(name, table)
  const next = await session.sendMessage({ text: 'more' })
  await until('the answer', () => session.getResponse('to-more') !== undefined)
  expect(order(session)).toEqual(['1', '2', '3', '4', next, 'to-more'])
  const edited = await session.editMessage('3', { text: 'other' })
  await until('the other answer', () => session.getResponse('to-other') !== undefined)
  // Its row names no prompt, so nothing says that answer 4 goes with it.
  expect(order(session)).toEqual(['1', '2', '4', next, 'to-more', edited, 'to-other'])
  expect(session.getBranch(edited)).toEqual({ versions: ['3', edited], index: 1 })
  session.selectBranch('3')
  expect(order(session)).toEqual(['1', '2', '3', '4', next, 'to-more'])
})

test('an answer whose row names its prompt goes with it', async () => {
  const rows = table.map((row) => (row.id === '4' ? { ...row, promptId: '3' } : row)) as Row[]
  const session = await opened(wire.channelName(), [
    ...rows,
    { id: '5', role: 'user', text: 'And a bend?', replaces: '3' },
  ])
  expect(order(session)).toEqual(['1', '2', '5'])
  expect(session.getPrompt('3')).toMatchObject({ status: 'answered', responseId: '4' })
})

test('rows with the newer fields: branches, attachments and ends are as they were, without the channel', async () => {
  const file = { type: 'file', mediaType: 'image/png', url: 'https://a.test/rope.png' } as const
  const session = await opened(wire.channelName(), [
    ...table,
    { id: '5', role: 'user', text: 'Look', parent: '4', parts: [file], metadata: { tone: 'dry' } },
    {
      id: '6',
      role: 'assistant',
      text: 'A rope',
      promptId: '5',
      finishReason: 'length',
      usage: { totalTokens: 3 },
    },
    { id: '7', role: 'user', text: 'See', parent: '4', replaces: '5' },
    { id: '8', role: 'assistant', text: 'A bundle', promptId: '7' },
  ])
  expect(order(session)).toEqual(['1', '2', '3', '4', '7', '8'])
  expect(session.getBranch('7')).toEqual({ versions: ['5', '7'], index: 1 })
  session.selectBranch('5')
  expect(order(session)).toEqual(['1', '2', '3', '4', '5', '6'])
  expect(session.getPrompt('5')).toMatchObject({
    parts: [file],
    metadata: { tone: 'dry' },
    status: 'answered',
  })
  expect(session.getResponse('6')).toMatchObject({ finishReason: 'length', usage: { totalTokens: 3 } })
})
