import pg from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../packages/postgres/test/postgresServer.ts'
import { testPatience } from '../packages/core/test/patience.ts'
import { patterns } from './chat.ts'
import { startDemo } from './demo.ts'
import { Somebody } from './somebody.ts'
import { answers } from './truth.ts'

// The demo on a real PostgreSQL server: its agent is killed in mid-answer, the database restarts meanwhile, and every
// prompt still has one answer. Twice, on the same database. KILLS=50 for a long run.

const kills = Number(process.env.KILLS ?? 3)
const server = await startPostgres()
const unavailable = 'unavailable' in server ? server.unavailable : undefined
const url = 'createDatabase' in server ? await server.createDatabase() : undefined
const title = unavailable === undefined ? 'PostgreSQL' : `PostgreSQL (skipped: ${unavailable})`

afterAll(async () => {
  if ('stop' in server) await server.stop()
})

describe.skipIf(url === undefined)(title, () => {
  test.each([
    ['the first time', 1],
    ['on the same database again', 2],
  ])(
    `${kills} kills and a restart of the database, %s: every prompt has one answer`,
    async (_, round) => {
      const demo = await startDemo({ DATABASE_URL: url, DEMO_RESTART_AFTER: '100' })
      try {
        for (const pattern of patterns) {
          const somebody = await Somebody.withConversation(demo, pattern)
          const asked: string[] = []
          for (let kill = 0; kill < kills; kill++) {
            // Every answer holds in the middle: each kill finds at least one there.
            await demo.model.holdAt(20 + ((kill * 7 + round) % 20))
            const heard = somebody.hears(1)
            const promptId = `${round}-${kill}`
            asked.push(promptId)
            await somebody.channel.publish('user-input', { promptId, text: answers.scripted.prompt })
            await Promise.all([heard, demo.model.held()])
            await somebody.call('POST', '/faults', { kind: 'kill' })
            if (kill === 1 && 'restart' in server) await server.restart()
          }
          await demo.model.goOn()
          const answered = async () =>
            (await somebody.rows()).filter(({ role }) => role === 'assistant').map(({ promptId }) => promptId)
          await expect.poll(async () => (await answered()).sort()).toEqual(asked.toSorted())
          const rows = await somebody.rows()
          expect(
            rows
              .filter(({ role }) => role === 'user')
              .map(({ id }) => id)
              .sort(),
          ).toEqual(asked.toSorted())
          for (const { role, status, text } of rows)
            if (role === 'assistant') expect([status, text]).toEqual(['complete', answers.scripted.text])
          somebody.client.close()
        }
        expect(demo.output()).not.toMatch(/^\s+at |Warning|unhandled error/m)
      } finally {
        await demo.stop()
      }
    },
    testPatience + kills * 60_000,
  )

  test('a damaged checkpoint names itself, and nothing is answered until it is mended', async () => {
    const demo = await startDemo({ DATABASE_URL: url, DEMO_RESTART_AFTER: '100' })
    const pool = new pg.Pool({ connectionString: url })
    try {
      const somebody = await Somebody.withConversation(demo, 'message-per-response')
      const name = `ai:${somebody.id}`
      // Written by the agent when it had read the past.
      const state = async () =>
        (await pool.query('select state from rejoin_checkpoints where channel = $1', [name])).rows[0]
      await expect.poll(state).toBeDefined()
      await pool.query(`update rejoin_checkpoints set state = '{"serial": 7}' where channel = $1`, [name])
      const gone = new Promise<void>((resolve) => {
        void somebody.channel.presence.subscribe('leave', () => resolve())
      })
      await somebody.call('POST', '/faults', { kind: 'kill' })
      await gone
      await somebody.channel.publish('user-input', { promptId: 'p', text: answers.scripted.prompt })
      await expect.poll(() => demo.output()).toContain(`checkpoint of channel "${name}"`)
      // Asks for the agent once more: it refuses again, and answers nothing.
      await somebody.call('GET', '/token')
      expect((await somebody.channel.presence.get()).map(({ clientId }) => clientId)).toEqual([])
      expect(await somebody.rows()).toEqual([])

      await pool.query('delete from rejoin_checkpoints where channel = $1', [name])
      await somebody.call('GET', '/token')
      await somebody.channel.publish('user-input', { promptId: 'q', text: answers.scripted.prompt })
      await expect
        .poll(async () => (await somebody.rows()).map(({ id, promptId }) => promptId ?? id))
        .toEqual(['q', 'q'])
      somebody.client.close()
    } finally {
      await pool.end()
      await demo.stop()
    }
  })
})
