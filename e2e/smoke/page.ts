import { createReader, createSession, history, rewind, toolParts, valueParts } from '@rejoin/core'
import { inspect } from '@rejoin/inspector'
import { Realtime } from 'ably'

// A reader and a session on one channel, each over a connection of its own.
const { key, endpoint, port, channel } = Object.fromEntries(new URLSearchParams(location.search))
const connect = (clientId: string, useBinaryProtocol: boolean) =>
  new Realtime({
    key,
    endpoint,
    port: Number(port),
    tls: false,
    clientId,
    useBinaryProtocol,
    transports: ['web_socket'],
    disableConnectivityCheck: true,
  })
const channelName = channel!
const session = createSession({ client: connect('ann', true), channelName, hydrate: history() })
const reader = createReader({
  client: connect('bob', false),
  channelName,
  hydrate: rewind('2m'),
  features: [toolParts, valueParts],
})
const events: string[] = []
for (const event of ['gap', 'healed', 'finish'] as const) session.on(event, () => events.push(event))
session.on('error', (error) => events.push(`error: ${error.message}`))
Object.assign(window, { session, reader, events })
inspect(session, document.querySelector('main')!)
