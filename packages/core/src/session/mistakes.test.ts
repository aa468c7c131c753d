import * as Ably from 'ably'
import { aiTransport } from '../ai-transport/index.ts'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { until, Wire } from '../../test/wire/wire.ts'
import { createReader, createSession, history, RejoinError, seed } from '../index.ts'
import type { Hydrator, Past, Row, SeedPage, Session, SessionOptions } from '../index.ts'

let wire: Wire
beforeAll(async () => {
  wire = await Wire.start()
})
afterEach(() => wire.release())
afterAll(() => wire.close())

/** Calls what TypeScript would not let through. */
const create = (options: unknown) => createSession(options as SessionOptions)

const message = (outcome: unknown): string => {
  expect(outcome).toBeInstanceOf(RejoinError)
  const { message: text } = outcome as RejoinError
  expect(text).toMatch(/^unable to .+; .+/)
  return text
}

function thrown(act: () => unknown): RejoinError {
  try {
    act()
  } catch (error) {
    message(error)
    return error as RejoinError
  }
  throw new Error('nothing was thrown')
}

async function rejected(act: Promise<unknown>): Promise<RejoinError> {
  const error = await act.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  message(error)
  return error as RejoinError
}

const rest = new Ably.Rest({ key: 'local.key:secret' })
const good: Row = { id: 'good', role: 'assistant', text: 'Hi' }
const badRow = { id: 's', role: 'system', text: 'Be brief' } as unknown as Row

describe('options that cannot be used', () => {
  const client = () => wire.client()
  test.each<[what: string, options: () => unknown, says: RegExp]>([
    ['no options', () => undefined, /pass options: `client` and `channelName`, or `channel`/],
    ['nothing in them', () => ({}), /channelName must be a non-empty string, and is undefined/],
    ['no client', () => ({ channelName: 'a' }), /pass an Ably Realtime client as `client`/],
    ['a key as client', () => ({ client: 'a.b:c', channelName: 'a' }), /`client` is "a\.b:c"/],
    ['a REST client', () => ({ client: rest, channelName: 'a' }), /a REST client receives no messages/],
    [
      'a name as channel',
      () => ({ client: client(), channel: 'ai:a' }),
      /is a name, "ai:a"; pass it as `channelName`/,
    ],
    ['a client as channel', () => ({ channel: client() }), /is a client; pass it as `client`/],
    ['a REST client as channel', () => ({ channel: rest }), /is a client; pass it as `client`/],
    ['a REST channel', () => ({ channel: rest.channels.get('a') }), /take `channel` from a Realtime client/],
    [
      'an object as channel',
      () => ({ channel: {} }),
      /must be a channel of an Ably Realtime client, and is an object/,
    ],
    ['no name', () => ({ client: client(), channelName: '' }), /non-empty string, and is ""/],
    [
      'history without parentheses',
      () => ({ client: client(), channelName: 'a', hydrate: history }),
      /call it: `hydrate: history\(\)`/,
    ],
    [
      'seed without parentheses',
      () => ({ client: client(), channelName: 'a', hydrate: seed }),
      /call it: `hydrate: seed\(\)`/,
    ],
    [
      'a word as hydrator',
      () => ({ client: client(), channelName: 'a', hydrate: 'history' }),
      /and is "history"/,
    ],
    [
      'a row of another role',
      () => ({ channelName: 'a', initialRows: [badRow] }),
      /row "s" with role "system"/,
    ],
    [
      'a page of rows instead of its rows',
      () => ({ channelName: 'a', initialRows: { rows: [] } }),
      /unable to show rows; /,
    ],
  ])('%s', (_, options, says) => {
    const error = thrown(() => create(options()))
    expect(error).toMatchObject({ code: 'invalid_argument', message: expect.stringMatching(says) })
    expect(thrown(() => createReader({ features: [], ...(options() as SessionOptions) })).code).toBe(
      'invalid_argument',
    )
  })
})

describe('actions that cannot be taken', () => {
  test('a row of another role is told, and the others show', async () => {
    const rows = [badRow, { id: 'r', role: 'assistant', text: 'Hi' } satisfies Row]
    const session = wire.session(wire.channelName(), {
      hydrate: seed({ load: () => Promise.resolve({ rows }) }),
    })
    expect(await rejected(session.ready)).toMatchObject({ code: 'invalid_argument' })
    expect(session.getResponse('r')?.text).toBe('Hi')
  })

  test('nothing to send', async () => {
    const session = wire.session(wire.channelName())
    await session.ready
    for (const prompt of [
      { text: '' },
      { text: ' ', files: [] },
      { text: '', parts: [] },
      {},
      undefined,
      'Hi',
    ])
      expect(await rejected(session.sendMessage(prompt as never))).toMatchObject({ code: 'invalid_argument' })
    expect(session.getSnapshot().messages).toEqual([])
  })

  test.each<[what: string, options: object, says: RegExp]>([
    ['an address as `wake`', { wake: '/api/chat' }, /`wake` must be .*fetchWake.* is "\/api\/chat"/],
    ['a number as `keep`', { keep: 200 }, /`keep` must be .*keepNewest.* is 200/],
    ['milliseconds as `schedule`', { schedule: 100 }, /`schedule` must be a function, and is 100/],
    [
      'a codec that was not called',
      { codec: aiTransport },
      /`codec` must be .*decode\(\).*; call it: `codec: aiTransport\(\)`/,
    ],
    [
      'rows in the words of a model',
      { initialRows: [{ id: 'r', role: 'assistant', content: 'Hi' }] },
      /row "r"; it has `content`: pass that as `text`/,
    ],
    [
      'prompts in them',
      { initialRows: [{ id: 'p', role: 'user', content: 'Hi' }] },
      /row "p"; it has `content`: pass that as `text`/,
    ],
  ])('%s', (_, options, says) => {
    const error = thrown(() => create({ client: wire.client(), channelName: 'a', ...options }))
    expect(error).toMatchObject({ code: 'invalid_argument', message: expect.stringMatching(says) })
  })

  test('an event that does not exist, and no listener', () => {
    const session = createSession({ channelName: 'a', initialRows: [] })
    const listen = session.on as (event: unknown, listener: unknown) => unknown
    for (const name of ['nope', 'toString'])
      expect(thrown(() => listen(name, () => {})).message).toMatch(
        /^unable to listen to "\w+"; pass one of gap, /,
      )
    expect(thrown(() => listen('gap', undefined)).code).toBe('invalid_argument')
    session.close()
  })

  test.each<[what: string, thrown: unknown, says: RegExp]>([
    ['an object', { status: 503 }, /check load\(\): \{"status":503\}$/],
    ['an object of a class without fields', new Map(), /check load\(\): a Map$/],
    ['an object without a prototype', Object.create(null), /check load\(\): an object$/],
    ['what Node.js says of several attempts', new AggregateError([new Error('refused')]), /: refused$/],
    ['an error that says nothing', new RangeError(), /: RangeError$/],
    ['nothing', undefined, /: undefined$/],
  ])('a database that throws %s', async (_, cause, says) => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    const session = wire.session(wire.channelName(), { hydrate: seed({ load: () => Promise.reject(cause) }) })
    expect(message(await rejected(session.ready))).toMatch(says)
  })

  test.each<[what: string, row: object, says: RegExp]>([
    ['a number as text', { text: 5 }, /row "r"; its `text` must be a string/],
    ['an object as text', { text: { en: 'Hi' } }, /row "r"; its `text` must be a string/],
    ['parts that are no list', { parts: 'Hi' }, /row "r"; .* its `parts` objects/],
    ['nothing among the parts', { parts: [null] }, /row "r"; .* its `parts` objects/],
    [
      'a part with a number as text',
      { parts: [{ type: 'text', text: 5 }] },
      /row "r"; .* its `parts` objects/,
    ],
    ['an empty id', { id: '' }, /row "" with role .* non-empty string/],
  ])('%s in a row is told, and the others show', async (_, row, says) => {
    for (const role of ['assistant', 'user']) {
      const rows = [{ id: 'r', role, ...row } as Row, good]
      const load = () => Promise.resolve({ rows })
      const session = wire.session(wire.channelName(), { hydrate: seed({ load }) })
      expect(message(await rejected(session.ready))).toMatch(says)
      expect(session.getSnapshot().messages.map(({ id }) => id)).toEqual(['good'])
    }
  })

  test('of a row, `null` is nothing, and of a page `null` or an empty cursor is none', async () => {
    const nulls = { serial: null, clientId: null, promptId: null, status: null, parts: null, updatedAt: null }
    for (const cursor of [null, '']) {
      const page = {
        rows: [
          { id: 'p', role: 'user', text: 'Hi?', createdAt: 1, ...nulls },
          { id: 'r1', role: 'assistant', text: 'One', createdAt: 1, ...nulls },
          { id: 'r2', role: 'assistant', text: 'Two', createdAt: 2, ...nulls },
        ],
        cursor,
      } as unknown as SeedPage
      const session = wire.session(wire.channelName(), {
        hydrate: seed({ load: () => Promise.resolve(page) }),
      })
      await session.ready
      expect(session.getSnapshot().messages.map(({ id }) => id)).toEqual(['p', 'r1', 'r2'])
      expect(session.getResponse('r1')).toMatchObject({ text: 'One', status: 'complete', serial: undefined })
      expect(session.getResponse('r2')).toMatchObject({
        text: 'Two',
        status: 'complete',
        clientId: undefined,
      })
      expect(session.getSnapshot().hasOlder).toBe(false)
    }
  })

  test('a hydrator that is no async function is one all the same', async () => {
    const load = (past: Past) => past.applyRows([good])
    const session = wire.session(wire.channelName(), { hydrate: { load } as unknown as Hydrator })
    await session.ready
    expect(session.getResponse('good')?.text).toBe('Hi')
  })

  test('rows with `content` beside their text are shown', () => {
    const row = { id: 'r', role: 'assistant', text: 'Hi', content: 'Hi' } satisfies Row & { content: string }
    expect(createSession({ channelName: 'a', initialRows: [row] }).getResponse('r')?.text).toBe('Hi')
  })

  test('one name as `agents` trusts no part of it', async () => {
    const name = wire.channelName()
    const session = wire.session(name, { agents: 'agent' as unknown as string[] })
    await session.ready
    for (const clientId of ['age', 'agent'])
      await wire
        .client({ clientId })
        .channels.get(name)
        .publish({ name: 'start', extras: { headers: { responseId: clientId } } })
    await until('the response', () => session.getResponse('agent'))
    expect(session.getResponse('age')).toBeUndefined()
  })

  test('without a listener for `error`, errors are written to the console', async () => {
    const said = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const session = wire.session(wire.channelName())
    await session.ready
    session.subscribe(() => {
      throw new Error('mine')
    })
    await session.sendMessage({ text: 'Hi' })
    session.flush()
    expect(said.mock.calls[0]).toEqual(['[rejoin]', expect.objectContaining({ code: 'callback_failed' })])
    said.mockClear()
    session.on('error', () => {})
    await session.sendMessage({ text: 'Hi' })
    session.flush()
    expect(said).not.toHaveBeenCalled()
    said.mockRestore()
  })

  test('anything after close()', async () => {
    const session = wire.session(wire.channelName())
    await session.ready
    session.close()
    const call = { responseId: 'r', toolCallId: 'c' }
    for (const act of [
      () => session.sendMessage({ text: 'Hi' }),
      () => session.retryMessage('p'),
      () => session.stop(),
      () => session.stop('r'),
      () => session.addToolOutput({ ...call, tool: 't', output: 1 }),
      () => session.addToolApprovalResponse({ ...call, approved: true }),
    ])
      expect(await rejected(act())).toMatchObject({ code: 'closed' })
  })

  test('ids that nobody knows, once the past was read', async () => {
    const name = wire.channelName()
    const agent = wire.client({ clientId: 'agent' }).channels.get(name)
    const session = wire.session(name)
    const call = { responseId: 'nope', toolCallId: 'c' }
    // Before, it waits for the past.
    for (const act of [
      () => session.stop('nope'),
      () => session.addToolOutput({ ...call, tool: 't', output: 1 }),
      () => session.addToolApprovalResponse({ ...call, approved: true }),
      () => session.regenerate('nope'),
      () => session.editMessage('nope', { text: 'Hi' }),
      () => session.retryMessage('nope'),
    ])
      expect(await rejected(act())).toMatchObject({ code: 'invalid_argument' })
    await agent.publish({ name: 'start', extras: { headers: { responseId: 'r' } } })
    await until('the response', () => session.getResponse('r'))
    await session.stop('r')
    const error = await rejected(
      session.addToolApprovalResponse({ responseId: 'r', toolCallId: 'c', approved: true }),
    )
    expect(error.message).toContain('response "r" has no tool call "c"')
  })

  test.each<[capability: string, granted: string[], act: (session: Session) => Promise<unknown>]>([
    ['subscribe', [], (session) => session.ready],
    ['subscribe', ['publish', 'history'], (session) => session.ready],
    ['history', ['subscribe'], (session) => session.ready],
    ['publish', ['subscribe', 'history'], (session) => session.sendMessage({ text: 'Hi' })],
  ])('without the capability "%s"', async (capability, granted, act) => {
    const name = wire.channelName()
    const reader = {
      key: 'app.reader:secret',
      capability: { other: ['subscribe'], ...(granted.length && { [name]: granted }) },
    }
    const own = await Wire.start({ keys: ['local.key:secret', reader] })
    try {
      const session = own.session(name, { clientOptions: { key: reader.key }, presence: false })
      const error = await rejected(act(session))
      expect(error.code).toBe('not_allowed')
      expect(error.message).toContain(`the capability "${capability}" on channel "${name}" to the token`)
    } finally {
      await own.close()
    }
  })
})
