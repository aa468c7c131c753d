import * as Ably from 'ably'
import { startLocalAbly } from '@rejoin/local-ably'
import { testPatience } from '../../core/test/patience.ts'
import { patience } from '../src/exit/patience.ts'
import { createAgent, type Pattern, type ResponseWriter } from '../src/index.ts'
import { fileCheckpoints } from '../src/node.ts'

/** An agent in a process of its own, for tests to kill: it answers word by word, and always the same. */
const { PORT, CHANNEL, PATTERN, FOLDER, FLOOD, DIES, CIPHER } = process.env as Record<string, string>

patience.signal = patience.exit = testPatience

const { TOKEN, OWN_SERVER } = process.env
const own = OWN_SERVER ? await startLocalAbly({ port: 0 }) : undefined
const client = new Ably.Realtime({
  ...(TOKEN === undefined ? { key: 'local.key:secret' } : { token: TOKEN }),
  endpoint: '127.0.0.1',
  port: own?.port ?? Number(PORT),
  tls: false,
  clientId: 'agent',
  echoMessages: false,
})
const agent = createAgent({
  client,
  channelName: CHANNEL!,
  pattern: PATTERN as Pattern,
  messagesPerSecond: Infinity,
  ...(CIPHER && { channelOptions: { cipher: { key: CIPHER } } }),
  ...(FOLDER && {
    checkpoints: fileCheckpoints(FOLDER),
    // One line a call: was a response handed out once it was complete?
    onComplete: (row) => void process.stdout.write(`complete ${row.promptId} ${row.text}\n`),
  }),
})
agent.on('error', ({ code, message }) => void process.stdout.write(`error ${code} ${message}\n`))
if (own) await exitWithServer()
if (FLOOD) await flood(Number(FLOOD))
agent.onPrompt(
  async (prompt, response) => {
    const answer = Array.from({ length: 40 }, (_, index) => `${prompt.text}${index} `).join('')
    process.stdout.write(`begin ${prompt.id}\n`)
    if (DIES !== undefined) await begin(response)
    while (response.text.length < answer.length) {
      response.append(answer.slice(response.text.length, response.text.length + 5))
      await response.flush()
    }
  },
  { interrupted: 'resume' },
)
await agent.ready
process.stdout.write('ready\n')

/** Exits in mid-answer, and with it the server that could have heard its end. */
async function exitWithServer(): Promise<void> {
  const response = agent.respond()
  response.append('Once upon ')
  await response.flush()
  process.stdout.write('exits\n', () => process.exit(0))
  await new Promise(() => {})
}

/** Says something, and then dies of `DIES`, or holds until it is killed, with more to say. */
async function begin(response: ResponseWriter): Promise<void> {
  response.append('Once upon ')
  await response.flush()
  response.append('a time')
  const die: Record<string, () => unknown> = {
    'exit 0': () => process.exit(0),
    'exit 1': () => process.exit(1),
    'uncaught exception': () =>
      setImmediate(() => {
        throw new Error('a bug')
      }),
    'unhandled rejection': () => Promise.reject(new Error('a bug')),
    'nothing left to do': () => client.close(),
    'exit while ending': () => {
      void response.end()
      process.exit(0)
    },
  }
  void die[DIES!]?.()
  await new Promise(() => {})
}

/** As many tokens as fast as they are taken; prints the largest heap meanwhile, in megabytes. */
async function flood(tokens: number): Promise<void> {
  const response = agent.respond()
  let largest = 0
  async function* model() {
    yield { type: 'text-start', id: 't' } as const
    for (let i = 0; i < tokens; i++) {
      if (i % 50_000 === 0) {
        globalThis.gc?.()
        largest = Math.max(largest, process.memoryUsage().heapUsed)
      }
      yield { type: 'text-delta', id: 't', delta: `tok${i % 10} ` } as const
    }
  }
  await response.pipe(model())
  const { length, failures } = await response.end()
  process.stdout.write(`flood ${length} ${failures} ${Math.ceil(largest / 1e6)}\n`)
}
