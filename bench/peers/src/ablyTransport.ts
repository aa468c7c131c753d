import { createClientSession } from '@ably/ai-transport/vercel'
import type { InboundMessage } from 'ably'
import type { Peer } from './peer.ts'
import { earlierAnswer, feed } from './peer.ts'

type Client = Parameters<typeof createClientSession>[0]['client']

/** As much of an attached Ably channel as the session touches. */
class Channel {
  readonly name = 'direct'
  readonly state = 'attached'
  deliver: (message: InboundMessage) => void = () => {}
  subscribe(listener: (message: InboundMessage) => void): Promise<null> {
    this.deliver = listener
    return Promise.resolve(null)
  }
  attach(): Promise<null> {
    return Promise.resolve(null)
  }
  on(): void {}
  off(): void {}
  unsubscribe(): void {}
}

let clock = Date.UTC(2026, 0, 1)

function message(name: string, ai: object, fields: Partial<InboundMessage> = {}): InboundMessage {
  const timestamp = (clock += 20)
  const serial = `0${timestamp}-000@bench:000`
  return {
    id: `${serial}:0`,
    name,
    clientId: 'agent',
    connectionId: 'agent-1',
    timestamp,
    extras: { ai },
    action: 'message.create',
    serial,
    annotations: { summary: {} },
    ...fields,
    version: { serial, timestamp },
  }
}

/** One turn as its agent publishes it, recorded from `@ably/ai-transport` 0.8.0 and made anew with other ids. */
function turn(
  count: number,
  tokens: readonly string[],
): { before: InboundMessage[]; tokens: InboundMessage[]; after: InboundMessage[] } {
  const input = `input-${count}`
  const run = {
    'run-id': `run-${count}`,
    'run-client-id': 'reader',
    'invocation-id': `invocation-${count}`,
    'input-client-id': 'reader',
  }
  const asked = { 'input-codec-message-id': input }
  const step = { 'step-id': `invocation-${count}-step-0`, 'step-client-id': 'reader' }
  const codec = { kind: 'text', id: '0' }
  const stepStart = message('ai-step-start', { transport: { ...run, ...step } })
  const output = (status: string) => ({
    transport: {
      role: 'assistant',
      'codec-message-id': `output-${count}`,
      ...run,
      ...asked,
      ...step,
      parent: input,
      stream: 'true',
      status,
      'stream-id': '0',
      'step-start-serial': stepStart.serial,
    },
    codec,
  })
  const create = message('ai-output', output('streaming'), { data: '' })
  const append = (data: string, status: string) =>
    message('ai-output', output(status), {
      data,
      action: 'message.append',
      serial: create.serial,
      id: create.id,
      timestamp: create.timestamp,
    })
  const before = [
    message(
      'ai-input',
      {
        transport: {
          role: 'user',
          'codec-message-id': input,
          'run-client-id': 'reader',
          'event-id': `event-${count}`,
          stream: 'false',
          discrete: 'true',
        },
        codec: { kind: 'user-message', messageId: `m-${count}`, partType: 'text' },
      },
      { data: 'Why?', clientId: 'reader' },
    ),
    message('ai-run-start', { transport: { ...run, ...asked, parent: input } }),
    stepStart,
    create,
  ]
  return {
    before,
    tokens: tokens.map((token) => append(token, 'streaming')),
    after: [
      append('', 'complete'),
      message('ai-step-end', {
        transport: { ...run, ...step, 'step-start-serial': stepStart.serial, 'step-reason': 'complete' },
      }),
      message('ai-run-end', { transport: { ...run, ...asked, 'run-reason': 'complete' } }),
    ],
  }
}

export const ablyTransport: Peer = {
  name: 'Ably AI Transport session',
  async open(messages) {
    let notifications = 0
    let count = 0
    const channel = new Channel()
    const client = { channels: { get: () => channel }, auth: { clientId: 'reader' }, options: {} }
    const session = createClientSession({ client: client as unknown as Client, channelName: channel.name })
    await session.connect()
    for (let i = 0; i < messages / 2; i++) {
      const past = turn(++count, [earlierAnswer])
      for (const each of [...past.before, ...past.tokens, ...past.after]) channel.deliver(each)
    }
    session.view.on('update', () => notifications++)
    const deliver = (each: InboundMessage): void => channel.deliver(each)
    return {
      stream({ texts }) {
        const live = JSON.parse(JSON.stringify(turn(++count, texts))) as ReturnType<typeof turn>
        for (const each of live.before) channel.deliver(each)
        return () => {
          feed(live.tokens, deliver)
          feed(live.after, deliver)
        }
      },
      text: () =>
        session.view
          .getMessages()
          .at(-1)!
          .message.parts.map((part) => (part.type === 'text' ? part.text : ''))
          .join(''),
      notifications: () => notifications,
    }
  },
}
