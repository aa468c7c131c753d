import { afterEach, describe, expect, test, vi } from 'vitest'
import { ChannelModel, toMessage } from '../../test/model/channelModel.ts'
import { ModelChannel } from '../../test/model/modelChannel.ts'
import { checksum } from '../protocol/checksum.ts'
import { createSession, history, rewind, seed } from '../index.ts'
import type { Hydrator, Row, SeedPage, Session } from '../index.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A session on a model of a channel, every answer and delivery at the test's word. */
class Scene {
  readonly model = new ChannelModel()
  channel!: ModelChannel
  session!: Session

  open(hydrate: Hydrator, way: { rewind?: number; attachLater?: boolean; presence?: boolean } = {}): void {
    this.channel = new ModelChannel(this.model, { rewind: way.rewind, bare: false, rewindCounts: false })
    if (way.attachLater) this.channel.attach = () => new Promise(() => {})
    this.join(hydrate, way.presence)
  }

  /** Opens a session on the channel as it is. */
  join(hydrate: Hydrator, presence = false): void {
    const channel = this.channel.asChannel()
    this.session = createSession({ channel, hydrate, presence, schedule: () => () => {} })
    this.session.ready.catch(() => {})
  }

  token(data: string, responseId: string, rest: Record<string, string> = {}): string {
    return this.model.create({ name: 'token', data, headers: { responseId, ...rest } })
  }

  say(name: string, responseId: string): string {
    return this.model.create({ name, headers: { responseId } })
  }

  async settle(answers = Number.POSITIVE_INFINITY): Promise<void> {
    for (let still = 0; still < 4; still++) {
      await turn()
      while (this.channel.arrive()) still = 0
      if (answers-- > 0 && this.channel.pending.length) {
        still = 0
        this.channel.pending.shift()!.succeed()
      }
    }
    this.session.flush()
  }

  /** Answers so many requests; messages stay on their way. */
  async settlePages(answers: number): Promise<void> {
    for (let i = 0; i <= answers; i++) {
      for (let still = 0; still < 4; still++) await turn()
      expect(this.channel.pending).toHaveLength(1)
      if (i < answers) this.channel.pending.shift()!.succeed()
    }
  }

  /** Opens a session that rewinds so many messages, after the first token of `r`. */
  async openAfterOne(rewound: number): Promise<void> {
    this.say('start', 'r')
    this.token('One', 'r')
    this.open(rewind(rewound, { limit: 1 }), { rewind: rewound })
    this.channel.attached({ rewinds: false })
    await turn()
  }

  /** `loadOlder()` until nothing is older. */
  async loadAll(): Promise<void> {
    for (let i = 0; i < 100 && this.session.getSnapshot().hasOlder; i++) {
      const older = this.session.loadOlder()
      await this.settle()
      await older
    }
  }

  response(id: string) {
    return this.session.getResponse(id)
  }
}

let scene = new Scene()
afterEach(() => {
  scene.session.close()
  scene = new Scene()
})

/** What the model of a whole channel found (laws.test.ts), each as the shortest case that shows it. */
describe('what is shown stays', () => {
  test('a response that was shown ends, though what it lost in between cannot be read', async () => {
    scene.open(history({ limit: 100 }))
    await scene.settle()
    scene.say('start', 'r')
    scene.token('Hello', 'r')
    await scene.settle()
    const refused = Object.assign(new Error('not permitted'), { code: 40160, statusCode: 401 })
    scene.channel.history = () => Promise.reject(refused)
    scene.channel.outage()
    scene.channel.attached()
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ status: 'streaming', text: 'Hello' })
    scene.say('stop', 'r')
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ status: 'complete', text: 'Hello', hasGap: true })
  })
})

describe('a response that ends while nobody reads what was lost of it', () => {
  test('keeps the past from counting as whole', async () => {
    let loaded = () => {}
    const { load, loadOlder } = history()
    const again = new Promise<void>((resolve) => (loaded = resolve))
    scene.open({ load: (past) => (past.again ? again : load(past)), loadOlder: loadOlder! })
    await scene.settle()
    scene.say('start', 'r')
    scene.token('Hello', 'r')
    await scene.settle()
    scene.channel.outage()
    scene.token(' world', 'r')
    scene.channel.attached()
    scene.say('stop', 'r')
    await scene.settle()
    loaded()
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ status: 'complete', hasGap: true })
    expect(scene.session.getSnapshot().hydration).toBe('bounded')
    await scene.loadAll()
    expect(scene.response('r')).toMatchObject({ text: 'Hello world', hasGap: false })
  })
})

describe('a page of history that is ahead of the connection', () => {
  test('leaves a new message to the connection: it shows while older pages are being read', async () => {
    scene.token('a', 'old')
    scene.channel = new ModelChannel(scene.model, { rewind: undefined, bare: false, rewindCounts: false })
    // Attached before the session began: its history starts at the newest message, not at the point of attach.
    scene.channel.attached()
    scene.channel.attachPointGone = true
    let read = () => {}
    const reads = new Promise<void>((resolve) => (read = resolve))
    const { load } = history({ limit: 1 })
    scene.join({ load: (past) => reads.then(() => load(past)) })
    await turn()
    scene.token('b', 'old')
    scene.channel.slow.add('next')
    scene.token('New', 'next', { rejoin: '1', part: '0', end: '3' })
    read()
    await scene.settlePages(1)
    scene.channel.arrive()
    scene.session.flush()
    expect(scene.response('next')).toMatchObject({ text: 'New', hasGap: false })
  })
})

describe('a message that the application brings while the connection is away', () => {
  test('does not stand for those before it', async () => {
    const { load } = history({ limit: 1 })
    scene.open({
      load,
      loadOlder: (past) => {
        const newest = scene.model.log.at(-1)!
        past.apply([toMessage(newest, newest.action, newest.data)])
        return Promise.resolve(false)
      },
    })
    await scene.settle()
    scene.say('start', 'r')
    scene.token('He', 'r')
    await scene.settle()
    scene.channel.outage()
    for (const text of ['l', 'lo']) scene.token(text, 'r')
    await scene.session.loadOlder()
    scene.channel.attached()
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ text: 'Hello', hasGap: false })
  })
})

describe('a page that comes after its reading was given up', () => {
  test('is completed where it brings the end of an open response', async () => {
    for (const text of ['Hel', 'l', 'o']) scene.token(text, 'r')
    scene.say('start', 'x')
    scene.say('stop', 'x')
    const { load, loadOlder } = history({ limit: 2, maxPages: 1 })
    let asked = 0
    scene.open({ load, loadOlder: (past) => (asked++ ? Promise.resolve(false) : loadOlder!(past)) })
    await scene.settle()
    void scene.session.loadOlder()
    await turn()
    const late = scene.channel.pending.shift()!
    scene.channel.outage()
    scene.channel.attached()
    await scene.settle()
    expect([asked, scene.response('r')]).toEqual([2, undefined])
    late.succeed()
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ text: 'Hello', hasGap: false })
    expect(scene.session.getSnapshot().hydration).toBe('whole')
  })
})

describe('what a session shows that may not read the past', () => {
  test('is what it hears, also when that ends', async () => {
    scene.open(history())
    const refused = Object.assign(new Error('not permitted'), { code: 40160, statusCode: 401 })
    scene.channel.history = () => Promise.reject(refused)
    await scene.settle()
    scene.token('Hello', 'r')
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ status: 'streaming', text: 'Hello', hasGap: true })
    scene.say('stop', 'r')
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ status: 'complete', text: 'Hello', hasGap: true })
  })
})

describe('what a loss of continuity leaves open', () => {
  const ours = { rejoin: '1', part: '0' }

  test('the end of a text that something follows, until history has been read', async () => {
    scene.open(history({ limit: 100 }))
    await scene.settle()
    scene.say('start', 'r')
    scene.token('Hello', 'r', { ...ours, end: '5' })
    await scene.settle()
    scene.channel.outage()
    scene.token(' world', 'r', { ...ours, end: '11' })
    scene.channel.attached()
    scene.token('Hm', 'r', { rejoin: '1', part: '1', end: '2' })
    await scene.settle(0)
    expect(scene.response('r')).toMatchObject({ text: 'HelloHm', hasGap: true, verified: false })
    expect(scene.response('r')!.gaps).toContainEqual(expect.objectContaining({ part: '0', from: 5 }))
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ text: 'Hello worldHm', hasGap: false })
  })

  test('nothing, where the same text is read again, though no agent says any more that it is done', async () => {
    scene.open(history({ limit: 100 }))
    const first = scene.model.create({
      name: 'response',
      data: 'Hello',
      headers: { responseId: 'r', ...ours },
    })
    scene.model.create({ name: 'response-end', headers: { responseId: 'r', ...ours } })
    scene.model.update(first, '[redacted]')
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ text: '[redacted]', hasGap: false })
    scene.channel.outage()
    scene.channel.attached()
    await scene.settle(0)
    scene.model.create({ name: 'data-note', data: 1, headers: { responseId: 'r' } })
    await scene.settle(0)
    expect(scene.response('r')).toMatchObject({ text: '[redacted]', hasGap: true })
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ text: '[redacted]', hasGap: false })
  })

  test.each([
    [
      'a whole answer',
      (scene: Scene) =>
        scene.model.create({ name: 'agent-response', data: 'Hi', headers: { responseId: 'r' } }),
    ],
    [
      'an answer in one token',
      (scene: Scene) => {
        scene.token('Hi', 'r', { ...ours, end: '2' })
        return scene.say('stop', 'r')
      },
    ],
  ])('nothing, where nothing was known: %s', async (_, answer) => {
    scene.open(history({ limit: 2, maxPages: 1 }))
    await scene.settle()
    scene.channel.outage()
    for (const data of 'abcdef') scene.token(data, 'old')
    scene.say('stop', 'old')
    scene.channel.attached()
    await scene.settle()
    answer(scene)
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ status: 'complete', text: 'Hi', hasGap: false })
  })

  test('the beginning of a response, where nothing was known', async () => {
    scene.open(history({ limit: 1 }))
    await scene.settle()
    scene.channel.outage()
    scene.token('a', 'r')
    scene.channel.attached()
    scene.token('b', 'r')
    await scene.settle(0)
    expect(scene.response('r') ?? { hasGap: true }).toMatchObject({ hasGap: true })
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ text: 'ab', hasGap: false })
  })

  test('what came before the end of a response, though that is the next that is heard of it', async () => {
    scene.open(rewind(1, { limit: 100 }), { rewind: 1 })
    scene.token('a', 'r', ours)
    await scene.settle(0)
    scene.channel.outage()
    scene.token('b', 'r', ours)
    scene.say('stop', 'r')
    scene.channel.attached()
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ status: 'complete', text: 'ab', hasGap: false })
  })

  test('nothing of an answer that was asked for before it and comes after: that is read again', async () => {
    scene.say('start', 'r')
    scene.open(history({ limit: 1 }))
    await scene.settle(0)
    scene.channel.outage()
    scene.say('stop', 'r')
    scene.say('start', 'other')
    scene.channel.attached()
    await scene.settle()
    expect(scene.response('other')).toMatchObject({ status: 'streaming' })
    expect(scene.response('r')?.status).not.toBe('streaming')
  })

  test('parts that came before the first one that is known', async () => {
    scene.token('Hello', 'r', ours)
    scene.open(history({ limit: 1, maxPages: 1 }))
    scene.token('Hm', 'r', { rejoin: '1', part: '1', end: '2' })
    scene.token(' ha', 'r', { rejoin: '1', part: '1', end: '5' })
    scene.say('stop', 'r')
    await scene.settle(0)
    expect(scene.response('r') ?? { hasGap: true }).toMatchObject({ hasGap: true })
  })

  test('what a rewind has brought before it broke off is older than what was heard live before it', async () => {
    await scene.openAfterOne(3)
    scene.say('start', 's')
    scene.channel.arrive()
    scene.channel.outage()
    scene.channel.attached()
    // Of the backlog comes the first message only, the beginning of `r`.
    scene.channel.arrive()
    scene.channel.outage()
    scene.token(' two', 'r')
    scene.say('stop', 'r')
    scene.channel.attached()
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ status: 'complete', text: 'One two', hasGap: false })
  })

  test('a rewind that breaks off counts for nothing, also where history does not tell how far it goes', async () => {
    await scene.openAfterOne(4)
    scene.token(' two', 'r')
    scene.say('stop', 'r')
    while (scene.channel.arrive());
    scene.channel.outage()
    scene.channel.attached()
    // Of the backlog comes the beginning of `r`; what it began with is not known to reach the rest.
    scene.channel.arrive()
    scene.channel.outage()
    for (const request of scene.channel.pending.splice(0)) request.fail()
    for (let i = 0; i < 5; i++) await turn()
    scene.session.flush()
    expect(scene.response('r') ?? { hasGap: true }).toMatchObject({ hasGap: true })
    scene.channel.attached()
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ status: 'complete', text: 'One two', hasGap: false })
  })

  test('a rewind goes on where the connection is back in a moment, and ends where history says', async () => {
    scene.say('start', 'r')
    scene.token('One', 'r')
    scene.token(' two', 'r')
    scene.say('stop', 'r')
    scene.open(rewind(4, { limit: 100 }), { rewind: 4 })
    const finished = vi.fn()
    scene.session.on('finish', finished)
    await turn()
    scene.channel.arrive()
    scene.channel.arrive()
    scene.channel.drop()
    // Which message is the last one, history cannot tell now.
    for (const request of scene.channel.pending.splice(0)) request.fail()
    for (let i = 0; i < 5; i++) await turn()
    scene.session.flush()
    expect(scene.session.getSnapshot().hydration).toBe('running')
    scene.channel.resumed()
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ status: 'complete', text: 'One two', hasGap: false })
    // What comes of it then is the past all the same.
    expect(finished).not.toHaveBeenCalled()
  })

  test('history brings what a rewind owes for too long', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    scene.say('start', 'r')
    scene.token('One', 'r')
    scene.token(' two', 'r')
    scene.open(rewind(3, { limit: 100 }), { rewind: 3 })
    await turn()
    scene.channel.arrive()
    await scene.settlePages(1).catch(() => {})
    vi.advanceTimersByTime(60_000)
    vi.useRealTimers()
    for (let i = 0; i < 5; i++) await turn()
    expect(scene.channel.pending).toHaveLength(1)
    scene.channel.pending.shift()!.succeed()
    for (let i = 0; i < 5; i++) await turn()
    scene.session.flush()
    expect(scene.response('r')).toMatchObject({ text: 'One two', hasGap: false })
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ text: 'One two', hasGap: false })
  })

  test('a rewind happens again with every attachment: what it brings is the past', async () => {
    scene.open(rewind(2, { limit: 100 }), { rewind: 2 })
    await scene.settle()
    scene.token('a', 'r')
    await scene.settle()
    scene.channel.outage()
    for (const data of 'bcd') scene.token(data, 'r')
    scene.channel.attached()
    // The newest two come as if they were live; between them and what is known one is missing.
    await scene.settle(1)
    expect(scene.response('r')).toMatchObject({ text: 'a' })
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ text: 'abcd', hasGap: false })
  })
})

describe('a reading that was given up', () => {
  test('holds back nothing once another one has read the past: a prompt is answered when its answer ends', async () => {
    scene.open(history({ limit: 10 }))
    await scene.settle(0)
    scene.channel.outage()
    scene.channel.attached()
    await scene.settle()
    scene.model.create({ name: 'user-input', headers: {}, data: { promptId: 'p', text: 'Why?' } })
    scene.token('Because', 'r', { promptId: 'p' })
    await scene.settle()
    expect(scene.session.getPrompt('p')).toMatchObject({ status: 'answering' })
    scene.say('stop', 'r')
    await scene.settle()
    expect(scene.session.getPrompt('p')).toMatchObject({ status: 'answered' })
  })

  test.each(['the first one', 'loadOlder()', 'one for a head'])('holds nothing back: %s', async (what) => {
    scene.say('start', 'old')
    scene.say('stop', 'old')
    scene.say('start', 'r')
    for (const data of 'ab') scene.token(data, 'r')
    scene.open(history({ limit: 1, maxPages: 100 }))
    if (what !== 'the first one') await scene.settle()
    else await turn()
    const older = what === 'loadOlder()' ? scene.session.loadOlder() : undefined
    if (what === 'one for a head') scene.token('x', 'new')
    await turn()
    const [stuck] = scene.channel.pending.splice(0)
    expect(stuck).toBeDefined()
    scene.channel.outage()
    scene.token('c', 'r')
    scene.say('stop', 'r')
    scene.channel.attached()
    await scene.settle()
    expect(scene.session.getSnapshot().hydration).not.toBe('running')
    expect(scene.response('r')).toMatchObject({ status: 'complete', text: 'abc', hasGap: false })
    expect(scene.session.getSnapshot().messages.map(({ id }) => id)).toContain('r')
    // What it brings at last shows, or is known already.
    stuck!.succeed()
    await scene.settle()
    await older
    await scene.loadAll()
    expect(scene.response('old')).toMatchObject({ status: 'complete' })
  })

  test('takes nothing away from what a newer one reads of the same response', async () => {
    for (const data of 'abcd') scene.token(data, 'r')
    scene.open(history({ limit: 1 }))
    await scene.settle(2)
    const [stuck] = scene.channel.pending.splice(0)
    scene.channel.outage()
    scene.channel.attached()
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ text: 'abcd', hasGap: false })
    const shown = scene.response('r')
    stuck!.succeed()
    await scene.settle()
    expect(scene.response('r')).toBe(shown)
  })
})

describe('what a bound left unread', () => {
  test.each([true, false])('shows with loadOlder(), stamps: %s', async (stamped) => {
    const say = (id: string, tokens: string) => {
      let end = 0
      for (const data of tokens) scene.token(data, id, stamped ? { end: String(++end) } : {})
      scene.say('stop', id)
    }
    say('r0', 'ab')
    scene.open(history({ limit: 3, maxPages: 2 }))
    await scene.settle()
    scene.channel.outage()
    for (const id of ['r1', 'r2', 'r3', 'r4']) say(id, 'abcdef')
    scene.channel.attached()
    await scene.settle()
    expect(scene.session.getSnapshot()).toMatchObject({ hydration: 'bounded', hasOlder: true })
    await scene.loadAll()
    expect(scene.session.getSnapshot()).toMatchObject({ hydration: 'whole', hasOlder: false })
    expect(scene.session.getSnapshot().messages.map(({ id }) => id)).toEqual(['r0', 'r1', 'r2', 'r3', 'r4'])
    for (const id of ['r1', 'r2', 'r3', 'r4'])
      expect(scene.response(id)).toMatchObject({ text: 'abcdef', hasGap: false })
  })

  test('stays known, and is read, when continuity is lost once more', async () => {
    scene.say('start', 'first')
    scene.say('stop', 'first')
    scene.open(history({ limit: 1, maxPages: 2 }))
    await scene.settle()
    for (const id of ['a', 'b']) {
      scene.channel.outage()
      for (const data of 'xyz') scene.token(data, id)
      scene.say('stop', id)
      scene.channel.attached()
      await scene.settle()
      expect(scene.session.getSnapshot()).toMatchObject({ hydration: 'bounded', hasOlder: true })
    }
    await scene.loadAll()
    for (const id of ['a', 'b']) expect(scene.response(id)).toMatchObject({ text: 'xyz', hasGap: false })
    expect(scene.response('first')).toMatchObject({ status: 'complete' })
  })

  test('between the rows of a database and the channel', async () => {
    const rows = [{ id: 'old', role: 'assistant' as const, text: 'Old', createdAt: 1 }]
    scene.model.create({ name: 'response-complete', data: 'Old', headers: { responseId: 'old' } })
    for (const id of ['a', 'b', 'c']) {
      scene.token('x', id)
      scene.say('stop', id)
    }
    scene.open(seed({ load: () => Promise.resolve({ rows }), limit: 1, maxPages: 2 }))
    await scene.settle()
    expect(scene.session.getSnapshot()).toMatchObject({ hydration: 'bounded', hasOlder: true })
    await scene.loadAll()
    expect(scene.session.getSnapshot().messages.map(({ id }) => id)).toEqual(['old', 'a', 'b', 'c'])
  })

  test('by a failure is read when loadOlder() is asked', async () => {
    for (const data of 'abc') scene.token(data, 'r')
    scene.open(history({ limit: 1 }))
    const real = scene.channel.history.bind(scene.channel)
    const refused = Object.assign(new Error('not permitted'), { code: 40160, statusCode: 401 })
    scene.channel.history = () => Promise.reject(refused)
    await scene.settle()
    expect(scene.session.getSnapshot()).toMatchObject({ hydration: 'failed', hasOlder: true })
    await expect(scene.session.loadOlder()).rejects.toThrow('not permitted')
    scene.channel.history = real
    await scene.loadAll()
    expect(scene.session.getSnapshot()).toMatchObject({ hydration: 'whole', hasOlder: false })
    expect(scene.response('r')).toMatchObject({ text: 'abc', hasGap: false })
  })
})

describe('a database that fails', () => {
  test('leaves nothing missing of what began while it did', async () => {
    let fails = true
    const load = () => (fails ? Promise.reject(new Error('away')) : Promise.resolve({ rows: [] }))
    scene.open(seed({ load, limit: 10 }))
    await scene.settle()
    scene.token('a', 'r')
    await scene.settle()
    expect(scene.session.getSnapshot()).toMatchObject({ hydration: 'failed', hasOlder: true })
    fails = false
    await scene.loadAll()
    expect(scene.response('r')).toMatchObject({ text: 'a', hasGap: false })
  })

  test('is no reason not to see who is there', async () => {
    scene.token('a', 'r', { rejoin: '1', part: '0', end: '1' })
    scene.model.leave('agent of r')
    scene.open(seed({ load: () => Promise.reject(new Error('away')), limit: 10 }), { presence: true })
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ status: 'interrupted' })
  })
})

describe('rewind', () => {
  test('of an empty channel knows nothing: what passed while continuity was lost is read', async () => {
    scene.open(rewind(10, { limit: 10 }), { rewind: 10 })
    await scene.settle()
    scene.channel.outage()
    for (const data of 'abc') scene.token(data, 'r')
    scene.say('stop', 'r')
    scene.channel.attached({ rewinds: false })
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ status: 'complete', text: 'abc', hasGap: false })
  })

  test('that begins in the middle of an answer has its head read, though that is over', async () => {
    for (const data of 'abcdef') scene.token(data, 'r')
    scene.say('stop', 'r')
    scene.open(rewind(3, { limit: 2 }), { rewind: 3 })
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ status: 'complete', text: 'abcdef', hasGap: false })
  })
})

describe('a prompt that is published again', () => {
  const prompt = () =>
    scene.model.create({ name: 'user-input', headers: {}, data: { promptId: 'p', text: 'Why?' } })

  test.each([1, 2, 3, 4])('does not begin its answer, in pages of %i', async (limit) => {
    const first = prompt()
    for (const data of 'abcd') scene.token(data, 'r', { promptId: 'p' })
    prompt()
    for (const data of 'efgh') scene.token(data, 'r', { promptId: 'p' })
    scene.open(history({ limit }))
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ text: 'abcdefgh', hasGap: false })
    await scene.loadAll()
    expect(scene.session.getPrompt('p')).toMatchObject({ serial: first })
    expect(scene.session.getSnapshot().messages.map(({ id }) => id)).toEqual(['p', 'r'])
  })
})

describe('an absent agent', () => {
  test('is missed when the channel is back, where it was away before presence history told', async () => {
    scene.token('Hello', 'r', { rejoin: '1', part: '0', end: '5' })
    scene.model.leave('agent of r')
    scene.open(history(), { presence: true })
    const answers: (() => void)[] = []
    const { presence } = scene.channel
    const { history: told } = presence
    presence.history = () => new Promise((resolve) => answers.push(() => resolve(told())))
    await scene.settle()
    expect(answers).toHaveLength(1)
    scene.channel.drop()
    answers[0]!()
    await turn()
    scene.channel.resumed()
    await scene.settle()
    expect(scene.response('r')!.status).toBe('streaming')
    answers[1]!()
    await scene.settle()
    expect(scene.response('r')!.status).toBe('interrupted')
  })

  test('has left also where an edit by somebody else is all that was heard of its answer', async () => {
    const serial = scene.token('Hello', 'r', { rejoin: '1', part: '0', end: '5' })
    scene.model.leave('agent of r')
    scene.open({ load: () => Promise.resolve() }, { presence: true })
    await scene.settle()
    scene.model.update(serial, 'Edited', undefined, 'moderator')
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ status: 'interrupted', text: 'Edited' })
  })

  test('has left the answer that loadOlder() brings', async () => {
    scene.token('a', 'r', { rejoin: '1', part: '0', end: '1', presence: 'enter' })
    scene.model.leave('agent of r')
    scene.say('start', 'other')
    scene.say('stop', 'other')
    scene.open(history({ limit: 2, maxPages: 1 }), { presence: true })
    await scene.settle()
    expect(scene.response('r')).toBeUndefined()
    await scene.loadAll()
    expect(scene.response('r')).toMatchObject({ status: 'interrupted' })
  })
})

describe('an agent that leaves and comes back while the past is being read', () => {
  /** `loadOlder()` has read the newest token of an open answer, and asks for the next page. */
  async function readTheNewest(): Promise<void> {
    for (const [i, data] of ['a', 'b', 'c'].entries())
      scene.token(data, 'r', { rejoin: '1', part: '0', end: String(i + 1), presence: 'enter' })
    scene.say('start', 'other')
    scene.say('stop', 'other')
    const { load } = history({ limit: 2, maxPages: 1 })
    scene.open({ load, loadOlder: history({ limit: 1 }).loadOlder! }, { presence: true })
    await scene.settle()
    void scene.session.loadOlder()
    await scene.settlePages(1)
  }
  const absent = () => scene.session.getSnapshot().agents.length === 0

  test('does not show half of it', async () => {
    scene.model.members.add('agent of r')
    await readTheNewest()
    scene.channel.member('leave', 'agent of r', 'r')
    await scene.settle(0)
    expect([absent(), scene.response('r')]).toEqual([true, undefined])
    scene.channel.member('enter', 'agent of r', 'r')
    await scene.settle(0)
    expect([absent(), scene.response('r')]).toEqual([false, undefined])
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ status: 'streaming', text: 'abc' })
  })
})

describe('reading on', () => {
  const ours = (part: string, more = {}) => ({ rejoin: '1', part, ...more })

  test('goes back to the beginning of a text in several runs, though the first part is known', async () => {
    scene.say('start', 'r')
    scene.token('A', 'r', ours('0', { end: '1' }))
    scene.token('b', 'r', ours('1', { end: '1' }))
    scene.token('', 'r', ours('1', { end: '1', checksum: checksum('b') }))
    scene.token('c', 'r', ours('1.1', { end: '1', phase: 'done' }))
    scene.model.create({ name: 'response-complete', data: 'A', headers: { responseId: 'r', ...ours('0') } })
    scene.say('stop', 'r')
    scene.open(history({ limit: 3 }))
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ text: 'Abc', hasGap: false })
  })

  test('goes back to the first run of a text, though the first part began after it', async () => {
    scene.say('start', 'r')
    scene.token('b', 'r', ours('1', { end: '1' }))
    scene.token('', 'r', ours('1', { end: '1', checksum: checksum('b') }))
    scene.token('A', 'r', ours('0', { end: '1', phase: 'done' }))
    scene.token('c', 'r', ours('1.1', { end: '1', phase: 'done' }))
    scene.say('stop', 'r')
    scene.open(history({ limit: 3 }))
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ text: 'bcA', hasGap: false })
  })
})

describe('loadOlder()', () => {
  test('asked before the channel is attached asks nothing yet: older than what?', async () => {
    scene.token('x', 'r', { rejoin: '1', part: '0', end: '1' })
    scene.open(history({ limit: 1, maxPages: 1 }), { attachLater: true })
    void scene.session.loadOlder().catch(() => {})
    await turn()
    expect(scene.channel.pending).toEqual([])
    scene.channel.attached()
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ text: 'x' })
  })

  test('of a session that is closed before it was ready does nothing', async () => {
    scene.open(history({ limit: 1 }), { attachLater: true })
    const older = scene.session.loadOlder()
    scene.session.close()
    await older
    expect(scene.channel.pending).toEqual([])
  })

  test('misses no page that was being read when continuity was lost', async () => {
    scene.say('start', 'a')
    scene.say('stop', 'a')
    scene.say('start', 'c')
    scene.say('start', 'b')
    scene.say('stop', 'b')
    scene.open(history({ limit: 2 }))
    await scene.settle()
    // It may have begun before: the page with its start and the end of `a` is asked for.
    scene.token('x', 'c')
    await scene.settle(0)
    expect(scene.channel.pending.length).toBe(1)
    scene.channel.outage()
    scene.channel.attached()
    await scene.settle()
    while (scene.session.getSnapshot().hasOlder) {
      const older = scene.session.loadOlder()
      await scene.settle()
      await older
    }
    expect(scene.response('a')).toMatchObject({ status: 'complete', hasGap: false })
  })

  test('asked while the past is being read waits for it', async () => {
    for (const id of ['x', 'y', 'z']) {
      scene.say('start', id)
      scene.token(id, id)
      scene.say('stop', id)
    }
    scene.open(history({ limit: 3, maxPages: 1 }))
    const older = scene.session.loadOlder()
    await scene.settle()
    await older
    expect(scene.session.getSnapshot().messages.map(({ id }) => id)).toEqual(['y', 'z'])
  })

  test('asked while the connection is away shows nothing that is still on its way', async () => {
    scene.open(rewind(1, { limit: 1 }), { rewind: 1 })
    scene.say('start', 'r')
    await scene.settle()
    scene.channel.drop()
    for (const end of ['1', '2']) scene.token('x', 'r', { rejoin: '1', part: '0', end })
    scene.say('stop', 'r')
    void scene.session.loadOlder().catch(() => {})
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ status: 'streaming', text: '' })
    scene.channel.resumed()
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ status: 'complete', text: 'xx', hasGap: false })
  })

  test.each([0, 1])('asked after a loss leaves no gap before what it brings (%i known)', async (known) => {
    scene.open(rewind(1, { limit: 1 }), { rewind: 1 })
    await scene.settle()
    if (known) scene.say('start', 'r')
    await scene.settle()
    scene.channel.outage()
    if (!known) scene.say('start', 'r')
    if (known) scene.token('x', 'r')
    scene.say('start', 'q')
    const older = scene.session.loadOlder()
    await scene.settle()
    if (!known) scene.token('x', 'r')
    scene.say('stop', 'r')
    scene.channel.attached()
    await scene.settle()
    await older
    expect(scene.response('r')).toMatchObject({ status: 'complete', text: 'x', hasGap: false })
  })

  test.each(['token', 'response'])(
    'asks for one page, where a page has whole answers and no prompts: %s',
    async (name) => {
      for (let i = 0; i < 40; i++) {
        const headers = { responseId: `r${i}`, rejoin: '1' }
        if (name === 'token') scene.model.create({ name: 'start', headers })
        const metadata = { end: '4', phase: 'done' }
        const told = { ...headers, part: '0' }
        const serial = scene.model.create({
          name,
          data: 'text',
          headers: name === 'token' ? { ...told, ...metadata } : told,
        })
        if (name === 'response') scene.model.append(serial, '', metadata)
        scene.model.create({ name: name === 'token' ? 'stop' : 'response-end', headers })
      }
      scene.open(history({ limit: 12 }))
      await scene.settle()
      const { length } = scene.session.getSnapshot().entries
      const older = scene.session.loadOlder()
      await scene.settle(1)
      expect(scene.channel.pending).toEqual([])
      await older
      expect(scene.session.getSnapshot().entries.length).toBeGreaterThan(length)
    },
  )

  test('that has reached the beginning of the channel: a new response begins now', async () => {
    scene.open(rewind(1), { rewind: 1 })
    await scene.settle()
    const older = scene.session.loadOlder()
    await scene.settle()
    await older
    scene.model.create({ name: 'response-complete', data: 'All of it', headers: { responseId: 'r' } })
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ status: 'complete', text: 'All of it', hasGap: false })
  })
})

/** A database of answers, two a page; the cursor is how many are older. */
const pagesOf =
  (stored: readonly string[]) =>
  (cursor = String(stored.length)): Promise<SeedPage> => {
    const start = Math.max(0, Number(cursor) - 2)
    const rows = stored
      .slice(start, Number(cursor))
      .map((id): Row => ({ id, role: 'assistant', text: `Answer ${id}`, createdAt: Number(id) }))
    return Promise.resolve({ rows, ...(start > 0 && { cursor: String(start) }) })
  }

test.each(['seed', 'history'] as const)(
  'sessions that share a hydrator (%s) read the database each for itself',
  async (way) => {
    const stored = ['1', '2', '3', '4', '5', '6', '7', '8']
    const load = pagesOf(stored)
    const hydrate = way === 'seed' ? seed({ load }) : history({ older: load })
    const shown = () => scene.session.getSnapshot().messages.map(({ id }) => id)
    scene.open(hydrate)
    await scene.settle()
    await scene.loadAll()
    expect(shown()).toEqual(stored)
    scene.session.close()
    // A page that is left and opened again, or React in its strict mode.
    scene.open(hydrate)
    const other = new Scene()
    other.open(hydrate)
    for (const each of [other, scene]) await each.settle()
    await other.loadAll()
    await scene.loadAll()
    expect(shown()).toEqual(stored)
    other.session.close()
  },
)

describe('seed', () => {
  test('shows what ended after the database was read, though no later page of it will tell', async () => {
    scene.model.create({ name: 'response-complete', data: 'Old', headers: { responseId: 'old' } })
    const began = scene.model.create({ name: 'response', headers: { responseId: 'r' } })
    scene.model.append(began, 'Hello', { end: '5', phase: 'done' })
    scene.model.create({ name: 'data-note', data: {}, headers: { responseId: 'other' } })
    const page: SeedPage = {
      rows: [{ id: 'old', role: 'assistant', text: 'Old', createdAt: 1 }],
      openSince: Number(began),
    }
    scene.open(seed({ load: () => Promise.resolve(page), limit: 1, maxPages: 10 }))
    await scene.settle()
    expect(scene.session.getSnapshot().messages.map(({ id }) => id)).toContain('r')
    expect(scene.response('r')).toMatchObject({ text: 'Hello', hasGap: false })
  })

  test.each([{}, { serial: '00000001' }])(
    'by a database whose clock runs ahead, shows what ended after its newest row: %j',
    async (known) => {
      for (const id of ['old', 'a', 'b', 'c']) {
        scene.token(id, id, { rejoin: '1', part: '0', end: String(id.length) })
        scene.say('stop', id)
      }
      const row: Row = { id: 'old', role: 'assistant', text: 'Old', createdAt: 1e12, ...known }
      scene.open(seed({ load: () => Promise.resolve({ rows: [row] }), limit: 1, maxPages: 10 }))
      await scene.settle()
      expect(
        scene.session
          .getSnapshot()
          .entries.map(({ id }) => id)
          .sort(),
      ).toEqual(['a', 'b', 'c', 'old'])
    },
  )

  test('reads no further than the newest row’s answer', async () => {
    for (const id of ['1', '2', '3', '4', '5', '6', 'old']) {
      scene.token(id, id, { rejoin: '1', part: '0', end: String(id.length) })
      scene.say('stop', id)
    }
    const row: Row = { id: 'old', role: 'assistant', text: 'Old', createdAt: 1 }
    scene.open(seed({ load: () => Promise.resolve({ rows: [row] }), limit: 1, maxPages: 10 }))
    await scene.settle()
    expect(scene.session.getSnapshot().entries.map(({ id }) => id)).toEqual(['6', 'old'])
  })

  test('reads to its beginning what ended within the time that it reads', async () => {
    for (const data of ['Hel', 'lo']) scene.token(data, 'r')
    scene.say('stop', 'r')
    scene.say('start', 'x')
    scene.say('stop', 'x')
    const page: SeedPage = { rows: [], openSince: 2 }
    scene.open(seed({ load: () => Promise.resolve(page), limit: 1, maxPages: 10 }))
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ status: 'complete', text: 'Hello', hasGap: false })
  })

  test('reads the newest page anew when continuity was lost before the past was read', async () => {
    const cursors: (string | undefined)[] = []
    const load = (cursor?: string): Promise<SeedPage> => {
      cursors.push(cursor)
      return Promise.resolve({ rows: [], cursor: 'older' })
    }
    scene.token('x', 'r')
    scene.open(seed({ load, limit: 1 }))
    await scene.settle(0)
    scene.channel.outage()
    scene.channel.attached()
    await scene.settle()
    expect(cursors).toEqual([undefined, undefined])
  })

  test('reads the pages between the newest and the newest before, where the channel keeps none of it', async () => {
    const stored = ['1', '2']
    scene.open(seed({ load: pagesOf(stored), limit: 1 }))
    await scene.settle()
    scene.channel.outage()
    stored.push('3', '4', '5', '6', '7')
    scene.channel.attached()
    await scene.settle()
    expect(scene.session.getSnapshot().messages.map(({ id }) => id)).toEqual(stored)
    expect(scene.session.getSnapshot().hasOlder).toBe(false)
  })

  test('reads history only when a channel that is about to go on has gone on: not ahead of its messages', async () => {
    const load = () => scene.channel.answer((): SeedPage => ({ rows: [] }))
    scene.open(seed({ load, limit: 1 }))
    await turn()
    scene.channel.drop()
    scene.token('Hi', 'r', { rejoin: '1', part: '0', end: '2' })
    scene.say('stop', 'r')
    scene.channel.pending.shift()!.succeed()
    await turn()
    expect(scene.channel.pending).toEqual([])
    scene.channel.resumed()
    await scene.settle()
    expect(scene.response('r')).toMatchObject({ status: 'complete', text: 'Hi', hasGap: false })
  })
})
