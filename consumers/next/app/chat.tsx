'use client'
import { createSession } from '@rejoin/core'
import { SessionProvider, useMessages, useResponse } from '@rejoin/react'
import * as Ably from 'ably'
import { useState } from 'react'

export function Chat() {
  const [session] = useState(() =>
    createSession({
      client: new Ably.Realtime({ authUrl: '/token', autoConnect: false }),
      channelName: 'ai:chat',
    }),
  )
  return (
    <SessionProvider session={session}>
      <List />
    </SessionProvider>
  )
}

function List() {
  const messages = useMessages()
  return messages.length === 0 ? <p>Ask away</p> : messages.map(({ id }) => <Row key={id} id={id} />)
}

function Row({ id }: { id: string }) {
  return <p>{useResponse(id)?.text}</p>
}
