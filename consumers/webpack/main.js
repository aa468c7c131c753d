import { createSession, history } from '@rejoin/core'
import { SessionProvider, useMessages } from '@rejoin/react'
import * as Ably from 'ably'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'

const client = new Ably.Realtime({ authUrl: '/token' })
const session = createSession({ client, channelName: 'ai:chat', hydrate: history() })
const List = () => createElement('p', null, useMessages().length)
createRoot(document.body).render(createElement(SessionProvider, { session }, createElement(List)))
