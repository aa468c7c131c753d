import { createSession, history, rewind } from '../../src/index.ts'
import type { Hydrator } from '../../src/index.ts'
import { ChannelModel, toMessage } from './channelModel.ts'
import { LawKeeper } from './lawKeeper.ts'
import { ModelAgent } from './modelAgent.ts'
import { ModelChannel } from './modelChannel.ts'
import { ModelDatabase } from './modelDatabase.ts'
import type { World } from './script.ts'

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

/** Lives through one world with a session, and holds it to the laws at every turn. */
export async function live(world: World, log: (what: string) => void = () => {}): Promise<void> {
  const { scripts, joinAfter, choices, way, limit, bare, rewindCounts } = world
  const model = new ChannelModel()
  const agents = scripts.map((script, i) => {
    // Whoever follows PROTOCOL.md names every response.
    const ours = script.manner === 'ours' || script.manner === 'older'
    const named = i > 0 || !script.anonymous || script.pattern === 'message' || ours
    return new ModelAgent(model, named ? `r${i}` : 'model', script)
  })
  const advance = (n: number): boolean => {
    for (let i = 0; i < agents.length; i++) if (agents[(n + i) % agents.length]!.advance()) return true
    return false
  }
  for (let i = 0; i < joinAfter; i++) advance(choices[i % choices.length]!)

  const channel = new ModelChannel(model, {
    rewind: way === 'rewind' ? world.rewind : undefined,
    bare,
    rewindCounts,
  })
  const database = new ModelDatabase(agents, world.rows)
  const pages = { limit, maxPages: 1_000 }
  /** An application's own way in: a copy of the channel in any order, and then the channel. */
  const own: Hydrator = {
    ...history(pages),
    async load(past) {
      const copy = await channel.answer(() => model.log.map((m) => toMessage(m, m.action, m.data)))
      past.apply(copy.sort((a, b) => ((Number(a.serial) * 7919) % 101) - ((Number(b.serial) * 7919) % 101)))
      await history(pages).load(past)
    },
  }
  const hydrators = {
    history: () => history(pages),
    rewind: () => rewind(world.rewind, pages),
    seed: () => database.hydrator(channel, limit),
    own: () => own,
  }
  const session = createSession({
    channel: channel.asChannel(),
    hydrate: hydrators[way](),
    presence: false,
    schedule: () => () => {},
  })
  session.ready.catch(() => {})
  const keeper = new LawKeeper(session, agents, database)
  // Tokens that were edited while continuity was lost are not read again: there may be thousands (docs/gaps.md).
  const tokenEdits = scripts.some((script) => script.edits.some((edit) => edit.how === 'token'))
  let away: 'short' | 'long' | undefined
  const leave = (how: 'short' | 'long') => {
    if (channel.state === 'initialized') return
    if (away === 'long') channel.attached()
    else if (away === 'short') channel.resumed()
    else if (how === 'long') channel.outage()
    else channel.drop()
    away = away ? undefined : how
  }
  /** A row that names no parts makes a reader forget them; one that comes twice, before it and after, shows again. */
  const repeatable = () =>
    channel.delivered.filter(({ serial }) => {
      const { responseId = channel.name } = model.log.find((stored) => stored.serial === serial)!.headers
      return !database.given.has(responseId)
    })
  const shown = () => JSON.stringify(agents.map(({ id }) => session.getResponse(id) ?? id))
  const answer = (n: number) => channel.pending.splice(n % (channel.pending.length || 1), 1)[0]?.()
  /** Does what a number says. Returns whether nothing of the past can have come of it. */
  const happen = (choice: number): boolean => {
    const n = Math.floor(choice / 20)
    const kind = choice % 20
    if (kind < 10) advance(n)
    else if (kind < 14) answer(n)
    else if (kind === 14) channel.arrive()
    else if (kind === 15) leave(n % 2 && !tokenEdits ? 'long' : 'short')
    else if (kind === 16) {
      const { id } = agents[n % agents.length]!
      if (!channel.slow.delete(id)) channel.slow.add(id)
    } else if (kind === 17) {
      const headers = { responseId: `r${n % 3}` }
      const [name, data] = noise[n % noise.length]!
      model.create({ name, headers, data })
    } else if (kind === 18) void session.loadOlder().catch(() => {})
    else {
      const known = repeatable().at(-1 - (n % 8))
      if (known && channel.state === 'attached') keeper.checkSilent(() => channel.again(known))
    }
    return kind < 10 || kind === 14 || kind === 16
  }
  for (const choice of choices) {
    channel.touched.clear()
    const quiet = happen(choice)
    await turn()
    log(
      `${choice % 20} ${channel.state}, ${channel.pending.length} requests, ${channel.delivered.length} delivered: ${shown()}`,
    )
    keeper.check()
    keeper.checkNotified(channel.touched, quiet)
  }
  if (away) leave(away)
  channel.slow.clear()
  const settle = async () => {
    for (let still = 0; still < 4; still++) {
      log(
        `settle p${channel.pending.length} d${channel.delivered.length} ${session.getSnapshot().hydration} ${JSON.stringify(channel.delivered.map((m) => [m.serial, m.version?.serial]))} ${JSON.stringify(session.getSnapshot().messages.map((m) => m.id))}`,
      )
      if (channel.arrive() || channel.pending.length) still = 0
      answer(0)
      await turn()
      keeper.check()
      keeper.checkNotified(channel.touched, false)
      channel.touched.clear()
    }
  }
  await settle()
  while (advance(0));
  await settle()
  // What ended before the part of history that was read is for loadOlder() to bring.
  for (let i = 0; i < 1_000 && session.getSnapshot().hasOlder; i++) {
    log(JSON.stringify(session.getSnapshot()))
    const older = session.loadOlder()
    await settle()
    await older
  }
  log(
    model.log
      .map(
        (m) =>
          `${m.serial.slice(-3)} ${m.version.slice(-3)} ${m.name} ${JSON.stringify(m.headers)} ${JSON.stringify(m.data)} ${JSON.stringify(m.metadata)}`,
      )
      .join('\n'),
  )
  log(shown())
  keeper.checkEnd()
  keeper.checkSilent(() => repeatable().forEach((message) => channel.again(message)))
  session.close()
}
