import { serve } from '@hono/node-server'
import { promptRoute } from '@rejoin/agent'
import { Realtime } from 'ably'
import { Hono } from 'hono'
import { answer } from './answer.mjs'

const options = JSON.parse(process.env.ABLY_OPTIONS)
const client = new Realtime({ ...options, clientId: 'agent', echoMessages: false })
const route = promptRoute({ client, handler: answer, interrupted: 'restart' })

const app = new Hono()
app.post('/api/chat', (c) => route(c.req.raw))
serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' }, () => console.log('ready'))
