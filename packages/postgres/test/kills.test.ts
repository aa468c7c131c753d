import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createSession, history, type ResponseRow } from '@rejoin/core'
import { startLocalAbly } from '@rejoin/local-ably'
import { Realtime } from 'ably'
import { build } from 'esbuild'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPostgresStore } from '../src/index.ts'
import { startPostgres } from './postgresServer.ts'

// Three processes answer one channel's prompts with claims in PostgreSQL, and each answer calls a tool that checks
// fences. Processes are killed and frozen, the database restarts, connections drop. KILLS=300 for a long run.

const KILLS = Number(process.env['KILLS'] ?? 4)
const PROCESSES = 3

/** Milliseconds. A process that is frozen for longer is overtaken. */
const CLAIM_TTL = 2000
const CHANNEL = 'ai:kills'

/** A process that cannot start so many times in a row never will. */
const STARTS = 50

/** Milliseconds to wait for an answer to begin before something is done to its process. */
const LONGEST_WAIT = 500

const server = await startPostgres()
const unavailable = 'unavailable' in server ? server.unavailable : undefined
const title = unavailable === undefined ? 'PostgreSQL' : `PostgreSQL (skipped: ${unavailable})`

/** A tool with effects: it takes a call unless one with a higher fence came before. */
const TOOL = `
create table fences (prompt text primary key, fence bigint not null);
create table effects (id bigserial primary key, prompt text, fence bigint, call int, process text);
create function act(p text, f bigint, c int, n text) returns boolean language plpgsql as $$
begin
  insert into fences as kept values (p, f)
    on conflict (prompt) do update set fence = excluded.fence where kept.fence <= excluded.fence;
  if not found then return false; end if;
  insert into effects (prompt, fence, call, process) values (p, f, c, n);
  return true;
end $$`

let folder: string
let script: string
const children = new Set<ChildProcess>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rejoin-kills-'))
  script = join(folder, 'answerer.mjs')
  await build({
    entryPoints: [fileURLToPath(new URL('answerer.ts', import.meta.url))],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@rejoin/source'],
    external: ['pg-native'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  })
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
  if ('stop' in server) await server.stop()
})

interface Answerer {
  readonly child: ChildProcess
  readonly lines: string[]
  ready: boolean
  /** Resolves when it is ready to answer, or gone. */
  readonly started: Promise<void>
}

let named = 0

function start(env: Record<string, string>, heard: (line: string, answerer: Answerer) => void): Answerer {
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, NAME: String(named++), CHANNEL, CLAIM_TTL: String(CLAIM_TTL), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.add(child)
  const answerer: Answerer = {
    child,
    lines: [],
    ready: false,
    started: new Promise((resolve) => {
      let rest = ''
      child.stdout.on('data', (data: Buffer) => {
        const parts = (rest + data.toString()).split('\n')
        rest = parts.pop()!
        for (const line of parts) {
          answerer.lines.push(line)
          heard(line, answerer)
          if (line === 'ready') answerer.ready = true
          if (line === 'ready') resolve()
        }
      })
      child.on('exit', () => {
        children.delete(child)
        resolve()
      })
    }),
  }
  return answerer
}

/** Waits until it is ready; resolves to false if it has ended before. */
async function isReady(answerer: Answerer): Promise<boolean> {
  await answerer.started
  return answerer.ready
}

const oneOf = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!

describe.skipIf(unavailable !== undefined)(title, () => {
  test(
    `${KILLS} kills: every prompt is answered once, and no call of a tool with a stale fence is taken`,
    async () => {
      if (!('createDatabase' in server)) throw new Error(unavailable)
      const { log } = server
      const ably = await startLocalAbly({ port: 0 })
      const DATABASE = await server.createDatabase()
      const pool = new pg.Pool({ connectionString: DATABASE, max: 2 })
      pool.on('error', () => {})
      const store = createPostgresStore(pool)
      await store.migrate()
      await pool.query(TOOL)
      const asker = new Realtime({ ...ably.clientOptions, clientId: 'ann', logLevel: 0 })
      const count = { begun: 0, refused: 0, frozen: 0, restarts: 0, drops: 0, errors: 0 }
      /** Of each prompt, for a failure's message: what processes said, and what was on the channel. */
      const told: string[] = []
      /** The process that has begun to answer each prompt. */
      const at = new Map<string, Answerer>()
      const heard = (line: string, answerer: Answerer) => {
        told.push(`${new Date().toISOString()} process ${answerer.child.pid} ${line} `)
        if (line.startsWith('begin')) count.begun++
        if (line.startsWith('begin')) at.set(line.split(' ')[1]!, answerer)
        if (line.startsWith('refused')) count.refused++
        if (line.startsWith('error')) count.errors++
      }
      await asker.channels.get(CHANNEL).subscribe(({ name, action, data, serial, clientId, extras }) => {
        told.push(JSON.stringify({ name, action, data, serial, clientId, headers: extras?.headers }))
      })
      const accountOf = (promptId: string) => {
        const named = new RegExp(`"${promptId}"| ${promptId} `)
        const ids = told.flatMap(
          (line) => (named.test(line) && /"responseId":"([^"]+)/.exec(line)?.[1]) || [],
        )
        return told.filter((line) => named.test(line) || ids.some((id) => line.includes(id))).join('\n')
      }
      // From the beginning: the channel forgets what is older than its retention.
      const session = createSession({ client: asker, channelName: CHANNEL, hydrate: history() })
      await session.ready
      const env = { PORT: String(ably.port), DATABASE }
      const running = Array.from({ length: PROCESSES }, () => start(env, heard))
      await allReady()
      const thaws = new Set<ReturnType<typeof setTimeout>>()
      const asked: string[] = []

      for (let kill = 0; kill < KILLS; kill++) {
        if (kill % 50 === 49) console.log(`${kill} kills: ${JSON.stringify(count)}`)
        const promptId = `q${kill}`
        asked.push(promptId)
        await asker.channels.get(CHANNEL).publish('user-input', { promptId, text: promptId })
        // At any moment of an answer; of every third, perhaps before it has begun.
        const begun = async () => {
          while (!at.has(promptId)) await pause(5)
        }
        if (kill % 3 > 0) await Promise.race([begun(), pause(LONGEST_WAIT)])
        await pause(Math.random() * 100)
        if (kill % 4 === 1) freeze(at.get(promptId) ?? oneOf(running))
        if (kill % 25 === 2) count.restarts++
        if (kill % 25 === 2) await server.restart()
        if (kill % 10 === 3) count.drops++
        if (kill % 10 === 3) ably.faults.drop({ match: { clientId: 'agent' } })
        const answering = at.get(promptId)
        const all = running.filter(({ ready }) => ready)
        const victim = answering && all.includes(answering) && kill % 4 !== 1 ? answering : oneOf(all)
        victim.child.kill('SIGKILL')
        running[running.indexOf(victim)] = start(env, heard)
        await allReady()
      }

      /** As a supervisor does: a process that could not start is started again. */
      async function allReady(): Promise<void> {
        for (const [index] of running.entries()) {
          for (let starts = 0; !(await isReady(running[index]!)); starts++) {
            if (starts === STARTS) throw new Error(`no process starts; PostgreSQL says ${log.join('')}`)
            running[index] = start(env, heard)
          }
        }
      }

      function freeze({ child }: Answerer): void {
        count.frozen++
        child.kill('SIGSTOP')
        const thaw = setTimeout(() => {
          thaws.delete(thaw)
          child.kill('SIGCONT')
        }, CLAIM_TTL * 1.6)
        thaws.add(thaw)
      }

      const open = async () =>
        (await pool.query('select prompt from rejoin_claims where not settled')).rows.length +
        asked.length -
        Number((await pool.query('select count(*) as n from rejoin_claims')).rows[0].n)
      while (thaws.size > 0 || (await open()) > 0) await pause(200)
      // What the processes have published is shown once it has arrived.
      await asker.connection.ping()
      session.flush()
      for (const { child } of running) child.kill('SIGKILL')

      const shown = session.getSnapshot().messages.flatMap(({ id }) => session.getResponse(id) ?? [])
      const { rows: effects } = await pool.query<{ prompt: string; fence: string; call: number }>(
        'select prompt, fence, call from effects order by id',
      )
      const stored: ResponseRow[] = []
      for (let cursor: string | undefined; ;) {
        const page = await store.rows.page(CHANNEL, { limit: 1000, cursor })
        stored.push(...(page.rows as ResponseRow[]))
        if (!(cursor = page.cursor)) break
      }
      console.log(
        `${KILLS} kills of ${PROCESSES} processes, ${asked.length} prompts: ${JSON.stringify(count)}`,
      )
      session.close()
      asker.close()
      await pool.end()
      await ably.close()

      const strays = shown.filter(({ status }) => status !== 'complete')
      expect(strays.map(({ id, status, promptId, text }) => ({ id, status, promptId, text }))).toEqual([])
      for (const promptId of asked) {
        const fences = effects.filter(({ prompt }) => prompt === promptId).map(({ fence }) => Number(fence))
        // Once a process with a higher fence has acted, none with a lower one does.
        expect(fences).toEqual(fences.toSorted((a, b) => a - b))
        const newest = fences.at(-1)!
        const calls = effects.filter(({ prompt, fence }) => prompt === promptId && Number(fence) === newest)
        expect(
          calls.map(({ call }) => call),
          accountOf(promptId),
        ).toEqual([0, 1, 2, 3])
        const text = `${[0, 1, 2, 3].map((call) => `${promptId} ${newest} ${call}. `).join('')}Done.`
        const answers = shown.filter((one) => one.promptId === promptId)
        expect(
          answers.map((one) => one.text),
          accountOf(promptId),
        ).toEqual([text])
        const rows = stored.filter((one) => one.promptId === promptId)
        expect(
          rows.map((one) => [one.id, one.status, one.text]),
          accountOf(promptId),
        ).toEqual([[answers[0]!.id, 'complete', text]])
      }
    },
    600_000 + KILLS * 30_000,
  )
})
