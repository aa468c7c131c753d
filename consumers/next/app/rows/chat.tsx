'use client'
import { createSession } from '@rejoin/core'
import type { Row } from '@rejoin/core'
import { SessionProvider, useCreateSession, useMessage, useMessages } from '@rejoin/react'
import * as Ably from 'ably'

const inPage = typeof window !== 'undefined'
const client = new Ably.Realtime({
  key: 'local.key:secret',
  clientId: 'ann',
  endpoint: '127.0.0.1',
  port: inPage ? Number(new URLSearchParams(location.search).get('ably')) : 1,
  tls: false,
  autoConnect: inPage,
})

export function RowsChat({ rows }: { rows: Row[] }) {
  const session = useCreateSession(
    'ai:rows',
    (channelName) => createSession({ client, channelName, initialRows: rows }),
    rows,
  )
  return (
    <SessionProvider session={session}>
      <List />
    </SessionProvider>
  )
}

const List = () => useMessages().map(({ id }) => <Line key={id} id={id} />)

const Line = ({ id }: { id: string }) => <p data-row={id}>{useMessage(id)?.text}</p>
