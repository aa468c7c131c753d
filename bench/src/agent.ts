import * as Ably from 'ably'
import { createAgent, type Pattern } from '@rejoin/core/agent'
import { startLocalAbly } from '@rejoin/local-ably'

/**
 * Tokens per second through agent, server and subscriber, beside the same with bare SDK calls, in one run.
 * The bare publisher does what the documentation shows: no stamps, no repair, outcomes looked at after the end.
 */
const TOKENS = Number(process.argv[2] ?? 20_000)
const ROUNDS = Number(process.argv[3] ?? 5)
const text = (index: number) => `tok${index % 10} `

interface Lap {
  ms: number
  characters: number
}

type Publish = (client: Ably.Realtime, channelName: string) => Promise<unknown>

const bare: Record<Pattern, Publish> = {
  async 'message-per-response'(client, channelName) {
    const channel = client.channels.get(channelName)
    const outcomes: Promise<unknown>[] = []
    // A message holds 64 KiB: as the agent does, go on in a further one.
    let serial = ''
    let size = Infinity
    for (let i = 0; i < TOKENS; i++) {
      if (size > 60_000) {
        serial = (await channel.publish({ name: 'response', data: '', extras: { headers: { responseId: 'r' } } })).serials[0]!
        size = 0
      }
      size += text(i).length
      outcomes.push(channel.appendMessage({ serial, data: text(i) }))
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.allSettled(outcomes)
    await channel.publish({ name: 'response-end', extras: { headers: { responseId: 'r' } } })
  },
  async 'message-per-token'(client, channelName) {
    const channel = client.channels.get(channelName)
    const outcomes: Promise<unknown>[] = []
    for (let i = 0; i < TOKENS; i++) {
      outcomes.push(channel.publish({ name: 'token', data: text(i), extras: { headers: { responseId: 'r' } } }))
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.allSettled(outcomes)
    await channel.publish({ name: 'stop', extras: { headers: { responseId: 'r' } } })
  },
}

const rejoin =
  (pattern: Pattern): Publish =>
  async (client, channelName) => {
    const agent = createAgent({ client, channelName, pattern, messagesPerSecond: Infinity, presence: false })
    const response = agent.respond({ responseId: 'r' })
    for (let i = 0; i < TOKENS; i++) {
      response.append(text(i))
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await response.end()
  }

let channels = 0

async function lap(server: Awaited<ReturnType<typeof startLocalAbly>>, publish: Publish): Promise<Lap> {
  const channelName = `ai:bench-${channels++}`
  const publisher = new Ably.Realtime({ ...server.clientOptions, clientId: 'agent', echoMessages: false })
  const subscriber = new Ably.Realtime({ ...server.clientOptions, clientId: 'reader' })
  await Promise.all([publisher.connection.whenState('connected'), subscriber.connection.whenState('connected')])
  let characters = 0
  const done = new Promise<void>((resolve, reject) => {
    subscriber.channels
      .get(channelName)
      .subscribe((message) => {
        if (message.name === 'response-end' || message.name === 'stop') resolve()
        else if (message.action !== 'message.update') characters += (message.data as string | undefined)?.length ?? 0
      })
      .catch(reject)
  })
  await subscriber.channels.get(channelName).attach()
  const start = performance.now()
  await Promise.all([publish(publisher, channelName), done])
  const ms = performance.now() - start
  publisher.close()
  subscriber.close()
  return { ms, characters }
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!

const server = await startLocalAbly()
for (const pattern of ['message-per-response', 'message-per-token'] as const) {
  const times = { bare: [] as number[], rejoin: [] as number[] }
  // Side by side, so that a busy machine slows both.
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, publish] of [['bare', bare[pattern]], ['rejoin', rejoin(pattern)]] as const) {
      const { ms } = await lap(server, publish)
      if (round >= 0) times[name].push(ms)
    }
  }
  const [plain, ours] = [median(times.bare), median(times.rejoin)]
  const rate = (ms: number) => `${Math.round(TOKENS / (ms / 1000)).toLocaleString('en')} tokens/s`
  console.log(`${pattern}: bare SDK ${rate(plain)}, agent ${rate(ours)}: ${((plain / ours) * 100).toFixed(0)} %`)
}
await server.close()
process.exit(0)
