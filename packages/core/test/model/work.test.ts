import { EventEmitter } from 'eventemitter3'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Deliveries } from './deliveries.ts'
import { deliveriesOf, makeTokens, wholeMessage } from './deliveries.ts'
import { DirectChannel } from './directChannel.ts'
import { Conversation } from '../../src/response/conversation.ts'
import { fates } from '../../src/response/fate.ts'
import { Response } from '../../src/response/response.ts'
import { Table } from '../../src/response/table.ts'
import { Run } from '../../src/text/run.ts'
import { seed } from '../../src/past/seed.ts'
import type { Hydrator } from '../../src/past/hydrator.ts'
import { createSession } from '../../src/session/session.ts'
import { createTurns } from '../../src/view/turns.ts'
import type { ResponseListener } from '../../src/types/types.ts'

/**
 * Speed, guarded by counting work instead of time, so that a busy machine cannot fail it: how often snapshots are
 * made, listeners called, frames asked for and tokens folded into the text.
 */

const TOKENS = 1_000
const FRAME = 64
const FRAMES = Math.ceil(TOKENS / FRAME)

/** A session that counts what it does; frames come when the test says so. */
async function counted(
  hydrate: Hydrator = { load: () => Promise.resolve() },
  past = new DirectChannel().past,
  waits = true,
) {
  const channel = new DirectChannel()
  channel.past = past
  let pending: (() => void) | undefined
  const counts = { frames: 0, list: 0 }
  const session = createSession({
    channel: channel.asChannel(),
    presence: false,
    hydrate,
    schedule: (flush) => {
      counts.frames++
      pending = flush
      return () => (pending = undefined)
    },
  })
  session.subscribe(() => void counts.list++)
  if (waits) await session.ready
  const frame = () => {
    const flush = pending
    pending = undefined
    flush?.()
  }
  const watch = (id: string) => {
    const seen = { calls: 0, appended: '', snapshots: new Set<unknown>() }
    const listener: ResponseListener = (changes) => {
      seen.calls++
      seen.snapshots.add(session.getResponse(id))
      for (const change of changes)
        if (change.part !== undefined && 'appended' in change) seen.appended += change.appended
    }
    session.subscribeResponse(id, listener)
    return seen
  }
  /** Delivers in frames of `FRAME`. */
  const play = (messages: Deliveries['tokens']) => {
    messages.forEach((message, i) => {
      channel.deliver(message)
      if ((i + 1) % FRAME === 0) frame()
    })
    frame()
  }
  return { session, channel, counts, frame, watch, play }
}

const patterns = ['message-per-response', 'message-per-token'] as const

afterEach(() => vi.restoreAllMocks())

/** Counts the operations that reach a text: one a token, when all is well. */
function countAppends() {
  return vi.spyOn(Run.prototype, 'append').mock.calls
}

describe.each(patterns)('work per token, %s', (pattern) => {
  const answer = (id: string, tokens = TOKENS) => deliveriesOf(pattern, id, makeTokens(tokens + 1))

  test('publishes a response once a frame and the list never', async () => {
    const { session, channel, counts, frame, watch, play } = await counted()
    const quiet = answer('quiet')
    const { first, tokens, last, text } = answer('busy')
    for (const message of [...quiet.first, ...first]) channel.deliver(message)
    frame()
    const seen = watch('busy')
    const others = watch('quiet')
    const untouched = session.getResponse('quiet')
    const list = session.getSnapshot()
    Object.assign(counts, { frames: 0, list: 0 })
    const appends = countAppends()
    const begin = session.getResponse('busy')!.text.length

    play(tokens)

    expect(seen.calls).toBe(FRAMES)
    expect(seen.snapshots.size).toBe(FRAMES)
    expect(counts).toEqual({ frames: FRAMES, list: 0 })
    expect(others.calls).toBe(0)
    expect(session.getResponse('quiet')).toBe(untouched)
    expect(session.getSnapshot()).toBe(list)
    expect(appends.length).toBeLessThanOrEqual(TOKENS)
    expect(seen.appended).toBe(text.slice(begin))

    // The end is not kept waiting for a frame, and comes in one piece with the status.
    for (const message of last) channel.deliver(message)
    expect(seen.calls).toBeLessThanOrEqual(FRAMES + 2)
    expect(session.getResponse('busy')).toMatchObject({ status: 'complete', verified: true, text })
  })

  test('a token and its frame look up one thing: who watches its response', async () => {
    const { session, channel, frame } = await counted()
    const { first, tokens } = answer('busy', 100)
    for (const message of first) channel.deliver(message)
    frame()
    let told = 0
    session.subscribeResponse('busy', () => void told++)
    const calls = countCalls(() => {
      for (const message of tokens) {
        channel.deliver(message)
        frame()
      }
    })
    expect(told).toBe(tokens.length)
    // The first one also finds who reads it, and its place.
    expect(calls).toBeLessThanOrEqual(tokens.length + 4)
  })

  test('a token makes no event: it is compared with the one before, and asks no emitter who listens', async () => {
    const { channel, frame } = await counted()
    const { first, tokens } = answer('busy', 100)
    for (const message of first) channel.deliver(message)
    frame()
    const asked = vi.spyOn(EventEmitter.prototype, 'listenerCount').mock.calls
    const events = vi.spyOn(Conversation.prototype, 'applyText').mock.calls
    let reads = 0
    const get = (headers: object, name: string): unknown => {
      reads++
      return headers[name as never]
    }
    for (const { extras, ...message } of tokens)
      channel.deliver({ ...message, extras: { headers: new Proxy(extras.headers, { get }) } })
    frame()
    expect(asked).toHaveLength(0)
    expect(events.length).toBeLessThanOrEqual(2)
    // Of each, every header is read once, and once more for the next one; a copy of them would be read of more.
    expect(reads).toBeLessThanOrEqual(17 * tokens.length)
  })

  test('tells nobody of what it knows already', async () => {
    const { channel, counts, frame, watch } = await counted()
    const { first, tokens, last } = answer('again', 100)
    const all = [...first, ...tokens, ...last]
    for (const message of all) channel.deliver(message)
    frame()
    const seen = watch('again')
    Object.assign(counts, { frames: 0, list: 0 })
    for (const message of all) channel.deliver(message)
    frame()
    expect(seen.calls).toBe(0)
    expect(counts.list).toBe(0)
  })

  test('folds late arrivals once a frame, over a bounded window', async () => {
    const { session, channel, frame, play } = await counted()
    const { first, tokens, text } = answer('shuffled', 4_000)
    for (const message of first) channel.deliver(message)
    frame()
    const fold = vi.spyOn(Run.prototype, 'fold').mock.calls
    const swapped = tokens.flatMap((_, i) => (i % 2 ? [tokens[i]!, tokens[i - 1]!] : []))
    play(swapped)
    expect(session.getResponse('shuffled')!.text).toBe(text)
    // What arrives late waits for the frame: the text is brought up to date once for all of it.
    expect(fold.length).toBeLessThanOrEqual(2 * Math.ceil(4_000 / FRAME) + 4)
  })

  test('publishes a late join once, however much there is', async () => {
    const { first, tokens } = answer('late', 10_000)
    const past = [...first, ...tokens].reverse()
    const { session, counts } = await counted({ load: (p) => Promise.resolve(p.apply(past)) })
    expect(session.getResponse('late')!.text.length).toBeGreaterThan(50_000)
    expect(counts.list).toBe(1)
  })
})

/** Calls of what finds its way through maps, sets and lists: of a growing text, all that is known is at hand. */
function countCalls(work: () => void): number {
  const spies = [
    ...(['get', 'has', 'set'] as const).map((name) => vi.spyOn(Map.prototype, name)),
    ...(['add', 'has', 'delete'] as const).map((name) => vi.spyOn(Set.prototype, name)),
    ...(['map', 'flatMap', 'filter', 'some', 'every', 'find', 'findLast', 'concat', 'sort'] as const).map(
      (name) => vi.spyOn(Array.prototype, name),
    ),
  ]
  // Making spies looks, too.
  for (const spy of spies) spy.mockClear()
  work()
  const calls = spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0)
  for (const spy of spies) spy.mockRestore()
  return calls
}

/** Lines, prompts and members that something looks at: in maps by their keys, in arrays one after another. */
function countLooks(work: () => void): number {
  let looks = 0
  const maps = (['get', 'has', 'set'] as const).map((name) => vi.spyOn(Map.prototype, name))
  const arrays = (['map', 'every', 'filter', 'some', 'concat', 'toSorted'] as const).map((name) => {
    const original = Array.prototype[name] as (...args: unknown[]) => unknown
    return vi.spyOn(Array.prototype, name).mockImplementation(function (this: unknown[], ...args: unknown[]) {
      looks += this.length
      return original.apply(this, args)
    } as never)
  })
  work()
  looks += maps.reduce((sum, spy) => sum + spy.mock.calls.length, 0)
  for (const spy of [...maps, ...arrays]) spy.mockRestore()
  return looks
}

const promptMessage = (id: string) => {
  const [{ serial, version, timestamp, action } = {}] = wholeMessage(id, '')
  return {
    name: 'user-input',
    data: { promptId: id, text: 'A question.' },
    serial,
    version,
    timestamp,
    action,
  }
}

describe('work per message of a long conversation', () => {
  /** Looks for 20 prompts and their answers, each in a frame, after this many. */
  async function looksAfter(count: number): Promise<number> {
    const past = Array.from({ length: count }, (_, i) => [
      promptMessage(`p-${i}`),
      ...wholeMessage(`r-${i}`, 'An answer.'),
    ]).flat() as ReturnType<typeof wholeMessage>
    const { session, channel, frame } = await counted({ load: (p) => Promise.resolve(p.apply(past)) })
    expect(session.getSnapshot().messages).toHaveLength(2 * count)
    const looks = countLooks(() => {
      for (let i = 0; i < 20; i++)
        for (const message of [
          promptMessage(`q-${i}`) as (typeof past)[number],
          ...wholeMessage(`s-${i}`, 'One more.'),
        ]) {
          channel.deliver(message)
          frame()
        }
    })
    expect(session.getSnapshot().messages).toHaveLength(2 * count + 40)
    return looks
  }

  test('a message costs its own place, however many there are', async () => {
    const short = await looksAfter(10)
    const long = await looksAfter(2_000)
    expect(long).toBeLessThan(1.3 * short)
  })
})

/** Objects that immer drafts. */
function countDrafts(): { count: number; restore(): void } {
  const { revocable } = Proxy
  const drafts = { count: 0, restore: () => void (Proxy.revocable = revocable) }
  Proxy.revocable = ((...given: Parameters<typeof revocable>) => {
    drafts.count++
    return revocable(...given)
  }) as typeof revocable
  return drafts
}

describe('work per answer that is over at once', () => {
  test('one change of the list, and no draft', async () => {
    const { session, channel, counts, frame } = await counted()
    counts.list = 0
    const tables = vi.spyOn(Table.prototype, 'with').mock.calls
    const drafts = countDrafts()
    const looks = countLooks(() => {
      for (let i = 0; i < 20; i++) {
        for (const message of wholeMessage(`s-${i}`, 'One more.')) channel.deliver(message)
        frame()
      }
    })
    drafts.restore()
    expect(session.getSnapshot().messages).toHaveLength(20)
    // Once, when it is over: nobody sees its text done and its end to come.
    expect(counts.list).toBe(20)
    // The list, the prompts and their fates.
    expect(tables).toHaveLength(3 * 20)
    expect(drafts.count).toBe(0)
    expect(looks / 20).toBeLessThan(62)
  })
})

describe('work per message of many responses that stream at once', () => {
  /** Looks for a token of 20 responses and their ends, each in a frame, among this many. */
  async function looksAmong(count: number): Promise<number> {
    const all = Array.from({ length: count }, (_, i) =>
      deliveriesOf('message-per-token', `r-${i}`, makeTokens(3)),
    )
    const { session, channel, frame } = await counted()
    for (const message of all.flatMap(({ first }) => first)) channel.deliver(message)
    frame()
    const looks = countLooks(() => {
      for (const { tokens, last } of all.slice(-20))
        for (const message of [...tokens, ...last]) {
          channel.deliver(message)
          frame()
        }
    })
    expect(session.getSnapshot().isStreaming).toBe(count > 20)
    return looks
  }

  test('a message costs its own response, however many stream', async () => {
    const few = await looksAmong(21)
    const many = await looksAmong(1_000)
    expect(many).toBeLessThan(1.3 * few)
  })
})

describe('work per member', () => {
  /** Looks for each of this many members that come in one frame. */
  async function looksFor(count: number): Promise<number> {
    let come: (member: object) => void = () => {}
    const presence = {
      subscribe: (listener: typeof come) => Promise.resolve(void (come = listener)),
      unsubscribe: () => {},
      get: () => Promise.resolve([]),
    }
    const channel = Object.assign(new DirectChannel(), { presence })
    let pending: (() => void) | undefined
    const session = createSession({
      channel: channel.asChannel(),
      hydrate: { load: () => Promise.resolve() },
      schedule: (flush) => ((pending = flush), () => (pending = undefined)),
    })
    await session.ready
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    const looks = countLooks(() => {
      for (let i = 0; i < count; i++)
        come({ clientId: `user-${i}`, connectionId: `c-${i}`, action: 'enter', data: {}, timestamp: i + 1 })
      pending?.()
    })
    expect(session.getSnapshot().users).toHaveLength(count)
    session.close()
    return looks / count
  }

  test('a member costs the same, however many there are', async () => {
    const few = await looksFor(100)
    const many = await looksFor(10_000)
    expect(many).toBeLessThan(1.3 * few)
  })
})

describe('work per message of the past', () => {
  test('publishes rows once', async () => {
    const rows = Array.from({ length: 1_000 }, (_, i) => ({
      id: `row-${i}`,
      role: 'assistant' as const,
      text: 'An answer.',
      createdAt: i + 1,
    }))
    const { session, counts } = await counted(seed({ load: () => Promise.resolve({ rows }) }))
    expect(session.getSnapshot().messages).toHaveLength(1_000)
    expect(counts.list).toBe(1)
  })

  test('looks a few times at each row, and sorts none that come in order', () => {
    const looksFor = (count: number) => {
      const initialRows = Array.from({ length: count }, (_, i) => ({
        id: `row-${i}`,
        role: 'assistant' as const,
        text: 'An answer.',
        createdAt: i + 1,
      }))
      const sorts = vi.spyOn(Array.prototype, 'sort')
      const looks = countLooks(() => {
        const { messages } = createSession({ channelName: 'rows', initialRows }).getSnapshot()
        expect(messages).toHaveLength(count)
      })
      expect(sorts).not.toHaveBeenCalled()
      sorts.mockRestore()
      return looks / count
    }
    expect(looksFor(2_000)).toBeLessThan(1.1 * looksFor(100))
    expect(looksFor(2_000)).toBeLessThan(9)
  })

  test('derives what became of a prompt once, when its row and its answer have come', async () => {
    const outcomes = vi.spyOn(fates, 'outcomeOf').mock.calls
    const rows = Array.from({ length: 1_000 }, (_, i) => ({
      id: `${i % 2 === 0 ? 'p' : 'r'}-${i}`,
      role: i % 2 === 0 ? ('user' as const) : ('assistant' as const),
      text: 'Words.',
      createdAt: i + 1,
      ...(i % 2 === 1 && { promptId: `p-${i - 1}` }),
    }))
    const { session } = await counted(seed({ load: () => Promise.resolve({ rows }) }))
    expect(session.getSnapshot().messages.map(({ id }) => id)).toEqual(rows.map(({ id }) => id))
    expect(session.getPrompt('p-0')).toMatchObject({ status: 'answered', responseId: 'r-1' })
    expect(outcomes).toHaveLength(500)
  })

  test('makes the responses of rows that somebody asks for', async () => {
    const made = vi.spyOn(Response.prototype, 'refresh').mock.calls
    const rows = Array.from({ length: 1_000 }, (_, i) => ({
      id: `row-${i}`,
      role: 'assistant' as const,
      parts: [{ type: 'text', text: `Answer ${i}.`, serial: `0-${i}` }],
      createdAt: i + 1,
    }))
    const { session } = await counted(seed({ load: () => Promise.resolve({ rows }) }))
    expect(session.getSnapshot().messages.map(({ id }) => id)).toEqual(rows.map(({ id }) => id))
    expect(made).toHaveLength(0)
    for (const i of [0, 500, 999, 500])
      expect(session.getResponse(`row-${i}`)).toMatchObject({ status: 'complete', text: `Answer ${i}.` })
    expect(session.getResponse('row-7')).toBe(session.getResponse('row-7'))
    expect(made).toHaveLength(4)
  })

  test('makes the responses of history that somebody asks for', async () => {
    const made = vi.spyOn(Response.prototype, 'refresh').mock.calls
    const ids = Array.from({ length: 1_000 }, (_, i) => `h-${i}`)
    const { session, counts } = await counted(
      { load: async (p) => void (await p.readHistory({ limit: 100, maxPages: 100, enough: () => false })) },
      ids.flatMap((id) => wholeMessage(id, `Answer ${id}.`)).reverse(),
    )
    expect(counts.list).toBe(1)
    expect(session.getSnapshot().messages.map(({ id }) => id)).toEqual(ids)
    expect(made).toHaveLength(0)
    for (const id of ['h-0', 'h-500', 'h-999', 'h-500'])
      expect(session.getResponse(id)).toMatchObject({
        status: 'complete',
        verified: true,
        text: `Answer ${id}.`,
      })
    expect(session.getResponse('h-7')).toBe(session.getResponse('h-7'))
    expect(made).toHaveLength(4)
  })

  test('looks a few times at each message of history that is an answer or its end', async () => {
    const looksFor = async (count: number) => {
      const past = Array.from({ length: count }, (_, i) => wholeMessage(`h-${i}`, 'An answer.')).flat()
      let looks = 0
      await counted({
        load: (p) => {
          looks = countLooks(() => p.apply(past))
          return Promise.resolve()
        },
      })
      return looks / past.length
    }
    expect(await looksFor(2_000)).toBeLessThan(1.1 * (await looksFor(100)))
    expect(await looksFor(2_000)).toBeLessThan(12)
  })

  test('what is read a second time makes no response', async () => {
    const made = vi.spyOn(Response.prototype, 'refresh').mock.calls
    const past = Array.from({ length: 300 }, (_, i) => wholeMessage(`h-${i}`, 'An answer.')).flat()
    const { session } = await counted({
      load: (p) => Promise.resolve([past, past.slice(0, 100)].forEach((page) => p.apply(page))),
    })
    expect(session.getSnapshot().messages).toHaveLength(300)
    expect(made).toHaveLength(0)
  })

  test('a response that is watched is made when history brings it, and told of once', async () => {
    const made = vi.spyOn(Response.prototype, 'refresh').mock.calls
    const past = Array.from({ length: 50 }, (_, i) => wholeMessage(`h-${i}`, 'An answer.')).flat()
    let show = () => {}
    const { session, watch } = await counted(
      {
        load: (p) => new Promise((resolve) => (show = () => resolve(p.apply(past)))),
      },
      undefined,
      false,
    )
    const seen = watch('h-7')
    show()
    await session.ready
    expect(seen.calls).toBe(1)
    expect(session.getResponse('h-7')).toMatchObject({ text: 'An answer.' })
    expect(made).toHaveLength(1)
  })

  test('turns make no response of a row', async () => {
    const made = vi.spyOn(Response.prototype, 'refresh').mock.calls
    const rows = Array.from({ length: 500 }, (_, i) => [
      { id: `ask-${i}`, role: 'user' as const, text: 'A question.', createdAt: 2 * i + 1 },
      {
        id: `row-${i}`,
        role: 'assistant' as const,
        text: 'An answer.',
        createdAt: 2 * i + 2,
        ...(i % 2 && { promptId: `ask-${i}` }),
      },
    ]).flat()
    const { session } = await counted(seed({ load: () => Promise.resolve({ rows }) }))
    const turns = createTurns(session)
    expect(turns.getSnapshot()).toHaveLength(500)
    expect(turns.getSnapshot()[7]).toMatchObject({ promptId: 'ask-7', responseIds: ['row-7'] })
    expect(made).toHaveLength(0)
    expect([session.getResponsePromptId('row-7'), session.getResponsePromptId('row-8')]).toEqual([
      'ask-7',
      null,
    ])
  })

  test('publishes a page of history once, and each response keeps its snapshot from then on', async () => {
    const past = Array.from({ length: 500 }, (_, i) => wholeMessage(`h-${i}`, 'An answer.')).flat()
    const { session, counts, channel, frame } = await counted({ load: (p) => Promise.resolve(p.apply(past)) })
    expect(counts.list).toBe(1)
    const snapshots = session.getSnapshot().messages.map(({ id }) => session.getResponse(id))
    const { first, tokens } = deliveriesOf('message-per-response', 'live', makeTokens(50))
    for (const message of [...first, ...tokens]) channel.deliver(message)
    frame()
    expect(counts.list).toBe(2)
    const now = session.getSnapshot().messages.map(({ id }) => session.getResponse(id))
    expect(now.slice(0, 500).every((snapshot, i) => snapshot === snapshots[i])).toBe(true)
  })
})

describe('memory of answers', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const retained = () => {
    collect()
    collect()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }

  /** Bytes that some work retains: the least of three times, since what else the process does adds to it. */
  const retainedBy = (work: (round: number) => void): number => {
    const each = [0, 1, 2].map((round) => {
      const before = retained()
      work(round)
      return retained() - before
    })
    return Math.min(...each)
  }

  // Bytes a character; a message for each token keeps the key of each.
  test.each([
    ['message-per-token', 3],
    ['message-per-response', 2.65],
  ] as const)('little beside their text, %s', async (pattern, most) => {
    const { channel, frame } = await counted()
    const tokens = makeTokens(160)
    const answer = (id: string) => {
      const { first, tokens: later, last } = deliveriesOf(pattern, id, tokens)
      for (const message of [...first, ...later, ...last]) channel.deliver(message)
      frame()
    }
    // The first ones also pay for compiled code. So many, that what comes to be beside them hardly counts.
    for (let i = 0; i < 400; i++) answer(`warm-${i}`)
    const bytes = retainedBy((day) => {
      for (let i = 0; i < 1_000; i++) answer(`day-${day}-${i}`)
    })
    expect(bytes / 1_000 / tokens.join('').length).toBeLessThan(most)
  })

  // The engine keeps 54 bytes for each token of a text that it has not joined, beside its key.
  test.each([
    ['message-per-token', 24],
    ['message-per-response', 16],
  ] as const)('a streaming text takes little more than its characters, %s', async (pattern, most) => {
    const { channel, frame, session } = await counted()
    const stream = (id: string) => {
      const { first, tokens, text } = deliveriesOf(pattern, id, makeTokens(20_000))
      for (const message of [...first, ...tokens]) channel.deliver(message)
      frame()
      return text.length
    }
    stream('warm')
    const lengths: number[] = []
    const bytes = retainedBy((round) => lengths.push(stream(`streams-${round}`)))
    expect(bytes / 20_000).toBeLessThan(most)
    lengths.forEach((length, round) =>
      expect(session.getResponse(`streams-${round}`)!.text).toHaveLength(length),
    )
  })
})
