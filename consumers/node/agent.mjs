// An agent as a program of its own, for `rejoin check-agent`.
import { createAgent } from '@rejoin/agent'
import { Realtime } from 'ably'

const { ABLY_API_KEY: key, ABLY_HOST: endpoint, ABLY_PORT: port, ABLY_CHANNEL: channelName } = process.env
const client = new Realtime({ key, endpoint, port: Number(port), tls: false, clientId: 'agent', logLevel: 0 })
const agent = createAgent({ client, channelName })
agent.onPrompt(async (_prompt, response) => {
  for (const word of ['A rope 🪢 ', 'is a bundle ', 'of fibres.']) response.append(word)
})
await agent.ready
