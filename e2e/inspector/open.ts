import { createSession } from '@rejoin/core'
import type { Session } from '@rejoin/core'
import { Realtime } from 'ably'

declare global {
  interface Window {
    session: Session
  }
}

/** The session of this page; the address says where its channel is. */
export function open(): Session {
  const { key, endpoint, port, channel } = Object.fromEntries(new URLSearchParams(location.search))
  const client = new Realtime({
    key,
    endpoint,
    port: Number(port),
    tls: false,
    clientId: 'ann',
    transports: ['web_socket'],
    disableConnectivityCheck: true,
  })
  return (window.session = createSession({ client, channelName: channel!, agents: ['agent'] }))
}
