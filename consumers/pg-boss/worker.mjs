import { answerPrompt } from '@rejoin/agent'
import { createPostgresStore } from '@rejoin/postgres'
import { Realtime } from 'ably'
import pg from 'pg'
import { PgBoss } from 'pg-boss'
import { answer } from './answer.mjs'

const options = JSON.parse(process.env.ABLY_OPTIONS)
const client = new Realtime({ ...options, clientId: 'agent', echoMessages: false })
const { claims } = createPostgresStore(new pg.Pool({ connectionString: process.env.DATABASE_URL }))

const boss = new PgBoss({ connectionString: process.env.DATABASE_URL, monitorIntervalSeconds: 1 })
boss.on('error', (error) => console.error(error.message))
await boss.start()
await boss.work('chat', async ([{ data }]) => {
  const { status } = await answerPrompt({ client, ...data, handler: answer, claims, claimTtl: 2000 })
  // It may have died: pg-boss is to try again.
  if (status === 'claimed') throw new Error('another worker answers it')
})
console.log('ready')
