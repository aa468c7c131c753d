import { Invocation } from '@ably/ai-transport'
import { createAgentSession, createClientSession, createUIMessageCodec } from '@ably/ai-transport/vercel'
import * as Ably from 'ably'
import { createSession, history } from '@rejoin/core'
import { createAgent, type Pattern } from '@rejoin/agent'
import { startLocalAbly, type LocalAbly } from '@rejoin/local-ably'
import type { Report } from './report.ts'

/** Aim: within this of the same with bare SDK calls. */
const AIM = 0.9

const patterns = ['message-per-response', 'message-per-token'] as const
const headers = { responseId: 'r' }
const token = (index: number) => `tok${index % 10} `
const tick = () => new Promise((resolve) => setImmediate(resolve))
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Publishes so many tokens as one response, and returns when all is on the channel. */
type Publish = (client: Ably.Realtime, channelName: string, tokens: number) => Promise<unknown>

/** What the documentation shows: no stamps, no repair, outcomes looked at after the end. */
const bare: Record<Pattern, Publish> = {
  async 'message-per-response'(client, channelName, tokens) {
    const channel = client.channels.get(channelName)
    const outcomes: Promise<unknown>[] = []
    let serial = ''
    let size = Infinity
    for (let i = 0; i < tokens; i++) {
      // A message holds 64 KiB: as the agent does, go on in a further one.
      if (size > 60_000) {
        const created = await channel.publish({ name: 'response', data: '', extras: { headers } })
        serial = created.serials[0]!
        size = 0
      }
      size += token(i).length
      outcomes.push(channel.appendMessage({ serial, data: token(i) }))
      if (i % 100 === 0) await tick()
    }
    await Promise.allSettled(outcomes)
    await channel.publish({ name: 'response-end', extras: { headers } })
  },
  async 'message-per-token'(client, channelName, tokens) {
    const channel = client.channels.get(channelName)
    const outcomes: Promise<unknown>[] = []
    for (let i = 0; i < tokens; i++) {
      outcomes.push(channel.publish({ name: 'token', data: token(i), extras: { headers } }))
      if (i % 100 === 0) await tick()
    }
    await Promise.allSettled(outcomes)
    await channel.publish({ name: 'stop', extras: { headers } })
  },
}

const rejoin =
  (pattern: Pattern): Publish =>
  async (client, channelName, tokens) => {
    const unlimited = { messagesPerSecond: Infinity, presence: false as const }
    const response = createAgent({ client, channelName, pattern, ...unlimited }).respond(headers)
    for (let i = 0; i < tokens; i++) {
      response.append(token(i))
      if (i % 100 === 0) await tick()
    }
    await response.end()
  }

let channels = 0

/** Milliseconds from the first token until a subscriber has been told the end. */
async function lap(server: LocalAbly, publish: Publish, tokens: number): Promise<number> {
  const channelName = `ai:throughput-${channels++}`
  const publisher = new Ably.Realtime({ ...server.clientOptions, clientId: 'agent', echoMessages: false })
  const subscriber = new Ably.Realtime({ ...server.clientOptions, clientId: 'reader' })
  const channel = subscriber.channels.get(channelName)
  await publisher.connection.whenState('connected')
  let heard = () => {}
  const done = new Promise<void>((resolve) => (heard = resolve))
  await channel.subscribe(['response-end', 'stop'], () => heard())
  await channel.subscribe(() => {})
  const start = performance.now()
  await Promise.all([publish(publisher, channelName, tokens), done])
  const ms = performance.now() - start
  publisher.close()
  subscriber.close()
  return ms
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}

/** Tokens a second through agent, server and subscriber, beside the same with bare SDK calls. */
async function measureThroughput(report: Report, server: LocalAbly, tokens: number, rounds: number) {
  for (const pattern of patterns) {
    const times = { bare: [] as number[], rejoin: [] as number[] }
    // Side by side, so that a busy machine slows both; the first round only warms up.
    for (let round = -1; round < rounds; round++) {
      const laps = {
        bare: await lap(server, bare[pattern], tokens),
        rejoin: await lap(server, rejoin(pattern), tokens),
      }
      if (round < 0) continue
      times.bare.push(laps.bare)
      times.rejoin.push(laps.rejoin)
    }
    const rate = (ms: number[]) => tokens / (median(ms) / 1000)
    const [floor, value] = [rate(times.bare), rate(times.rejoin)]
    const common = { section: 'Agent: throughput', column: pattern, unit: 'tokens/s' }
    report.add({ ...common, name: 'agent, server and subscriber', value, floor })
    report.notes.push(
      `agent throughput, ${pattern}: ${((value / floor) * 100).toFixed(0)} % of bare SDK calls (aim: ${AIM * 100} %)`,
    )
  }
}

const words = 'The quick brown fox jumps over the lazy dog, then rests in the shade of a tall old tree. '
  .repeat(5)
  .split(/(?<= )/)
const text = words.join('')

/** Milliseconds between words: appends are then not rolled up, and each can be refused by itself. */
const PACE = 45

interface Shown {
  before: string
  end: string
  later: string
}

/** Three publishes in a row are refused, a quarter into the answer. */
async function speak(server: LocalAbly, channelName: string, say: (word: string) => void, look: () => void) {
  for (const [index, word] of words.entries()) {
    if (index === Math.floor(words.length / 4)) {
      server.faults.refuse({ match: { channel: channelName, clientId: 'agent' }, times: 3 })
    }
    say(word)
    await pause(PACE)
    // One second before the end.
    if (index === words.length - Math.ceil(1000 / PACE)) look()
  }
}

async function ours(server: LocalAbly, pattern: Pattern): Promise<Shown> {
  const channelName = `ai:refused-${channels++}`
  const clients = ['agent', 'reader', 'later'].map(
    (clientId) => new Ably.Realtime({ ...server.clientOptions, clientId, logLevel: 0 }),
  )
  const [agentClient, readerClient, laterClient] = clients as [Ably.Realtime, Ably.Realtime, Ably.Realtime]
  const session = createSession({ client: readerClient, channelName, hydrate: history() })
  await session.ready
  const response = createAgent({ client: agentClient, channelName, pattern }).respond(headers)
  const shown = () => {
    session.flush()
    return session.getResponse('r')?.text ?? ''
  }
  let before = ''
  let said = ''
  await speak(
    server,
    channelName,
    (word) => response.append((said += word) && word),
    () => (before = share(shown(), said)),
  )
  await response.end()
  await pause(200)
  const end = share(shown(), text)
  const again = createSession({ client: laterClient, channelName, hydrate: history() })
  await again.ready
  const later = share(again.getResponse('r')?.text ?? '', text)
  for (const client of clients) client.close()
  return { before, end, later }
}

async function theirs(server: LocalAbly): Promise<Shown> {
  const channelName = `ai:refused-${channels++}`
  const clients = ['agent', 'reader', 'later'].map(
    (clientId) => new Ably.Realtime({ ...server.clientOptions, clientId, logLevel: 0 }),
  )
  const [agentClient, readerClient, laterClient] = clients as [Ably.Realtime, Ably.Realtime, Ably.Realtime]
  const reader = createClientSession({ client: readerClient, channelName })
  await reader.connect()
  const user = { id: 'm', role: 'user' as const, parts: [{ type: 'text' as const, text: 'Why?' }] }
  const sent = await reader.view.send(createUIMessageCodec().createUserMessage(user))
  sent.started.catch(() => {})
  const agent = createAgentSession({ client: agentClient, channelName })
  await agent.connect()
  const run = agent.createRun(Invocation.fromJSON(sent.toInvocation().toJSON()))
  while (run.view.hasOlder()) await run.view.loadOlder()
  await run.start()
  const shownBy = (session: typeof reader) =>
    session.view
      .getMessages()
      .flatMap(({ message }) => (message.role === 'assistant' ? message.parts : []))
      .map((part) => (part.type === 'text' ? part.text : ''))
      .join('')
  let before = ''
  let said = ''
  const queue: string[] = []
  let over = false
  let wake = () => {}
  async function* chunks() {
    yield { type: 'text-start', id: '0' } as const
    for (;;) {
      while (queue.length > 0) yield { type: 'text-delta', id: '0', delta: queue.shift()! } as const
      if (over) break
      await new Promise<void>((resolve) => (wake = resolve))
    }
    yield { type: 'text-end', id: '0' } as const
  }
  const piped = run.pipe(chunks())
  await speak(
    server,
    channelName,
    (word) => {
      said += word
      queue.push(word)
      wake()
    },
    () => (before = share(shownBy(reader), said)),
  )
  over = true
  wake()
  await piped
  await run.end({ reason: 'complete' })
  await pause(200)
  const end = share(shownBy(reader), text)
  const again = createClientSession({ client: laterClient, channelName })
  await again.connect()
  while (again.view.hasOlder()) await again.view.loadOlder()
  const later = share(shownBy(again), text)
  await Promise.allSettled([agent.end(), reader.close(), again.close()])
  for (const client of clients) client.close()
  return { before, end, later }
}

/** Whether a text is the one published so far; its end may still be on the way. */
function share(shown: string, said: string): string {
  if (shown === said) return 'exact'
  if (said.startsWith(shown) && said.length - shown.length < 20) return 'exact'
  const missing = said.length - shown.length
  return missing > 0 ? `${missing} of ${said.length} characters missing, unmarked` : 'wrong'
}

/** Readers of both, under the same refusals: a second before the end, at the end, and after a reload. */
async function measureRefusals(report: Report, server: LocalAbly) {
  let unhandled = 0
  const count = () => void unhandled++
  process.on('unhandledRejection', count)
  const cases: [string, () => Promise<Shown>][] = [
    ...patterns.map((pattern): [string, () => Promise<Shown>] => [
      `Rejoin, ${pattern}`,
      () => ours(server, pattern),
    ]),
    ['@ably/ai-transport', () => theirs(server)],
  ]
  for (const [name, run] of cases) {
    unhandled = 0
    const { before, end, later } = await run()
    await pause(50)
    report.notes.push(
      `three refused publishes, ${name}: a second before the end ${before}; at the end ${end}; after a reload ${later}; ` +
        `unhandled rejections: ${unhandled}`,
    )
  }
  process.off('unhandledRejection', count)
}

export async function measureAgent(report: Report, { tokens = 10_000, rounds = 5 } = {}): Promise<void> {
  const server = await startLocalAbly()
  await measureThroughput(report, server, tokens, rounds)
  await measureRefusals(report, server)
  await server.close()
}
