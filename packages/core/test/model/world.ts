import { expect } from 'vitest'
import { createSession, history, rewind } from '../../src/index.ts'
import type { Hydrator, Session } from '../../src/index.ts'
import { ChannelModel, toMessage } from './channelModel.ts'
import { LawKeeper } from './lawKeeper.ts'
import { ModelAgent } from './modelAgent.ts'
import { ModelChannel } from './modelChannel.ts'
import { ModelDatabase } from './modelDatabase.ts'
import { ModelPrompt } from './modelPrompt.ts'
import { PromptLaws } from './promptLaws.ts'
import type { World } from './script.ts'
import { SecondDevice } from './secondDevice.ts'

/** Kinds of things that happen. */
const KINDS = 28

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Messages that no reader can make sense of. */
const noise: readonly [name: string, data: unknown][] = [
  ['token', { odd: 1 }],
  ['response', 7],
  ['tool_result', []],
  ['source', { url: 1 }],
  ['user-input', null],
  ['no-such-name', 'text'],
]

/** For debugging: what happens is only put into words where someone reads it. */
type Log = (what: () => string) => void

/** Lives through one world with a session, and holds it to the laws at every turn. */
export async function live(world: World, log: Log = () => {}): Promise<void> {
  const life = new Life(world, log)
  for (const [i, choice] of world.choices.entries()) {
    if (world.closes === i) return life.close()
    await life.go(choice)
  }
  await life.end()
}

const plainIds = ['r0', 'r1', 'r2']
/** Names that objects have of their own, and what is no text. */
const oddIds = ['__proto__', 'constructor', '\0\uD800']

/** A session in a world: what happens, and that the laws hold. */
class Life {
  private readonly world: World
  private readonly log: Log
  private readonly model = new ChannelModel()
  private readonly agents: readonly ModelAgent[]
  private readonly prompts: readonly ModelPrompt[]
  private readonly ids: readonly string[]
  /** Agents whose connections are away. */
  private readonly absent = new Set<ModelAgent>()
  private readonly channel: ModelChannel
  private readonly database: ModelDatabase
  private readonly session: Session
  private readonly keeper: LawKeeper
  private readonly promptLaws: PromptLaws
  /** What this device selected of versions. */
  private selected: readonly string[] = []
  /** Tokens that were edited while continuity was lost are not read again: there may be thousands (docs/gaps.md). */
  private readonly tokenEdits: boolean
  private turn = 0
  private away: 'short' | 'long' | undefined
  private readonly older = new Set<Promise<void>>()

  constructor(world: World, log: Log) {
    const { scripts, joinAfter, choices, bare, rewindCounts, way } = world
    this.world = world
    this.log = log
    this.ids = choices[0]! % 6 === 0 ? oddIds : plainIds
    const ids = this.ids.slice(0, scripts.length)
    const prompts = scripts.map(({ prompt }, i) => prompt && new ModelPrompt(this.model, ids, i, prompt))
    this.prompts = prompts.filter((prompt) => prompt !== undefined)
    this.agents = scripts.map((script, i) => {
      // An agent that follows PROTOCOL.md names every response.
      const ours = script.manner === 'ours' || script.manner === 'older'
      const named = i > 0 || !script.anonymous || script.pattern === 'message' || ours
      const shared = script.prompt && prompts[(script.prompt.shares ?? i) % scripts.length]
      return new ModelAgent(this.model, named ? ids[i]! : 'model', script, shared ?? prompts[i])
    })
    for (const { clientId } of this.agents) this.model.members.add(clientId)
    for (let i = 0; i < joinAfter; i++) this.advance(choices[i % choices.length]!)
    const span = way === 'rewind' ? world.rewind : undefined
    this.channel = new ModelChannel(this.model, { rewind: span, bare, rewindCounts })
    this.channel.attachPointGone = world.attachPointGone
    this.database = new ModelDatabase(this.agents, world.rows)
    if (world.attachedBefore) this.channel.attached({ rewinds: false })
    this.session = createSession({
      channel: this.channel.asChannel(),
      hydrate: this.hydrator(),
      presence: world.presence,
      branches: { onSelect: (selected) => (this.selected = selected) },
      schedule: () => () => {},
    })
    this.session.ready.catch(() => {})
    // What a world publishes on purpose is no news.
    this.session.on('error', () => {})
    this.keeper = new LawKeeper(
      this.session,
      this.agents,
      this.prompts,
      this.database,
      world.presence,
      world.looksEvery === 1,
    )
    this.promptLaws = new PromptLaws(this.session, this.agents, this.prompts, this.database)
    this.tokenEdits = scripts.some((script) => script.edits.some((edit) => edit.how === 'token'))
  }

  async go(choice: number): Promise<void> {
    const { channel, keeper } = this
    channel.touched.clear()
    const quiet = this.happen(Math.floor(choice / KINDS), choice % KINDS)
    await turn()
    this.log(
      () =>
        `${choice % KINDS} ${channel.state}, ${channel.pending.length} requests, ${channel.delivered.length} delivered, ${this.session.getSnapshot().hydration}: ${this.shown}`,
    )
    if (!this.looks()) return this.session.flush()
    keeper.check()
    keeper.checkNotified(channel.touched, quiet)
    this.promptLaws.checkPath(this.selected)
    if (!channel.pending.length && !channel.busy) keeper.checkOpen(this.hasHeard, this.isAway)
  }

  private looks(): boolean {
    return this.turn++ % this.world.looksEvery === this.world.looksEvery - 1
  }

  /** Closed before the world ends: later messages must notify nobody. */
  async close(): Promise<void> {
    const { channel, session, keeper } = this
    session.close()
    const snapshot = session.getSnapshot()
    keeper.checkNotified(channel.touched, false)
    for (let i = 0; i < 20; i++) {
      const request = channel.pending.shift() ?? channel.stuck.shift()
      if (i % 2) request?.fail()
      else request?.succeed()
      await turn()
    }
    await Promise.all(this.older)
    expect(session.getSnapshot()).toBe(snapshot)
    keeper.checkNotified(new Set(), true)
  }

  async end(): Promise<void> {
    const { channel, keeper, model } = this
    if (this.away) this.leave(this.away, 0)
    channel.slow.clear()
    this.absent.forEach((agent) => this.flicker(agent))
    await this.settle()
    while (this.advance(0));
    await this.settle()
    await this.loadAll()
    this.log(() => model.log.map((m) => JSON.stringify(m)).join('\n'))
    this.log(() => this.shown)
    this.checkEnd()
    keeper.checkSilent(() => this.repeatable().forEach((message) => channel.again(message)))
    // Requests of abandoned readings still count: their messages are known once they arrive.
    while (channel.stuck.length) {
      channel.stuck.shift()!.succeed()
      await this.settle()
    }
    await this.loadAll()
    this.log(() => this.shown)
    this.checkEnd()
    // What only the channel tells: a database may know less, or more.
    if (!this.database.asked)
      await new SecondDevice(model, { ...this.world, ...this.world.rows }, this.selected).compare(
        this.session,
        this.agents,
        this.prompts,
      )
    this.session.close()
    await Promise.all(this.older)
  }

  private checkEnd(): void {
    this.keeper.checkEnd()
    this.promptLaws.checkEnd()
  }

  /** What ended before the part of history that was read is for loadOlder() to bring. */
  private async loadAll(): Promise<void> {
    for (let i = 0; i < 1_000 && this.session.getSnapshot().hasOlder; i++) {
      this.log(() => JSON.stringify(this.session.getSnapshot()))
      const older = this.session.loadOlder()
      await this.settle()
      await older
    }
    expect(this.session.getSnapshot()).toMatchObject({ hasOlder: false, hydration: 'whole' })
  }

  private hydrator(): Hydrator {
    const { channel, database, model } = this
    const { limit, maxPages, way } = this.world
    const pages = { limit, maxPages }
    switch (way) {
      case 'history':
        return history(pages)
      case 'rewind':
        return rewind(this.world.rewind, pages)
      case 'seed':
        return database.hydrator(channel, pages)
      case 'older':
        return history({ ...pages, older: database.loader(channel) })
      case 'own':
        /** An application's own way in: a copy of the channel in any order, and then the channel. */
        return {
          ...history(pages),
          async load(past) {
            const copy = await channel.answer(() => model.log.map((m) => toMessage(m, m.action, m.data)))
            past.apply(
              copy.sort((a, b) => ((Number(a.serial) * 7919) % 101) - ((Number(b.serial) * 7919) % 101)),
            )
            await history(pages).load(past)
          },
        }
    }
  }

  private advance(n: number): boolean {
    const { agents } = this
    for (let i = 0; i < agents.length; i++) {
      const agent = agents[(n + i) % agents.length]!
      const { dead } = agent
      if (this.absent.has(agent) || !agent.advance()) continue
      if (agent.dead !== dead) this.setPresent(agent, dead)
      return true
    }
    return false
  }

  private setPresent({ clientId, id }: ModelAgent, present: boolean): void {
    if (present) this.model.members.add(clientId)
    else this.model.leave(clientId)
    this.channel?.member(present ? 'enter' : 'leave', clientId, id)
  }

  /** The connection of an agent that lives goes away, or comes back. */
  private flicker(agent: ModelAgent): void {
    if (agent.dead) return
    const present = this.absent.delete(agent)
    if (!present) this.absent.add(agent)
    this.setPresent(agent, present)
  }

  /** Does what a number says. Returns whether nothing of the past can have come of it. */
  private happen(n: number, kind: number): boolean {
    const { channel, agents, session } = this
    const requests = channel.pending
    if (kind < 10) this.advance(n)
    else if (kind < 14) this.answer(n)?.succeed()
    else if (kind === 14) channel.arrive()
    else if (kind === 15) this.leave(n % 2 && !this.tokenEdits ? 'long' : 'short', n)
    else if (kind === 16) {
      // Left out: messages that overtake others, while a page is read that is ahead of both.
      if (this.world.attachPointGone) return true
      const { id } = agents[n % agents.length]!
      if (!channel.slow.delete(id)) channel.slow.add(id)
    } else if (kind === 17) {
      const headers = { responseId: this.ids[n % 3]! }
      const [name, data] = noise[n % noise.length]!
      // Its own agent's would leave a gap.
      this.model.create({ name, headers, data, clientId: 'stranger' })
    } else if (kind === 18) this.loadOlder()
    else if (kind === 19) {
      const known = this.repeatable().at(-1 - (n % 8))
      if (!known || channel.state !== 'attached') return false
      if (this.world.looksEvery === 1) this.keeper.checkSilent(() => channel.again(known))
      else channel.again(known)
    } else if (kind === 20) {
      // Where the backlog of a rewind ends cannot be known then: it comes before.
      if (channel.rewound()) this.answer(n)?.fail()
    } else if (kind === 21) channel.stuck.splice(n % (channel.stuck.length || 1), 1)[0]?.succeed()
    else if (kind === 22) channel.stuck.splice(n % (channel.stuck.length || 1), 1)[0]?.fail()
    else if (kind === 23) this.prompts[n % (this.prompts.length || 1)]?.cancel(n % 3 ? 'user' : 'eve')
    else if (kind === 24) session.selectBranch(this.someId(n))
    else if (kind === 25) this.flicker(agents[n % agents.length]!)
    else if (kind === 26) session.flush()
    else if (requests.length && channel.state === 'attached' && !this.tokenEdits) {
      // Lost and found again at once.
      this.leave('long', n)
      this.leave('long', n)
    }
    return kind < 10 || kind === 14 || kind === 16
  }

  /** Of a prompt mostly, that may not be known. */
  private someId(n: number): string {
    const agent = this.agents[n % this.agents.length]!
    return (n % 5 ? agent.promptId : undefined) ?? agent.id
  }

  private loadOlder(): void {
    const older = this.session.loadOlder().catch(() => {})
    this.older.add(older)
  }

  private answer(n: number) {
    const { pending } = this.channel
    return pending.splice(n % (pending.length || 1), 1)[0]
  }

  /** Leaves, or comes back. What was asked for before continuity was lost may be answered long after, or never. */
  private leave(how: 'short' | 'long', n: number): void {
    const { channel, away } = this
    if (channel.state === 'initialized') return
    if (away === 'long') {
      if (n % 3) channel.stuck.push(...channel.pending.splice(0))
      channel.attached({ rewinds: n % 5 < 3 })
    } else if (away === 'short') channel.resumed()
    else if (how === 'long') channel.outage()
    else channel.drop()
    this.away = away ? undefined : how
  }

  private async settle(): Promise<void> {
    const { channel, keeper, session } = this
    for (let still = 0; still < 4; still++) {
      const { hydration, messages } = session.getSnapshot()
      this.log(
        () =>
          `settle p${channel.pending.length} d${channel.delivered.length} ${hydration} ${JSON.stringify(messages.map((m) => m.id))}`,
      )
      if (channel.arrive() || channel.pending.length) still = 0
      this.answer(0)?.succeed()
      await turn()
      if (this.looks()) {
        keeper.check()
        keeper.checkNotified(channel.touched, false)
      } else session.flush()
      channel.touched.clear()
    }
    if (this.world.looksEvery === 1) keeper.checkOpen(this.hasHeard, this.isAway)
  }

  private readonly isAway = ({ clientId }: ModelAgent): boolean => !this.model.members.has(clientId)

  /** Whether an agent has said something that this attachment delivered. */
  private readonly hasHeard = ({ id, named }: ModelAgent): boolean =>
    this.channel.delivered.some(({ serial }) => {
      const { headers } = this.model.log.find((stored) => stored.serial === serial)!
      return named ? headers.responseId === id : headers.responseId === undefined
    })

  /** A row that names no parts makes a reader forget them; one that comes twice, before it and after, shows again. */
  private repeatable() {
    const { channel, model, database } = this
    return channel.delivered.filter(({ serial }) => {
      const { responseId = channel.name } = model.log.find((stored) => stored.serial === serial)!.headers
      return !database.given.has(responseId)
    })
  }

  private get shown(): string {
    return JSON.stringify(this.agents.map(({ id }) => this.session.getResponse(id) ?? id))
  }
}
