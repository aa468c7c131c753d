import type { InboundMessage } from 'ably'
import { expect, test } from 'vitest'
import { DirectChannel } from '../../test/model/directChannel.ts'
import { createSession } from '../session/session.ts'
import { aiTransport } from './index.ts'

/** A step whose second attempt makes the first void. */
const retried = ['a', 'b'].flatMap((attempt, i) => {
  const transport = { 'run-id': 'r', 'step-id': 's' }
  const started = { ...transport, 'step-start-serial': attempt, stream: 'true', status: 'complete' }
  return [
    { name: 'ai-step-start', serial: attempt, extras: { ai: { transport } } },
    {
      name: 'ai-output',
      serial: `${attempt}1`,
      data: `Attempt ${i + 1}`,
      extras: { ai: { transport: started, codec: { kind: 'text' } } },
    },
  ]
})

test('sessions that share a codec read each for itself', async () => {
  const codec = aiTransport()
  const both = [new DirectChannel(), new DirectChannel()].map((channel) => ({
    channel,
    session: createSession({
      channel: channel.asChannel(),
      codec,
      hydrate: { load: () => Promise.resolve() },
      presence: false,
      schedule: () => () => {},
    }),
  }))
  for (const { session } of both) await session.ready
  for (const fields of retried)
    for (const { channel } of both) {
      const message = { action: 'message.create', clientId: 'agent', timestamp: 1_000, ...fields }
      channel.deliver({ ...message, version: { serial: fields.serial } } as unknown as InboundMessage)
    }
  const shown = both.map(({ session }) => {
    session.flush()
    return session.getResponse('r')?.text
  })
  expect(shown).toEqual(['Attempt 2', 'Attempt 2'])
})

test('a codec that decodes in its own way stays what it is', () => {
  const codec = { ...aiTransport(), decode: () => {} }
  expect(codec.forSession!()).toBe(codec)
})
