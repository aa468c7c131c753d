import { createSession } from '@rejoin/core'
import { RejoinPlugin } from '@rejoin/vue'
import * as Ably from 'ably'

export default defineNuxtPlugin(({ vueApp }) => {
  const client = new Ably.Realtime({ authUrl: '/token', autoConnect: false })
  vueApp.use(RejoinPlugin, { session: createSession({ client, channelName: 'ai:chat' }) })
})
