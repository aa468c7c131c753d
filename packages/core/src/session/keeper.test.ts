import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { InboundMessage } from 'ably'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ChannelModel } from '../../test/model/channelModel.ts'
import { deliveriesOf, wholeMessage } from '../../test/model/deliveries.ts'
import { DirectChannel } from '../../test/model/directChannel.ts'
import { ModelAgent } from '../../test/model/modelAgent.ts'
import { ModelChannel } from '../../test/model/modelChannel.ts'
import { ModelDatabase } from '../../test/model/modelDatabase.ts'
import { ModelPrompt } from '../../test/model/modelPrompt.ts'
import { script } from '../../test/model/script.ts'
import { createSession, history, keepNewest, rewind, seed } from '../index.ts'
import type { Hydrator, ResponseState, Session } from '../index.ts'

/** `KEEP_RUNS` looks for new conversations; the ordinary suite has the same ones each time. */
const soak = process.env.KEEP_RUNS
const runs = Number(soak ?? 300)

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const turn = () => new Promise((resolve) => setImmediate(resolve))

const conversations = fc.record({
  scripts: fc.array(script, { minLength: 4, maxLength: 12 }),
  keep: fc.integer({ min: 1, max: 4 }),
  way: fc.constantFrom('history' as const, 'rewind' as const, 'seed' as const, 'older' as const),
  limit: fc.integer({ min: 1, max: 9 }),
  maxPages: fc.constantFrom(1_000, 3, 1),
  joinAfter: fc.nat(30),
  rows: fc.record({
    partial: fc.constant(false),
    detailed: fc.constant(true),
    page: fc.integer({ min: 1, max: 3 }),
  }),
  outages: fc.boolean(),
  choices: fc.array(fc.nat(9_999), { minLength: 100, maxLength: 400 }),
})

type Conversation = typeof conversations extends fc.Arbitrary<infer C> ? C : never

/** A session, its channel, and the database that it reads. */
class Seat {
  readonly channel: ModelChannel
  readonly session: Session
  readonly database: ModelDatabase

  constructor(model: ChannelModel, agents: readonly ModelAgent[], how: Conversation, keep?: number) {
    const span = how.way === 'rewind' ? 3 : undefined
    this.channel = new ModelChannel(model, { rewind: span, bare: false, rewindCounts: false })
    this.database = new ModelDatabase(agents, how.rows)
    this.session = createSession({
      channel: this.channel.asChannel(),
      hydrate: this.hydrator(how),
      presence: false,
      schedule: () => () => {},
      ...(keep !== undefined && { keep: keepNewest(keep) }),
    })
    this.session.ready.catch(() => {})
  }

  private hydrator({ way, limit, maxPages }: Conversation): Hydrator {
    const { channel, database } = this
    const pages = { limit, maxPages }
    if (way === 'rewind') return rewind(3, pages)
    if (way === 'seed') return database.hydrator(channel, pages)
    return history({ ...pages, ...(way === 'older' && { older: database.loader(channel) }) })
  }

  async settle(): Promise<void> {
    for (let still = 0; still < 4; still++) {
      if (this.channel.arrive() || this.channel.pending.length) still = 0
      this.channel.pending.shift()?.succeed()
      await turn()
      this.session.flush()
    }
  }

  async loadAll(): Promise<void> {
    for (let i = 0; i < 500 && this.session.getSnapshot().hasOlder; i++) {
      const older = this.session.loadOlder()
      await this.settle()
      await older
    }
    expect(this.session.getSnapshot()).toMatchObject({ hasOlder: false, hydration: 'whole' })
  }
}

/** What a view shows, but for what only those know who heard it live, or who read the database later. */
function shown(
  response: ResponseState | undefined,
  { owes, marked, edited }: ModelAgent,
  way: Conversation['way'],
) {
  if (!response) return undefined
  const { status, text, parts, promptId, hasGap, verified } = response
  // An edit takes the place of what the agent said of its end: history tells less than who was there.
  const reads = way === 'seed' || way === 'older'
  if (edited) return { promptId, ...(!reads && { text }) }
  const told = reads
    ? { parts: parts.map((part) => ({ ...part, state: undefined })) }
    : { parts, status, ...(!owes && { verified }) }
  return { text, promptId, ...told, ...(marked && { status }), ...(!owes && { hasGap }) }
}

/** A prompt, as `shown` has its answers. */
function asked(session: Session, { id }: ModelPrompt, agents: readonly ModelAgent[], { way }: Conversation) {
  const answers = agents.filter((agent) => agent.promptId === id)
  const known = session.getPrompt(id)
  const isTold = answers.every(({ edited, marked }) => !edited && (marked || way === 'history'))
  return isTold ? known : known && { ...known, status: undefined, responseId: undefined }
}

/** Continuity is lost, or the channel is back. */
function leave(seats: readonly Seat[]): void {
  for (const { channel } of seats)
    if (channel.state === 'attached') channel.outage()
    else {
      channel.pending.length = 0
      channel.attached({ rewinds: false })
    }
}

async function live(how: Conversation): Promise<number> {
  const model = new ChannelModel()
  const { scripts, keep, choices, joinAfter } = how
  const ids = scripts.map((_, i) => `r${i}`)
  const prompts = scripts.map(({ prompt }, i) => prompt && new ModelPrompt(model, ids, i, prompt))
  const agents = scripts.map(
    (one, i) =>
      new ModelAgent(
        model,
        ids[i]!,
        { ...one, edits: one.edits.filter(({ how }) => how !== 'token') },
        prompts[i],
      ),
  )
  // About one after the other, as in a conversation.
  const advance = (n: number) => {
    const open = agents.filter((agent) => !agent.ended && !agent.dead)
    return (
      open.slice(0, 2).some((_, i) => open[(n + i) % Math.min(2, open.length)]!.advance()) ||
      agents.some((agent) => agent.advance())
    )
  }
  for (let i = 0; i < joinAfter; i++) advance(choices[i % choices.length]!)
  const all = new Seat(model, agents, how)
  const few = new Seat(model, agents, how, keep)
  let letGo = 0
  const known = new Set<string>()
  for (const choice of choices) {
    if (how.outages && choice % 40 === 11) leave([all, few])
    else if (choice % 40 === 9) for (const { session } of [all, few]) void session.loadOlder().catch(() => {})
    else advance(Math.floor(choice / 10))
    for (const { channel, session } of [all, few]) {
      if (choice % 5) while (channel.arrive());
      if (choice % 3) channel.pending.shift()?.succeed()
      await turn()
      session.flush()
    }
    for (const { id } of few.session.getSnapshot().entries) known.add(id)
    letGo = Math.max(letGo, known.size - few.session.getSnapshot().entries.length)
  }
  if (all.channel.state === 'suspended') leave([all, few])
  await Promise.all([all.settle(), few.settle()])
  while (advance(0));
  await Promise.all([all.settle(), few.settle()])
  await Promise.all([all.loadAll(), few.loadAll()])
  // A database does not store `start`: a session that read rows places a response by its first known message.
  const inOrder = how.way === 'history' || how.way === 'rewind'
  for (const list of ['entries', 'messages'] as const) {
    const lines = ({ session }: Seat) => session.getSnapshot()[list].map(({ id }) => id)
    if (inOrder) expect(lines(few)).toEqual(lines(all))
    else if (list === 'entries') expect(lines(few).sort()).toEqual(lines(all).sort())
  }
  for (const agent of agents)
    expect(shown(few.session.getResponse(agent.id), agent, how.way)).toEqual(
      shown(all.session.getResponse(agent.id), agent, how.way),
    )
  for (const prompt of prompts)
    if (prompt)
      expect(asked(few.session, prompt, agents, how)).toEqual(asked(all.session, prompt, agents, how))
  return letGo
}

describe('the option `keep`', () => {
  test('after loadOlder() until nothing is older, a session shows what one without the option shows', async () => {
    let letGo = 0
    await fc.assert(
      fc.asyncProperty(conversations, async (how) => {
        letGo += await live(how)
      }),
      { numRuns: runs, ...(soak === undefined && { seed: 20_261_129 }) },
    )
    expect(letGo).toBeGreaterThan(runs)
  })
})

/** A session over a channel whose history has every message. */
function direct(keep?: number) {
  const channel = new DirectChannel()
  const session = createSession({
    channel: channel.asChannel(),
    presence: false,
    hydrate: history({ limit: 10 }),
    schedule: () => () => {},
    ...(keep !== undefined && { keep: keepNewest(keep) }),
  })
  const say = (messages: readonly InboundMessage[]) => {
    for (const message of messages) {
      channel.past = [message, ...channel.past]
      channel.deliver(message)
    }
    session.flush()
  }
  return { channel, session, say, answer: (id: string) => say(wholeMessage(id, `Text of ${id}.`)) }
}

const ids = (session: Session) => session.getSnapshot().messages.map(({ id }) => id)
const named = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `a${from + i}`)

async function answered(keep: number, count: number) {
  const all = direct(keep)
  await all.session.ready
  for (const id of named(0, count)) all.answer(id)
  return all
}

describe('what is let go', () => {
  test('is the oldest, a quarter at a time; it leaves nothing behind, and the list is published once', async () => {
    const { session, answer } = await answered(8, 9)
    let published = 0
    session.subscribe(() => published++)
    answer('a9')
    const usually = published
    expect(ids(session)).toEqual(named(0, 10))
    answer('a10')
    expect(published).toBe(2 * usually)
    expect(ids(session)).toEqual(named(3, 11))
    expect(session.getSnapshot().hasOlder).toBe(true)
    expect(named(0, 3).map((id) => session.getResponse(id))).toEqual([undefined, undefined, undefined])
    while (session.getSnapshot().hasOlder) await session.loadOlder()
    expect(ids(session)).toEqual(named(0, 11))
    expect(session.getResponse('a0')).toMatchObject({ text: 'Text of a0.', verified: true, hasGap: false })
  })

  test('is garbage', async () => {
    const { session, answer } = await answered(8, 10)
    const states = named(0, 3).map((id) => new WeakRef(session.getResponse(id)!))
    answer('a10')
    await turn()
    collectGarbage()
    expect(states.map((state) => state.deref())).toEqual([undefined, undefined, undefined])
  })

  test('is not what loadOlder() has just brought, until as many new messages have come', async () => {
    const { session, answer } = await answered(8, 11)
    while (session.getSnapshot().hasOlder) await session.loadOlder()
    answer('a11')
    answer('a12')
    expect(ids(session)).toEqual(named(0, 13))
    answer('a13')
    expect(ids(session)).toEqual(named(6, 14))
  })

  test('is nothing that is looked at, and nothing after it', async () => {
    const { session, answer } = await answered(4, 4)
    const stop = session.subscribeResponse('a2', () => {})
    for (const id of named(4, 20)) answer(id)
    expect(ids(session)).toEqual(named(2, 20))
    stop()
    for (const id of named(20, 30)) answer(id)
    expect(ids(session)).toEqual(named(26, 30))
  })

  test('is nothing that streams, no prompt of what stays, and none that the channel does not have', async () => {
    const { session, say, answer, channel } = direct(2)
    Object.assign(channel, { publish: () => Promise.reject(new Error('away')) })
    await session.ready
    await session.sendMessage({ text: 'Lost', promptId: 'lost' }).catch(() => {})
    const prompt = { name: 'user-input', data: { promptId: 'asked', text: '?' }, clientId: 'user' }
    const { first, last } = deliveriesOf('message-per-response', 'open', ['Hm'])
    say([{ ...first[0]!, ...prompt, extras: {}, serial: '00', version: { serial: '00' } }])
    say(
      first.map((message) => ({
        ...message,
        extras: { headers: { ...message.extras.headers, promptId: 'asked' } },
      })),
    )
    for (const id of named(0, 6)) answer(id)
    expect(ids(session)).toEqual(
      ['asked', 'open', 'a4', 'a5', 'lost'].filter((id) => ids(session).includes(id)),
    )
    expect(ids(session)).toEqual(expect.arrayContaining(['asked', 'open', 'lost']))
    expect(ids(session)).not.toContain('a0')
    say(last)
    for (const id of named(6, 12)) answer(id)
    expect(ids(session)).not.toContain('open')
    expect(session.getPrompt('asked')).toBeUndefined()
  })

  /** A prompt, and its answer. */
  const turnOf = (n: number, given: object = {}): InboundMessage[] => {
    const [answer, end] = wholeMessage(`a${n}`, `Text ${n}.`)
    const named = { ...answer!.extras.headers, promptId: `p${n}` }
    const prompt = {
      ...answer!,
      name: 'user-input',
      action: 'message.create' as const,
      clientId: 'user',
      extras: {},
    }
    const serial = `${answer!.serial!.slice(0, 14)}!`
    const data = { promptId: `p${n}`, text: `${n}?`, ...given }
    return [
      { ...prompt, data, serial, version: { serial, timestamp: prompt.timestamp } },
      { ...answer!, extras: { headers: named } },
      end!,
    ]
  }

  test('is no prompt of an answer that stays', async () => {
    const { session, say } = direct(3)
    await session.ready
    for (let n = 0; n < 3; n++) say(turnOf(n))
    expect(ids(session)).toEqual(['p1', 'a1', 'p2', 'a2'])
    expect(session.getPrompt('p1')).toMatchObject({ status: 'answered', responseId: 'a1' })
  })

  test('is another version, too, if it would show without what is older', async () => {
    const { session, say } = direct(3)
    await session.ready
    say([
      ...turnOf(0),
      ...turnOf(1, { replaces: 'p0' }),
      ...turnOf(2, { parent: 'a1' }),
      ...turnOf(3, { parent: 'a0' }),
      ...turnOf(4, { parent: 'a2' }),
    ])
    expect(ids(session)).toEqual(['p2', 'a2', 'p4', 'a4'])
    await session.loadOlder()
    expect(ids(session)).toEqual(['p1', 'a1', 'p2', 'a2', 'p4', 'a4'])
    expect(session.getBranch('p1')).toEqual({ versions: ['p0', 'p1'], index: 1 })
  })

  test('is heard again as one whose start is unread, if its agent goes on with it', async () => {
    const { session, say, answer } = direct(2)
    await session.ready
    const { first, tokens, last } = deliveriesOf('message-per-token', 'old', ['One', ' two', ' three'])
    say([...first, tokens[0]!, last[1]!])
    for (const id of named(0, 6)) answer(id)
    expect(session.getResponse('old')).toBeUndefined()
    say([tokens[1]!])
    expect(session.getResponse('old')).not.toMatchObject({ hasGap: false })
    for (let i = 0; i < 9; i++) await turn()
    session.flush()
    const old = session.getResponse('old')
    if (old) expect(old).toMatchObject({ text: 'One two three', hasGap: false })
    while (session.getSnapshot().hasOlder) await session.loadOlder()
    expect(session.getResponse('old')).toMatchObject({ text: 'One two three', hasGap: false })
  })

  test('comes back from the database where the channel does not have it any more', async () => {
    const channel = new DirectChannel()
    const rows = named(0, 30).map((id, i) => ({ id, role: 'assistant' as const, text: id, createdAt: i + 1 }))
    const pages: (string | undefined)[] = []
    const session = createSession({
      channel: channel.asChannel(),
      presence: false,
      keep: keepNewest(8),
      schedule: () => () => {},
      hydrate: seed({
        load: (cursor = '30') => {
          pages.push(cursor)
          const end = Number(cursor)
          const from = Math.max(0, end - 5)
          return Promise.resolve({ rows: rows.slice(from, end), ...(from > 0 && { cursor: String(from) }) })
        },
      }),
    })
    await session.ready
    while (session.getSnapshot().hasOlder) await session.loadOlder()
    expect(ids(session)).toEqual(named(0, 30))
    for (const id of named(30, 33)) {
      for (const message of wholeMessage(id, id)) channel.deliver(message)
      session.flush()
    }
    expect(ids(session)).toEqual(named(25, 33))
    pages.length = 0
    await session.loadOlder()
    // The newest page holds nothing that does not show.
    expect(pages).toEqual(['30', '25'])
    expect(ids(session)).toEqual(named(20, 33))
    while (session.getSnapshot().hasOlder) await session.loadOlder()
    expect(ids(session)).toEqual(named(0, 33))
    expect(session.getResponse('a0')).toMatchObject({ text: 'a0', status: 'complete' })
  })
})

test.each([0, -1, 1.5, Number.NaN, '8' as never])('keepNewest(%s) is refused', (count) => {
  expect(() => keepNewest(count)).toThrow('unable to keep the newest messages; their number must be whole')
})
