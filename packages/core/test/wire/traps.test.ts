import type { InboundMessage, RealtimeChannel } from 'ably'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { until, Wire } from './wire.ts'
import { history, rewind, seed } from '../../src/index.ts'
import type { Row, Session } from '../../src/index.ts'

/**
 * The seven traps of the snippets that people copy from documentation. Each is first walked into by the snippet,
 * on the same channel, so that the test proves there is a trap at all.
 */
let wire: Wire
beforeAll(async () => {
  wire = await Wire.start()
})
afterEach(() => wire.release())
afterAll(() => wire.close())

const of = (responseId: string) => ({ extras: { headers: { responseId } } })
const idOf = (message: InboundMessage): string => message.extras?.headers?.responseId

async function token(agent: RealtimeChannel, responseId: string, ...texts: string[]) {
  for (const data of texts) await agent.publish({ name: 'token', data, ...of(responseId) })
}

const agentOn = (name: string) => wire.client({ clientId: 'agent' }).channels.get(name)
const readerOn = (name: string, options?: object) =>
  wire.client({ clientId: 'naive' }).channels.get(name, options)
const textOf = (session: Session, id: string) => session.getResponse(id)?.text

/** The documented accumulators: tokens are concatenated; an update replaces, an append is added. */
class Snippet {
  readonly texts = new Map<string, string>()
  readonly take = (message: InboundMessage): void => {
    const id = idOf(message)
    if (message.action === 'message.update' || message.name === 'response-complete')
      this.texts.set(id, message.data)
    else this.texts.set(id, (this.texts.get(id) ?? '') + (message.data ?? ''))
  }
}

describe('the seven traps', () => {
  test('1. history read while appends arrive', async () => {
    const name = wire.channelName()
    const agent = agentOn(name)
    const { serials } = await agent.publish({ name: 'response', data: 'one ', ...of('r') })
    const serial = serials[0]!

    // The snippet: subscribe, then read history up to the attach, and add what arrived meanwhile.
    const channel = readerOn(name)
    const snippet = new Snippet()
    const queue: InboundMessage[] = []
    await channel.subscribe((message) => void queue.push(message))
    await agent.appendMessage({ serial, data: 'two ' })
    await agent.appendMessage({ serial, data: 'three ' })
    await until('both appends', () => queue.length === 2)
    for (const message of (await channel.history({ untilAttach: true })).items) snippet.take(message)
    for (const message of queue) if (message.action === 'message.append') snippet.take(message)
    expect(snippet.texts.get('r')).toBe('one two three three ')

    // History is as of the query: versions must be compared.
    const session = wire.session(name, { hydrate: history() })
    void agent.appendMessage({ serial, data: 'four ' })
    await session.ready
    await agent.appendMessage({ serial, data: 'five' })
    await until('the text', () => textOf(session, 'r') === 'one two three four five')
  })

  test('2. paging back until a token of a completed response, while two interleave', async () => {
    const name = wire.channelName()
    const agent = agentOn(name)
    await agent.publish({ name: 'start', ...of('open') })
    await token(agent, 'open', 'A', 'B')
    await token(agent, 'done', 'x', 'y')
    await token(agent, 'open', 'C')
    await token(agent, 'done', 'z')
    await token(agent, 'open', 'D')
    const done = new Set(['done'])

    const channel = readerOn(name)
    await channel.attach()
    let page = await channel.history({ untilAttach: true, limit: 1 })
    const found: InboundMessage[] = []
    for (;;) {
      const stop = page.items.some((m) => done.has(idOf(m)))
      found.unshift(...page.items.toReversed().filter((m) => !done.has(idOf(m))))
      const next = stop ? null : await page.next()
      if (!next) break
      page = next
    }
    expect(found.map((m) => m.data).join('')).toBe('D')

    const rows: Row[] = [{ id: 'done', role: 'assistant', text: 'xyz' }]
    const session = wire.session(name, {
      hydrate: seed({ limit: 1, maxPages: 50, load: async () => ({ rows }) }),
    })
    await session.ready
    expect([textOf(session, 'open'), textOf(session, 'done')]).toEqual(['ABCD', 'xyz'])
  })

  test('3. reading from the time of the last completed response', async () => {
    const name = wire.channelName()
    const agent = agentOn(name)
    const { serials } = await agent.publish({ name: 'response', data: 'begun first, ', ...of('open') })
    const begun = Date.now()
    await until('a later time', () => Date.now() > begun + 1)
    const lastCompleted = Date.now()
    await token(agent, 'done', 'short')
    await agent.appendMessage({ serial: serials[0]!, data: 'still open' })

    const channel = readerOn(name)
    const snippet = new Snippet()
    for (const m of (await channel.history({ start: lastCompleted })).items) snippet.take(m)
    expect(snippet.texts.has('open')).toBe(false)

    const rows: Row[] = [{ id: 'done', role: 'assistant', text: 'short', createdAt: lastCompleted }]
    const session = wire.session(name, { hydrate: seed({ load: async () => ({ rows }) }) })
    await session.ready
    expect(textOf(session, 'open')).toBe('begun first, still open')
  })

  test('4. a rewind that starts in the middle of a response', async () => {
    const name = wire.channelName()
    const agent = agentOn(name)
    await agent.publish({ name: 'start', ...of('r') })
    await token(agent, 'r', 'a', 'b', 'c', 'd', 'e')

    const snippet = new Snippet()
    await readerOn(name, { params: { rewind: '2' } }).subscribe(snippet.take)
    await until('the rewind', () => snippet.texts.get('r')?.length === 2)
    expect(snippet.texts.get('r')).toBe('de')

    const session = wire.session(name, { hydrate: rewind(2) })
    await session.ready
    expect(session.getResponse('r')).toMatchObject({ text: 'abcde', hasGap: false })
  })

  test('5. live messages that arrive while history is being read', async () => {
    const name = wire.channelName()
    const agent = agentOn(name)
    await token(agent, 'r', 'a', 'b')

    // The snippet: show history when it comes, and live messages as they come.
    const channel = readerOn(name)
    const snippet = new Snippet()
    await channel.subscribe(snippet.take)
    await token(agent, 'r', 'c')
    await until('the live token', () => snippet.texts.has('r'))
    for (const m of (await channel.history({ untilAttach: true })).items.toReversed()) snippet.take(m)
    expect(snippet.texts.get('r')).toBe('cab')

    const name2 = wire.channelName()
    const agent2 = agentOn(name2)
    await token(agent2, 'r', 'a', 'b')
    wire.server.faults.delay({ ms: 0 })
    const session = wire.session(name2, { hydrate: history({ limit: 1 }) })
    await Promise.all([token(agent2, 'r', 'c', 'd', 'e'), session.ready])
    await until('all of it', () => textOf(session, 'r') === 'abcde')
    expect(session.getResponse('r')?.hasGap).toBe(false)
  })

  test('6. continuity that is lost after the attach', async () => {
    const name = wire.channelName()
    const agent = agentOn(name)
    const snippet = new Snippet()
    await readerOn(name).subscribe(snippet.take)
    const session = wire.session(name, { clientOptions: { clientId: 'reader' } })
    await session.ready
    await token(agent, 'r', 'a')
    await until('the first', () => snippet.texts.get('r') === 'a' && textOf(session, 'r') === 'a')
    const match = { channel: name, clientId: /^(naive|reader)$/ }
    wire.server.faults.lose({ match: { ...match, action: 'message' } })
    await token(agent, 'r', 'b')
    // What is lost is lost when its frame is written, which may be after the publisher's ACK.
    await wire.delivered()
    wire.server.faults.clear()
    wire.server.faults.discontinue({ match })
    await token(agent, 'r', 'c')
    await until(
      'both to have the last',
      () => snippet.texts.get('r')?.endsWith('c') && textOf(session, 'r')?.endsWith('c'),
    )
    expect(snippet.texts.get('r')).toBe('ac')
    await until('the refill', () => textOf(session, 'r') === 'abc' && !session.getResponse('r')?.hasGap)
  })

  test('7. a token after the recovery message; a recovery message before the last tokens, and twice', async () => {
    const name = wire.channelName()
    const agent = agentOn(name)
    const snippet = new Snippet()
    await readerOn(name).subscribe(snippet.take)
    const session = wire.session(name)
    await session.ready
    const complete = () => agent.publish({ name: 'response-complete', data: 'abc', ...of('r') })
    await token(agent, 'r', 'a')
    await complete()
    await token(agent, 'r', 'b', 'c')
    await until('the tokens', () => snippet.texts.get('r') === 'abcbc')
    await complete()
    await token(agent, 'r', 'c')
    await agent.publish({ name: 'stop', ...of('r') })
    await until(
      'the end',
      () => session.getResponse('r')?.status === 'complete' && snippet.texts.get('r') === 'abcc',
    )
    expect(textOf(session, 'r')).toBe('abc')
  })
})
