import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { until, Wire } from '../../test/wire/wire.ts'
import { createAgent } from '@rejoin/agent'
import {
  createReader,
  createSession,
  databaseRows,
  longPrompts,
  promptStatuses,
  seed,
  toolParts,
  valueParts,
} from '../index.ts'
import type { Reader, ReaderOptions } from '../index.ts'

let wire: Wire
const readers: Reader[] = []

beforeAll(async () => {
  wire = await Wire.start()
})
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close()
  wire.release()
})
afterAll(() => wire.close())

function open(channelName: string, options: Partial<ReaderOptions> = {}): Reader {
  const client = wire.client({ clientId: 'reader' })
  const reader = createReader({ client, channelName, ...options } as ReaderOptions)
  readers.push(reader)
  return reader
}

/** An answer with reasoning, a tool call and a source, of which some publishes are refused. */
async function answer(channelName: string) {
  const client = wire.client({ clientId: 'agent', echoMessages: false })
  const agent = createAgent({ client, channelName, retry: { minDelay: 5, maxDelay: 50 } })
  await client.channels.get(channelName).publish('user-input', { promptId: 'p', text: 'Where is it warm?' })
  wire.server.faults.refuse({ times: 2, after: 3, match: { clientId: 'agent' } })
  const response = agent.respond({ responseId: 'r', promptId: 'p' })
  response.reasoning('They mean the south. ')
  response.tool({ name: 'weather', args: { city: 'Rome' } }).result(31)
  for (const word of ['In ', 'Rome ', 'it ', 'is.']) response.append(word)
  response.source({ url: 'https://weather.test', title: 'Weather' })
  await response.end()
  await agent.close()
}

const types = (reader: Reader) => reader.getResponse('r')?.parts.map((part) => part.type)

describe('createReader', () => {
  test('texts alone: live, and from history, with nothing said of what it does not know', async () => {
    const channelName = wire.channelName()
    const live = open(channelName)
    const errors: Error[] = []
    live.on('error', (error) => errors.push(error))
    await live.ready
    await answer(channelName)
    const late = open(channelName)
    await late.ready
    for (const reader of [live, late]) {
      await until('the answer', () => reader.getResponse('r')?.status === 'complete')
      expect(reader.getResponse('r')).toMatchObject({ text: 'In Rome it is.', hasGap: false, verified: true })
      expect(types(reader)).toEqual(['reasoning', 'text'])
      expect(reader.getSnapshot()).toMatchObject({ status: 'live', agents: [], users: [] })
      expect(reader.getSnapshot().messages.map((m) => m.role)).toEqual(['user', 'assistant'])
    }
    expect(errors).toEqual([])
  })

  test('features add what they name', async () => {
    const channelName = wire.channelName()
    await answer(channelName)
    const tools = open(channelName, { features: [toolParts] })
    const both = open(channelName, { features: [toolParts, valueParts] })
    await Promise.all([tools.ready, both.ready])
    expect(types(tools)).toEqual(['reasoning', 'tool-weather', 'text'])
    expect(types(both)).toEqual(['reasoning', 'tool-weather', 'text', 'source-url'])
  })

  test('what becomes of prompts, and long ones, need their features', async () => {
    const channelName = wire.channelName()
    const writer = createSession({ client: wire.client({ clientId: 'user' }), channelName })
    await writer.ready
    const text = 'long '.repeat(20_000)
    await writer.sendMessage({ promptId: 'long', text })
    await answer(channelName)
    const bare = open(channelName)
    const full = open(channelName, { features: [promptStatuses, longPrompts] })
    await Promise.all([bare.ready, full.ready])
    expect(bare.getPrompt('p')).toMatchObject({ text: 'Where is it warm?', status: 'sent' })
    expect(full.getPrompt('p')).toMatchObject({ status: 'answered', responseId: 'r' })
    const beginning = bare.getPrompt('long')!
    expect(text.startsWith(beginning.text)).toBe(true)
    expect(beginning.incomplete).toEqual({ received: beginning.text.length, length: text.length })
    expect(full.getPrompt('long')).toMatchObject({ text })
    expect(full.getPrompt('long')?.incomplete).toBeUndefined()
    writer.close()
  })

  test('a prompt that comes after its answer stands before it, with and without features', async () => {
    const channelName = wire.channelName()
    const agent = wire.client({ clientId: 'agent' }).channels.get(channelName)
    const headers = { responseId: 'r', promptId: 'p' }
    const live = [open(channelName), open(channelName, { features: [promptStatuses] })]
    await Promise.all(live.map(({ ready }) => ready))
    await agent.publish({ name: 'response', data: 'Hello', extras: { headers } })
    await agent.publish({ name: 'user-input', data: { promptId: 'p', text: 'Hi' } })
    const late = [open(channelName), open(channelName, { features: [promptStatuses] })]
    await Promise.all(late.map(({ ready }) => ready))
    for (const reader of [...live, ...late]) {
      await until('both', () => reader.getSnapshot().messages.length === 2)
      expect(reader.getSnapshot().messages.map(({ id }) => id)).toEqual(['p', 'r'])
    }
  })

  test('rows of a database need their feature, and a reader without it says so', async () => {
    const channelName = wire.channelName()
    const row = { id: 'old', role: 'assistant' as const, text: 'Long ago.', createdAt: 1 }
    const hydrate = seed({ load: () => Promise.resolve({ rows: [row] }) })
    await expect(open(channelName, { hydrate }).ready).rejects.toThrow(/databaseRows/)
    const reader = open(channelName, { hydrate, features: [databaseRows] })
    await reader.ready
    expect(reader.getResponse('old')).toMatchObject({ text: 'Long ago.', status: 'complete' })
  })
})
