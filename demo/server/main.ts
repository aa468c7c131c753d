import { existsSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { addressOf } from './address.ts'
import { AgentProcess } from './agents.ts'
import { createApi, ownedBy } from './api.ts'
import { openBroker } from './broker.ts'
import { readConfig, type Config, type ModelConfig } from './config.ts'
import { closing } from './closing.ts'
import { openDatabase } from './database.ts'
import { addFaults } from './faults.ts'
import { addFiles } from './fileEndpoints.ts'
import { Files } from './files.ts'
import { createFront } from './front.ts'
import { Gateway } from './gateway.ts'
import type { Call } from './http.ts'
import { keepRunning } from './lastResort.ts'
import { Limits } from './limits.ts'
import { Lines } from './lines.ts'
import { Pages } from './pages.ts'
import { messageOf, Problem } from './problem.ts'
import { migrate } from './schema.ts'
import { Publishes } from './publishes.ts'
import { saveMessage } from './saveMessage.ts'
import { Sessions } from './sessions.ts'
import { Store } from './store.ts'
import { Tokens } from './tokens.ts'

/** Closes opened resources in reverse order, at the end or when a later step fails. */
const opened: (() => Promise<void> | void)[] = []
let ending: Promise<void> | undefined

async function start(): Promise<void> {
  const config = readConfig()
  const database = await openDatabase({ url: config.databaseUrl, folder: config.dataFolder })
  opened.push(() => database.close())
  await migrate(database)
  const store = new Store(database)
  const files = new Files(database)

  const broker = await openBroker(config)
  opened.push(() => broker.close())
  const agent = new AgentProcess({
    client: broker.clientOptions,
    model: config.model,
    longestPrompt: config.longestPrompt,
    restartAfter: config.restartAfter,
    calls: {
      save: (conversationId, row) => saveMessage(store, conversationId, row),
      page: (conversationId, cursor) => store.messages.page(conversationId, { limit: 100, cursor }),
      file: (conversationId, fileId) => files.read(conversationId, fileId),
      loadCheckpoint: (channel) => store.checkpoints.load(channel),
      saveCheckpoint: (channel, checkpoint) => store.checkpoints.save(channel, checkpoint),
    },
  })
  opened.push(() => agent.stop())
  await agent.start()

  const sessions = new Sessions(store)
  const tokens = new Tokens(broker.key, broker.clientOptions)
  const limits = new Limits()
  const lines = new Lines()
  const { local } = broker
  const publishes = new Publishes('agent')
  if (local) opened.push(local.log.listen(publishes.hear))
  const api = createApi({
    store,
    sessions,
    tokens,
    limits,
    agent,
    proxies: config.proxies,
    config: shown(config),
  })
  const owned = (call: Call) => ownedBy(store, sessions, limits, call)
  addFiles(api, { files, limits, owned })
  addFaults(api, { local, lines, agent, publishes, owned })
  const pages = new Pages(config.pages, broker.origins)
  const gateway =
    local &&
    new Gateway({
      target: () => ({ host: '127.0.0.1', port: local.port }),
      lines,
      limits,
      personOf: (request, token) => (token && tokens.clientOf(token)) ?? addressOf(request, config.proxies),
    })

  const server = createFront({ api, pages, gateway })
  const close = closing(server)
  const port = await listen(server, config)
  opened.push(close)

  console.log(`\n  Rejoin demo   http://${isLocal(config.host) ? 'localhost' : config.host}:${port}\n`)
  console.log(`  ${describe(config)}\n  Ctrl-C ends it.\n`)
}

const isLocal = (host: string) => host === '127.0.0.1' || host === '0.0.0.0' || host === '::'

const isScripted = ({ provider, recordings }: ModelConfig) =>
  provider === 'recorded' && !existsSync(recordings)

const shown = ({ ablyKey, connectionStateTtl, model }: Config) => ({
  embedded: ablyKey === undefined,
  connectionStateTtl,
  recorded: model.provider === 'recorded',
  scripted: isScripted(model),
  model: model.name ?? 'a recording',
})

function describe({ ablyKey, databaseUrl, model }: Config): string {
  const answers =
    model.provider === 'recorded' ? 'Answers are recordings.' : `Answers come from ${model.name}.`
  return `${answers} Channels: ${ablyKey ? 'the Ably service' : 'embedded'}. Database: ${databaseUrl ? 'PostgreSQL' : 'embedded'}.`
}

/** Listens on the chosen port or fails; without a choice, on the next free port. */
async function listen(server: Server, { port, portChosen, host }: Config): Promise<number> {
  for (let candidate = port; ; candidate++) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(candidate, host, () => resolve(server.off('error', reject) && undefined))
      })
      if (candidate !== port && port !== 0)
        console.log(`\n  Port ${port} is taken; using ${candidate} instead.`)
      return (server.address() as AddressInfo).port
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (code === 'EADDRINUSE' && !portChosen && candidate < port + 20) continue
      const cure =
        code === 'EADDRINUSE'
          ? 'something else listens there. Stop it, or set PORT to another one'
          : `${messageOf(cause)}. Set PORT, or HOST, to another one`
      throw new Problem(`unable to listen on port ${candidate}; ${cure}`, { cause })
    }
  }
}

async function end(code: number): Promise<void> {
  ending ??= (async () => {
    // A step that hangs must not block the terminal.
    setTimeout(() => process.exit(code || 1), 8000).unref()
    for (const close of opened.reverse()) {
      try {
        await close()
      } catch (error) {
        console.error(messageOf(error))
      }
    }
    process.exit(code)
  })()
  return ending
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(0))

try {
  await start()
  keepRunning()
} catch (error) {
  if (ending === undefined) {
    console.error(error instanceof Problem ? `\n  ${error.message}\n` : error)
    await end(1)
  }
}
