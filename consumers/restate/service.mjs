import * as restate from '@restatedev/restate-sdk'
import { answerPrompt } from '@rejoin/agent'
import { Realtime } from 'ably'
import { answer } from './answer.mjs'

const options = JSON.parse(process.env.ABLY_OPTIONS)
const client = new Realtime({ ...options, clientId: 'agent', echoMessages: false })

const chat = restate.service({
  name: 'chat',
  handlers: {
    async answer(ctx, { channelName, promptId }) {
      const prompt = { client, channelName, promptId, handler: answer }
      return ctx.run('answer', () => answerPrompt({ ...prompt, interrupted: 'restart' }))
    },
  },
})
await restate.serve({ services: [chat], port: Number(process.env.PORT) })
console.log('ready')
