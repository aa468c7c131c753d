import type { ChannelMode, InboundMessage } from 'ably'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { until, Wire } from '../../test/wire/wire.ts'
import { aiTransport } from '../ai-transport/index.ts'
import { citations, CitationSource } from '../session/citationSource.ts'
import { Conversation } from './conversation.ts'
import { CITATIONS } from '../protocol/names.ts'
import { kindsOf } from '../session/feature.ts'
import { allFeatures } from '../session/features.ts'
import { documented } from '../wire/documented.ts'

let wire: Wire
beforeAll(async () => {
  wire = await Wire.start()
})
afterEach(() => wire.release())
afterAll(() => wire.close())

const headers = { responseId: 'r' }
const modes: ChannelMode[] = ['SUBSCRIBE', 'ANNOTATION_SUBSCRIBE']
const paper = {
  url: 'https://example.com/paper',
  title: 'A paper',
  startOffset: 0,
  endOffset: 5,
  snippet: 'Five',
}

/** An answer on a channel, and a worker that cites sources on it. */
async function answered() {
  const name = wire.channelName()
  const agent = wire.client({ clientId: 'agent' }).channels.get(name)
  const { serials } = await agent.publish({ name: 'response', data: 'Hello ', extras: { headers } })
  const serial = serials[0]!
  await agent.appendMessage({ serial, data: 'world' })
  const worker = wire.client({ clientId: 'worker' }).channels.get(name)
  const cite = (source: string, data: unknown = { url: `https://${source}/` }) =>
    worker.annotations.publish(serial, { type: CITATIONS, name: source, data })
  const retract = (source: string) => worker.annotations.delete(serial, { type: CITATIONS, name: source })
  return { name, agent, serial, cite, retract }
}

const source = (name: string, count: number) => ({
  type: 'source-url',
  sourceId: name,
  url: `https://${name}`,
  title: name,
  count,
})

test('summaries: sources with their counts, live and from history; the text stays', async () => {
  const { name, agent, serial, cite, retract } = await answered()
  const session = wire.session(name)
  await session.ready
  await cite('example.com')
  await cite('example.com')
  await cite('example.org')
  const shown = (of = session) => of.getResponse('r')?.parts.slice(1)
  await until('the sources', () => shown()?.length === 2 && (shown()![0] as { count?: number }).count === 2)
  expect(session.getResponse('r')).toMatchObject({ text: 'Hello world', clientId: 'agent', hasGap: false })
  expect(shown()).toMatchObject([source('example.com', 2), source('example.org', 1)])
  const later = wire.session(name)
  await later.ready
  expect(shown(later)).toMatchObject([source('example.com', 2), source('example.org', 1)])
  await agent.appendMessage({ serial, data: '!' })
  await retract('example.com')
  for (const one of [session, later]) {
    await until('the retraction', () => shown(one)?.length === 1)
    expect(shown(one)).toMatchObject([source('example.org', 1)])
    expect(one.getResponse('r')?.text).toBe('Hello world!')
  }
})

test('a summary of a message that nobody knows, or of another type, shows nothing', async () => {
  const { name, agent } = await answered()
  const session = wire.session(name)
  await session.ready
  const { serials } = await agent.publish('chat', 'hello')
  await agent.annotations.publish(serials[0]!, { type: CITATIONS, name: 'example.com' })
  await agent.annotations.publish(serials[0]!, { type: 'seen:flag.v1' })
  await agent.publish({ name: 'response', data: 'End', extras: { headers: { responseId: 'end' } } })
  await until('the end', () => session.getResponse('end'))
  expect(session.getSnapshot().messages.map(({ id }) => id)).toEqual(['r', 'end'])
})

test('one by one: each citation in detail, in place of its source; taken back by name', async () => {
  const { name, serial, cite, retract } = await answered()
  await cite('example.com', paper)
  const conversation = new Conversation('channel', kindsOf(allFeatures))
  const codec = documented()
  const channel = wire.client({ clientId: 'reader' }).channels.get(name, { modes })
  await channel.subscribe((message) =>
    codec.decode(message, (event) => {
      event.epoch = 1
      conversation.apply(event, true)
    }),
  )
  for (const message of (await channel.history()).items)
    codec.decode(message, (event) => conversation.apply(event, false))
  const shown = () => {
    const response = conversation.responses.get('r')!
    response.refresh()
    return response.snapshot!.parts.slice(1)
  }
  expect(shown()).toMatchObject([source('example.com', 1)])
  const each = new CitationSource(channel, (event, live) => conversation.apply(event, live))
  await each.start()
  await each.load(serial)
  await each.load(serial)
  expect(shown()).toMatchObject([{ type: 'source-url', sourceId: 'example.com', ...paper }])
  await cite('example.com', JSON.stringify({ url: 'https://example.com/other' }))
  await cite('example.org', { title: 'no url' })
  await until('the sources', () => shown().length === 3)
  expect(shown()).toMatchObject([
    paper,
    { sourceId: 'example.com', url: 'https://example.com/other' },
    source('example.org', 1),
  ])
  await retract('example.com')
  await until('the retraction', () => shown().length === 1)
  expect(shown()).toMatchObject([source('example.org', 1)])
  expect(conversation.responses.get('r')).toMatchObject({ clientId: 'agent' })
  each.stop()
})

test('a session with the option shows each citation in detail: live ones, and on demand those of before', async () => {
  const { name, cite, retract } = await answered()
  await cite('example.com', paper)
  const session = wire.session(name, { citations })
  await session.ready
  const shown = () => session.getResponse('r')?.parts.slice(1)
  expect(shown()).toMatchObject([source('example.com', 1)])
  let told = 0
  session.subscribeResponse('r', () => told++)
  await session.loadCitations('r')
  expect(shown()).toMatchObject([paper])
  expect(told).toBe(1)
  await cite('example.org', { url: 'https://example.org/a' })
  await until('the citation', () => shown()?.[1] && 'url' in shown()![1]! && !('count' in shown()![1]!))
  expect(shown()).toMatchObject([paper, { url: 'https://example.org/a' }])
  await retract('example.com')
  await until('the retraction', () => shown()?.length === 1)
  expect(session.getResponse('r')).toMatchObject({ text: 'Hello world', clientId: 'agent' })
  await session.loadCitations('unknown')
})

test('without the option, the mode or the right, a clear error and the counts', async () => {
  const { name, cite } = await answered()
  await cite('example.com', paper)
  const plain = wire.session(name)
  await plain.ready
  await expect(plain.loadCitations('r')).rejects.toMatchObject({ code: 'invalid_argument' })
  const errors: Error[] = []
  const session = wire.session(name, { citations, channelOptions: { modes: ['SUBSCRIBE'] } })
  session.on('error', (error) => errors.push(error))
  await session.ready
  await until('the error', () => errors.length > 0)
  expect(errors[0]).toMatchObject({ code: 'not_allowed', message: expect.stringContaining('read citations') })
  expect(session.getResponse('r')?.parts.slice(1)).toMatchObject([source('example.com', 1)])
})

test('a summary of the past does not undo a live one', () => {
  const conversation = new Conversation('channel', kindsOf(allFeatures))
  const message = (action: string, total?: number) =>
    ({
      name: 'response',
      data: 'Hello',
      action: `message.${action}`,
      serial: '01',
      version: { serial: '01' },
      extras: { headers },
      annotations: { summary: total === undefined ? {} : { [CITATIONS]: { 'example.com': { total } } } },
    }) as unknown as InboundMessage
  const read = (one: InboundMessage, epoch: number | undefined) =>
    documented().decode(one, (event) => {
      event.epoch = epoch
      conversation.apply(event, epoch !== undefined)
    })
  read(message('create'), 1)
  read(message('summary', 2), 1)
  read(message('create', 1), undefined)
  const response = conversation.responses.get('r')!
  response.refresh()
  expect(response.snapshot?.parts[1]).toMatchObject({ count: 2 })
})

test.each(['__proto__', 'constructor'])('a source may be called %s', (name) => {
  const conversation = new Conversation('channel', kindsOf(allFeatures))
  const summary: unknown = { ...JSON.parse(`{ "${name}": { "total": 2 } }`) }
  const message = { name: 'response', data: 'Hello', serial: '01', extras: { headers } }
  const cited = { ...message, annotations: { summary: { [CITATIONS]: summary } } }
  documented().decode(cited as unknown as InboundMessage, (event) => conversation.apply(event, true))
  const response = conversation.responses.get('r')!
  response.refresh()
  expect(response.snapshot?.parts[1]).toMatchObject({ sourceId: name, count: 2 })
})

test('a summary says nothing of the text under the codec of @ably/ai-transport', () => {
  const transport = { 'run-id': 'r', stream: 'true', status: 'streaming' }
  const message = {
    name: 'ai-output',
    action: 'message.summary',
    serial: '01',
    extras: { ai: { transport, codec: { kind: 'text' } } },
    annotations: { summary: { [CITATIONS]: {} } },
  }
  const events: unknown[] = []
  aiTransport().decode(message as unknown as InboundMessage, (event) => events.push(event))
  expect(events).toEqual([])
})
