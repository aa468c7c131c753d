import { encodeValue } from '../wire/codec.ts'
import type { WireMessage } from '../wire/protocol.ts'

/** The messages of one frame, for one rule. */
export interface Delivery {
  appId: string
  ruleId: string
  channel: string
  serial: string
  timestamp: number
  messages: readonly WireMessage[]
}

export interface Body {
  headers: Record<string, string>
  content: Buffer
}

const site = 'local'
const source = 'channel.message'
const version = { 'X-Ably-Version': '1.2' }
const json = { ...version, 'Content-Type': 'application/json' }

/** Builds the body of a single request: one message in its envelope. */
export function enveloped({ appId, ruleId, channel, timestamp }: Delivery, message: WireMessage): Body {
  const envelope = { source, appId, channel, site, ruleId, timestamp, messages: [message] }
  return { headers: json, content: encodeValue(envelope, 'json') }
}

/** Builds the body of a single request without an envelope: the payload, with the rest in headers. */
export function bare({ appId, ruleId, channel }: Delivery, message: WireMessage): Body {
  const { data, encoding, name, clientId, connectionId, id, timestamp } = message
  const isJson = encoding?.split('/')[0] === 'json'
  const type = Buffer.isBuffer(data) ? 'application/octet-stream' : isJson ? 'application/json' : 'text/plain'
  const about: Record<string, string | undefined> = {
    'X-Ably-Envelope-AppId': appId,
    'X-Ably-Envelope-Channel': channel,
    'X-Ably-Envelope-Rule-Id': ruleId,
    'X-Ably-Envelope-Site': site,
    'X-Ably-Envelope-Source': source,
    'X-Ably-Message-Name': name,
    'X-Ably-Message-Client-Id': clientId,
    'X-Ably-Message-Connection-Id': connectionId,
    'X-Ably-Message-Id': id,
    'X-Ably-Message-Timestamp': timestamp === undefined ? undefined : String(timestamp),
  }
  const headers: Record<string, string> = { ...version, 'Content-Type': type }
  for (const [header, value] of Object.entries(about)) {
    // Headers hold only these characters.
    if (value !== undefined) headers[header] = value.replaceAll(/[^\x20-\x7e]/g, '?')
  }
  return { headers, content: Buffer.isBuffer(data) ? data : Buffer.from(data ?? '') }
}

/** Builds the body of a batched request: one item per frame. */
export function batch(deliveries: readonly Delivery[]): Body {
  const items = deliveries.map(({ ruleId, channel, serial, timestamp, messages }) => ({
    webhookId: ruleId,
    source,
    serial,
    timestamp,
    name: source,
    data: { channelId: channel, site, messages },
  }))
  return { headers: json, content: encodeValue({ items }, 'json') }
}
