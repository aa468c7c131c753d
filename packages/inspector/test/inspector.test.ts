import { createAgent } from '@rejoin/agent'
import { createReader } from '@rejoin/core'
import type { SessionOptions } from '@rejoin/core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { until, Wire } from '../../core/test/wire/wire.ts'
import { inspect } from '../src/index.ts'
import type { InspectorElement } from '../src/index.ts'

// The element on a page without layout, with real sessions over real sockets.

let wire: Wire
let frames: (() => void)[]
const requestFrame = globalThis.requestAnimationFrame
beforeAll(async () => {
  wire = await Wire.start()
})
beforeEach(() => {
  frames = []
  globalThis.requestAnimationFrame = (paint) => frames.push(() => paint(0))
})
afterEach(() => {
  document.body.replaceChildren()
  globalThis.requestAnimationFrame = requestFrame
  wire.release()
})
afterAll(() => wire.close())

const paint = () => {
  for (const frame of frames.splice(0)) frame()
}
const all = (inspector: InspectorElement, selector: string) => [
  ...inspector.shadowRoot!.querySelectorAll<HTMLElement>(selector),
]
/** `what: text` of every row, oldest first. */
const rows = (inspector: InspectorElement) => {
  paint()
  return all(inspector, 'li')
    .reverse()
    .map((row) => `${row.querySelector('.what')!.textContent}: ${row.querySelector('.text')!.textContent}`)
}
const shows = (inspector: InspectorElement, row: string | RegExp) =>
  until(`the row ${row}`, () =>
    rows(inspector).some((one) => (typeof row === 'string' ? one === row : row.test(one))),
  )
/** The picture is drawn once a beat. */
const draws = (inspector: InspectorElement, selector: string) =>
  until(`the picture's ${selector}`, () => {
    paint()
    return all(inspector, selector).length === 1
  })

/** A session, and an agent that answers on its channel. */
async function open(options: Partial<SessionOptions> = {}) {
  const name = wire.channelName()
  const agent = createAgent({
    client: wire.client({ clientId: 'agent' }),
    channelName: name,
    retry: { minDelay: 5, maxDelay: 50 },
  })
  await agent.ready
  const session = wire.session(name, options)
  const inspector = inspect(session, document.body)
  await session.ready
  return { name, agent, session, inspector }
}

test('an answer from its first message to its end: connection, presence, messages, finish', async () => {
  const { agent, inspector } = await open()
  const response = agent.respond({ responseId: 'r1' })
  for (const word of ['One ', 'two ', 'three.']) {
    response.append(word)
    await response.flush()
  }
  await response.end()
  await shows(inspector, 'complete: r1, 14 characters, verified')
  const told = rows(inspector)
  expect(told).toContain('connecting: Connecting, and reading the past')
  expect(told).toContain('live: Live')
  expect(told).toContain('agent: agent came')
  expect(told.some((row) => /^append: r1 from agent × \d$/.test(row))).toBe(true)
  await draws(inspector, '[data-span=agent].open')
  await draws(inspector, '[data-span=away].closed')
  expect(all(inspector, '[data-fate=arrived]').length).toBeGreaterThan(0)
  await agent.close()
  await shows(inspector, 'agent: agent left')
})

test('a gap, from opening to healing', async () => {
  const { name, session, inspector } = await open()
  const channel = wire.client({ clientId: 'other' }).channels.get(name)
  const say = (data: string, end: number) =>
    channel.publish({ name: 'token', data, extras: { headers: { responseId: 'r', end: `${end}` } } })
  await say('Hello ', 6)
  await say('world!', 16)
  await shows(inspector, 'gap: r: 4 characters missing')
  await draws(inspector, '[data-span=gap].open')
  expect(all(inspector, '[data-span=gap].open title').map((one) => one.textContent)).toEqual([
    expect.stringMatching(/^4 characters missing, since /),
  ])
  const extras = { headers: { responseId: 'r', end: '16' } }
  await channel.publish({ name: 'response-complete', data: 'Hello big world!', extras })
  await shows(inspector, 'healed: r: 4 characters filled in')
  expect(session.getResponse('r')?.text).toBe('Hello big world!')
  inspector.mark('Looked')
  paint()
  expect(inspector.shadowRoot!.querySelector('figcaption')!.textContent).toContain('1 gap, 1 filled')
})

test('the past is told by pages, and strangers are told as ignored', async () => {
  const name = wire.channelName()
  const past = wire.client({ clientId: 'agent' }).channels.get(name)
  for (const data of ['a', 'b', 'c'])
    await past.publish({ name: 'token', data, extras: { headers: { responseId: 'old' } } })
  const session = wire.session(name, { agents: ['agent'] })
  const inspector = inspect(session, document.body)
  await session.ready
  await shows(inspector, 'history: A page of history × 3')
  const stranger = wire.client({ clientId: 'mallory' }).channels.get(name)
  await stranger.publish({ name: 'token', data: 'Lies', extras: { headers: { responseId: 'x' } } })
  await shows(inspector, 'ignored: token from mallory: its publisher may not send it')
  await shows(inspector, /^untrusted: unable to take what "mallory" said/)
  await until('the tick', () => {
    paint()
    return all(inspector, '[data-fate=ignored]').length === 1
  })
})

test('a row opens to the raw message, and what the model wrote is never HTML', async () => {
  const { name, inspector } = await open()
  const channel = wire.client({ clientId: '<b>agent</b>' }).channels.get(name)
  const lie = '<img src=x onerror="globalThis.hacked = true">'
  await channel.publish({ name: lie, data: lie, extras: { headers: { responseId: '<i>r</i>' } } })
  const row = await until('the row', () => {
    paint()
    return all(inspector, 'li').find((one) => one.textContent.includes('<i>r</i>'))
  })
  const details = row.querySelector('details')!
  expect(row.querySelector('pre')).toBeNull()
  details.open = true
  details.dispatchEvent(new Event('toggle'))
  expect(JSON.parse(row.querySelector('pre')!.textContent)).toMatchObject({
    name: lie,
    data: lie,
    clientId: '<b>agent</b>',
    extras: { headers: { responseId: '<i>r</i>' } },
  })
  expect(all(inspector, 'img, b, i')).toEqual([])
})

test('an own prompt is told from sending to its fate, refused and sent again', async () => {
  const { session, inspector } = await open()
  await session.sendMessage({ text: 'Hello?' })
  await shows(inspector, 'prompt: published')
  wire.server.faults.refuse({ times: 10, match: { clientId: 'reader' } })
  await session.sendMessage({ text: 'Hello again?' }).catch(() => {})
  await shows(inspector, 'prompt: refused')
  wire.server.faults.clear()
  const failed = session.getSnapshot().entries.at(-1)!.id
  await session.retryMessage(failed)
  await until('all', () => rows(inspector).filter((row) => row === 'prompt: published').length === 2)
})

test('compact: messages are in the picture and not in the list', async () => {
  const { name, session } = await open()
  const inspector = document.createElement('rejoin-inspector')
  inspector.setAttribute('compact', '')
  inspector.session = session
  document.body.append(inspector)
  await wire.client().channels.get(name).publish('token', 'Hello')
  await until('the message', () => {
    paint()
    return all(inspector, 'li[data-kind=message]').length > 0
  })
  expect(all(inspector, 'ol')[0]!.dataset.show).toBe('events')
})

test('a thousand messages cost one paint, and nothing is painted while it is folded or gone', async () => {
  const { inspector } = await open()
  paint()
  for (let i = 0; i < 1_000; i++)
    inspector.publish({ id: `p${i}`, what: 'append', characters: 3, fate: 'stored' })
  expect(frames).toHaveLength(1)
  expect(rows(inspector).at(-1)).toBe('append: published × 1,000')
  const [fold] = all(inspector, '.fold')
  fold!.click()
  paint()
  inspector.mark('Unseen')
  paint()
  expect(inspector.shadowRoot!.textContent).not.toContain('Unseen')
  fold!.click()
  expect(rows(inspector).at(-1)).toBe('mark: Unseen')
  inspector.remove()
  frames.splice(0)
})

test('while it is paused nothing moves; then it shows what came meanwhile', async () => {
  const { inspector } = await open()
  const pause = all(inspector, 'button').find((one) => one.textContent === 'Pause')!
  pause.click()
  const before = rows(inspector)
  inspector.mark('Meanwhile')
  expect(rows(inspector)).toEqual(before)
  pause.click()
  expect(rows(inspector).at(-1)).toBe('mark: Meanwhile')
})

test('a docked inspector is there once, and follows the session it is given last', async () => {
  const [one, two] = [wire.session(wire.channelName()), wire.session(wire.channelName())]
  await Promise.all([one.ready, two.ready])
  const inspector = inspect(one)
  expect(inspect(two)).toBe(inspector)
  expect(document.querySelectorAll('rejoin-inspector')).toHaveLength(1)
  expect(inspector.session).toBe(two)
  all(inspector, '.fold')[0]!.click()
  one.close()
  expect(rows(inspector).some((row) => row.startsWith('closed'))).toBe(false)
  two.close()
  await shows(inspector, 'closed: The session is closed')
})

test('a reader will do', async () => {
  const reader = createReader({ client: wire.client(), channelName: wire.channelName() })
  await reader.ready
  const inspector = inspect(reader, document.body)
  await shows(inspector, 'live: Live')
  reader.close()
})

test('removed, it listens no more; put back, it goes on', async () => {
  const { session, inspector } = await open()
  inspector.remove()
  const count = rows(inspector).length
  await session.sendMessage({ text: 'Unheard' })
  expect(rows(inspector)).toHaveLength(count)
  document.body.append(inspector)
  await session.sendMessage({ text: 'Heard' })
  await shows(inspector, 'prompt: published')
})
