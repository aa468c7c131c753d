import { setTimeout as pause } from 'node:timers/promises'
import { createAgent } from '@rejoin/agent'
import { Realtime } from 'ably'
import pg from 'pg'
import { createPostgresStore } from '../src/index.ts'

/** One of several processes that answer one channel's prompts, for tests to kill. */
const { PORT, CHANNEL, DATABASE, CLAIM_TTL, NAME } = process.env as Record<string, string>

/** Calls of a tool that each answer makes. */
const CALLS = 4

const pool = new pg.Pool({ connectionString: DATABASE, max: 3 })
// A connection that the server closed is replaced.
pool.on('error', () => {})
const store = createPostgresStore(pool)
const client = new Realtime({
  key: 'local.key:secret',
  endpoint: '127.0.0.1',
  port: Number(PORT),
  tls: false,
  clientId: 'agent',
  echoMessages: false,
  disconnectedRetryTimeout: 200,
  suspendedRetryTimeout: 200,
  logLevel: 0,
})
const say = (line: string) => void process.stdout.write(`${line}\n`)

/** An effect in the world: refused if a process with a higher fence has acted for the prompt. */
async function act(promptId: string, fence: number, call: number): Promise<void> {
  for (;;) {
    try {
      const { rows } = await pool.query<{ taken: boolean }>('select act($1, $2, $3, $4) as taken', [
        promptId,
        fence,
        call,
        NAME,
      ])
      if (rows[0]!.taken) return
      say(`refused ${promptId} ${fence}`)
      throw new Error('another process has acted')
    } catch (error) {
      if (!isOutage(error)) throw error
      await pause(100)
    }
  }
}

/** The database is restarting. */
function isOutage(error: unknown): boolean {
  const { code, message = '' } = error as { code?: string; message?: string }
  return /^(57P0|08|ECONN)/.test(code ?? '') || /terminated|timeout|ended/i.test(message)
}

const agent = createAgent({
  client,
  channelName: CHANNEL!,
  checkpoints: store.checkpoints,
  claimTtl: Number(CLAIM_TTL),
  endOnExit: false,
  onComplete: (row) => store.rows.save(CHANNEL!, row),
})
agent.on('error', ({ code, message }) => say(`error ${code} ${message}`))
agent.onPrompt(async (prompt, response) => {
  const fence = prompt.fence!
  say(`begin ${prompt.id} ${fence}`)
  for (let call = 0; call < CALLS; call++) {
    response.append(`${prompt.id} ${fence} ${call}. `)
    await act(prompt.id, fence, call)
    await pause(5 + Math.random() * 20)
  }
  response.append('Done.')
})
// While the database restarts, its supervisor starts it again.
await agent.ready.catch(() => process.exit(1))
say('ready')
