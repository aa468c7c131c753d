import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { ChannelModel } from '../../test/model/channelModel.ts'
import { ModelChannel } from '../../test/model/modelChannel.ts'
import { until, Wire } from '../../test/wire/wire.ts'
import { createReader, createSession, databaseRows, history, rewind, seed } from '../index.ts'
import type { Hydrator, LoadRows, Row, SeedPage, Session } from '../index.ts'

const rows: Row[] = [
  { id: 'p1', role: 'user', text: 'Question', createdAt: -4 },
  { id: 'r1', role: 'assistant', text: 'Answer', promptId: 'p1', createdAt: -3 },
]

/** The same, of an answer that the channel still retains. */
const retained = rows.map((row) => (row.role === 'user' ? row : { ...row, serial: '~' }))

const turn = () => new Promise((resolve) => setImmediate(resolve))
const ids = (session: Session) => session.getSnapshot().messages.map(({ id }) => id)

let session: Session
afterEach(() => {
  session.close()
  vi.useRealTimers()
})

/** A session on a channel that is attached at the test's word. */
function onModel(hydrate: Hydrator, initialRows?: readonly Row[]) {
  const model = new ChannelModel()
  const channel = new ModelChannel(model, { rewind: undefined, bare: false, rewindCounts: false })
  const attaching = channel.attach.bind(channel)
  let attach = (): void => {}
  const attached = new Promise<null>((resolve) => {
    attach = () => resolve(attaching())
  })
  channel.attach = () => attached
  session = createSession({
    channel: channel.asChannel(),
    hydrate,
    initialRows,
    presence: false,
    schedule: () => () => {},
  })
  session.ready.catch(() => {})
  const settle = async () => {
    for (let still = 0; still < 4; still++) {
      await turn()
      while (channel.arrive()) still = 0
      while (channel.pending.length) {
        still = 0
        channel.pending.shift()!.succeed()
      }
    }
    session.flush()
  }
  return { model, channel, attach, settle }
}

/** Rows that a database answers with, and how often it was asked. */
function database(page: SeedPage) {
  const load = vi.fn(() => Promise.resolve(page))
  return { load, hydrate: seed({ load, limit: 10 }) }
}

describe('before the channel is attached', () => {
  test('rows show, for what they are, and what the channel has joins them in place', async () => {
    const { hydrate, load } = database({
      rows: [...rows, { id: 'r2', role: 'assistant', text: 'On', status: 'streaming', createdAt: -2 }],
    })
    const { model, attach, settle } = onModel(hydrate)
    model.create({
      name: 'token',
      data: 'On and',
      headers: { responseId: 'r2', rejoin: '1', part: '0', end: '6' },
    })
    await settle()
    expect(ids(session)).toEqual(['p1', 'r1', 'r2'])
    expect(session.getSnapshot()).toMatchObject({ status: 'connecting', hydration: 'running' })
    expect(session.getResponse('r1')).toMatchObject({ status: 'complete', text: 'Answer', verified: false })
    expect(session.getResponse('r2')).toMatchObject({ status: 'streaming', text: 'On', verified: false })
    const shown = session.getResponse('r1')
    attach()
    await settle()
    expect(ids(session)).toEqual(['p1', 'r1', 'r2'])
    expect(session.getSnapshot()).toMatchObject({ status: 'live', hydration: 'whole' })
    expect(session.getResponse('r1')).toBe(shown)
    expect(session.getResponse('r2')).toMatchObject({ text: 'On and', hasGap: false })
    expect(session.getResponse('r2')).not.toHaveProperty('healed')
    expect(load).toHaveBeenCalledTimes(1)
  })

  test('a hydrator of one’s own shows rows, and reads history when there is a channel', async () => {
    const steps: string[] = []
    const { channel, attach, settle } = onModel({
      async load(past) {
        past.applyRows(rows)
        steps.push('rows')
        await past.readHistory({ limit: 10, maxPages: 1 })
        steps.push('history')
      },
    })
    // While `createSession` runs, already.
    expect(ids(session)).toEqual(['p1', 'r1'])
    await settle()
    expect(steps).toEqual(['rows'])
    expect(channel.pending).toEqual([])
    attach()
    await settle()
    expect(steps).toEqual(['rows', 'history'])
    expect(session.getSnapshot().status).toBe('live')
  })

  test('a database that fails is told when the channel shows', async () => {
    const { attach, settle } = onModel(seed({ load: () => Promise.reject(new Error('away')) }))
    await settle()
    expect(session.getSnapshot()).toMatchObject({ status: 'connecting', error: undefined })
    attach()
    await settle()
    expect(session.getSnapshot()).toMatchObject({ status: 'live', error: { code: 'hydration_failed' } })
  })

  test('rows that waited for longer than the channel retains messages are read again', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { hydrate, load } = database({ rows })
    const { attach, settle } = onModel(hydrate)
    await settle()
    const later: Row = { id: 'r2', role: 'assistant', text: 'Meanwhile', createdAt: -1 }
    load.mockResolvedValue({ rows: [...rows, later] })
    vi.setSystemTime(Date.now() + 600_000)
    attach()
    await settle()
    expect(ids(session)).toEqual(['p1', 'r1', 'r2'])
  })
})

describe('a broker that cannot be reached', () => {
  let wire: Wire
  beforeAll(async () => {
    wire = await Wire.start()
  })
  afterEach(() => wire.release())
  afterAll(() => wire.close())

  test('the state says why, rows show, and all is well when it can be', async () => {
    const remove = wire.server.faults.drop({ match: { clientId: 'reader' }, refuseFor: 600_000 })
    const name = wire.channelName()
    session = wire.session(name, { hydrate: seed({ load: () => Promise.resolve({ rows }) }) })
    const events = vi.fn()
    session.on('error', events)
    await until('the cause', () => session.getSnapshot().error)
    expect(session.getSnapshot()).toMatchObject({
      status: 'disconnected',
      error: {
        code: 'attach_failed',
        message: expect.stringMatching(/^unable to connect to Ably; .+/),
      },
    })
    expect(ids(session)).toEqual(['p1', 'r1'])
    remove()
    await session.ready
    expect(session.getSnapshot()).toMatchObject({ status: 'live', error: undefined })
    // However often it was tried.
    expect(events).toHaveBeenCalledTimes(1)
  })
})

describe('initialRows', () => {
  test('show at once, and nothing is attached until the session is used', async () => {
    const { channel, attach, settle } = onModelUnused(history())
    expect(ids(session)).toEqual(['p1', 'r1'])
    expect(session.getResponse('r1')).toMatchObject({ status: 'complete', text: 'Answer', verified: false })
    expect(session.getPrompt('p1')).toMatchObject({ text: 'Question' })
    await settle()
    expect(channel.state).toBe('initialized')
    expect(session.getSnapshot()).toMatchObject({ status: 'connecting', hydration: 'running' })
    session.subscribe(() => {})
    attach()
    await settle()
    expect(session.getSnapshot().status).toBe('live')
  })

  /** As `onModel`, without asking for `ready`. */
  function onModelUnused(hydrate: Hydrator) {
    const model = new ChannelModel()
    const channel = new ModelChannel(model, { rewind: undefined, bare: false, rewindCounts: false })
    const on = vi.spyOn(channel, 'on')
    session = createSession({
      channel: channel.asChannel(),
      hydrate,
      initialRows: rows,
      presence: false,
      schedule: () => () => {},
    })
    expect(on).not.toHaveBeenCalled()
    const settle = async () => {
      for (let still = 0; still < 4; still++) {
        await turn()
        while (channel.pending.length) {
          still = 0
          channel.pending.shift()!.succeed()
        }
      }
      session.flush()
    }
    return { channel, attach: () => channel.attach(), settle }
  }

  test('need no client, which is told to who sends or waits', async () => {
    session = createSession({
      channelName: 'ai:chat',
      initialRows: JSON.parse(JSON.stringify(rows)) as Row[],
    })
    expect(ids(session)).toEqual(['p1', 'r1'])
    session.subscribe(() => {})
    await expect(session.ready).rejects.toMatchObject({ code: 'invalid_argument' })
    await expect(session.sendMessage({ text: 'Hi' })).rejects.toThrow(
      'unable to send the message; the session has no `client`',
    )
    expect(session.getSnapshot()).toMatchObject({ status: 'connecting', error: undefined })
  })

  test('what a page begins with stays as a server rendered it', async () => {
    const { model, attach, settle } = onModel(history(), rows)
    const before = session.initial
    model.create({ name: 'response-complete', data: 'More', headers: { responseId: 'r2' } })
    attach()
    await settle()
    expect(ids(session)).toEqual(['p1', 'r1', 'r2'])
    expect(ids(session.initial)).toEqual(['p1', 'r1'])
    expect(session.initial).toBe(before)
    expect(session.initial.initial).toBe(session.initial)
    const server = createSession({ channelName: 'ai:chat', initialRows: rows })
    expect(session.initial.getSnapshot()).toEqual(server.getSnapshot())
    expect(session.initial.getResponse('r1')).toEqual(server.getResponse('r1'))
  })

  test('are not read a second time where history reaches back to them', async () => {
    const { hydrate, load } = database({ rows: retained })
    const { model, attach, settle } = onModel(hydrate, retained)
    model.create({ name: 'response-complete', data: 'Answer', headers: { responseId: 'r1' } })
    attach()
    await settle()
    expect(session.getSnapshot().hydration).toBe('whole')
    expect(load).not.toHaveBeenCalled()
  })

  test('are read again where history does not: the channel may have forgotten what came since', async () => {
    const later: Row = { id: 'r2', role: 'assistant', text: 'Meanwhile', createdAt: -1 }
    for (const hydrate of [
      seed({ load: () => Promise.resolve({ rows: [...rows, later] }) }),
      history({ older: () => Promise.resolve({ rows: [...rows, later] }) }),
    ]) {
      const { attach, settle } = onModel(hydrate, rows)
      attach()
      await settle()
      expect(ids(session)).toEqual(['p1', 'r1', 'r2'])
    }
  })

  test('older than a page of the database: the pages in between are read too', async () => {
    const row = (i: number): Row => ({ id: `n${i}`, role: 'assistant', text: `Later ${i}`, createdAt: i })
    const pages: SeedPage[] = [
      { rows: [row(5), row(4)], cursor: '1' },
      { rows: [row(3), row(2)], cursor: '2' },
      { rows: [row(1), rows[1]!], cursor: '3' },
      { rows: [rows[0]!], cursor: '4' },
      { rows: [{ id: 'r0', role: 'assistant', text: 'Before', createdAt: -5 }] },
    ]
    for (const hydrator of [
      (load: LoadRows) => seed({ load }),
      (load: LoadRows) => history({ older: load }),
    ]) {
      const load = vi.fn((cursor?: string) => Promise.resolve(pages[Number(cursor ?? 0)]!))
      const { attach, settle } = onModel(hydrator(load), rows)
      attach()
      await settle()
      expect(ids(session)).toEqual(['p1', 'r1', 'n1', 'n2', 'n3', 'n4', 'n5'])
      expect(load).toHaveBeenCalledTimes(3)
      for (let more = 0; more < 2; more++) {
        const loaded = session.loadOlder()
        await settle()
        await loaded
      }
      expect(ids(session)).toEqual(['r0', 'p1', 'r1', 'n1', 'n2', 'n3', 'n4', 'n5'])
      expect(load).toHaveBeenCalledTimes(5)
      session.close()
    }
  })

  test('history goes back to them, however many messages came since', async () => {
    const { model, attach, settle } = onModel(history({ limit: 1, maxPages: 20 }), [
      { id: 'r1', role: 'assistant', text: 'Answer', serial: '!' },
    ])
    for (let i = 2; i < 9; i++)
      model.create({ name: 'response-complete', data: `Answer ${i}`, headers: { responseId: `r${i}` } })
    attach()
    await settle()
    expect(ids(session)).toHaveLength(8)
  })

  test('loadOlder goes on before them', async () => {
    const older: Row = { id: 'r0', role: 'assistant', text: 'Before', createdAt: -5 }
    const load = vi.fn((cursor?: string) =>
      Promise.resolve<SeedPage>(cursor ? { rows: [older] } : { rows, cursor: 'older' }),
    )
    const { model, attach, settle } = onModel(seed({ load }), retained)
    model.create({ name: 'response-complete', data: 'Answer', headers: { responseId: 'r1' } })
    attach()
    await settle()
    expect(session.getSnapshot().hasOlder).toBe(true)
    const loaded = session.loadOlder()
    await settle()
    await loaded
    expect(ids(session)).toEqual(['r0', 'p1', 'r1'])
    expect(session.getSnapshot().hasOlder).toBe(false)
  })

  test('a reader shows them too', () => {
    const reader = createReader({ channelName: 'ai:chat', initialRows: rows, features: [databaseRows] })
    expect(reader.getResponse('r1')?.text).toBe('Answer')
    reader.close()
    session = createSession({ channelName: 'ai:chat', initialRows: [], hydrate: rewind(10) })
    expect(session.getSnapshot().messages).toEqual([])
  })
})
