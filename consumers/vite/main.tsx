import { createSession } from '@rejoin/core'
import { SessionProvider, useMessages } from '@rejoin/react'
import { RejoinPlugin, useMessages as useVueMessages } from '@rejoin/vue'
import { BaseRealtime, FetchRequest, RealtimePresence, Rest, WebSocketTransport } from 'ably/modular'
import { createRoot } from 'react-dom/client'
import { createApp, h } from 'vue'

const plugins = { WebSocketTransport, FetchRequest, Rest, RealtimePresence }
const session = createSession({
  client: new BaseRealtime({ authUrl: '/token', plugins }),
  channelName: 'ai:chat',
})

const List = () => <p>{useMessages().length}</p>
createRoot(document.getElementById('react')!).render(
  <SessionProvider session={session}>
    <List />
  </SessionProvider>,
)

createApp({
  setup() {
    const messages = useVueMessages()
    return () => h('p', messages.value.length)
  },
})
  .use(RejoinPlugin, { session })
  .mount('#vue')
