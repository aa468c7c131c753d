import type { InboundMessage } from 'ably'
import { expect, test } from 'vitest'
import { Conversation } from '../response/conversation.ts'
import { kindsOf } from '../session/feature.ts'
import { allFeatures } from '../session/features.ts'
import { aiTransport } from './index.ts'

const extras = (kind: string) => ({
  ai: { transport: { 'run-id': 'r', stream: 'true', status: 'streaming' }, codec: { kind } },
})

/** What a response shows after some messages, and what was wrong with them. */
function read(messages: readonly object[]) {
  const codec = aiTransport()
  const conversation = new Conversation('channel', kindsOf(allFeatures))
  const reasons: string[] = []
  ;[start, ...messages].forEach((fields, i) => {
    const message = { serial: '01', version: { serial: `0${i}` }, timestamp: 1_000, ...fields }
    try {
      codec.decode(message as unknown as InboundMessage, (event) => {
        event.epoch = 1
        conversation.apply(event, true)
      })
    } catch (error) {
      reasons.push((error as Error).message)
    }
  })
  const response = conversation.find('r')
  response?.refresh()
  return { response: response?.snapshot, reasons }
}

const start = { name: 'ai-run-start', serial: '00', extras: { ai: { transport: { 'run-id': 'r' } } } }
const create = { name: 'ai-output', action: 'message.create', data: 'Hello ', extras: extras('text') }
const append = (fields: object) => ({ action: 'message.append', data: 'you', ...fields })

test.each([
  ['bytes', { data: new Uint8Array([255]) }, 'its data is not text'],
  ['an object', { data: { a: 1 } }, 'its data is not text'],
  ['a cipher', { encoding: 'utf-8/cipher+aes-256-cbc' }, 'it is encrypted'],
])('text that cannot be read is a gap in its place: %s', (_, unreadable, reason) => {
  for (const own of [{ extras: extras('text') }, {}]) {
    const { response, reasons } = read([create, append({ ...own, ...unreadable }), append(own)])
    expect(response).toMatchObject({ text: 'Hello you', gaps: [{ from: 6, to: 6 }] })
    expect(reasons).toEqual([expect.stringContaining(reason)])
  }
})

test('a bare operation without data changes nothing', () => {
  const { response, reasons } = read([create, { action: 'message.update' }])
  expect(response).toMatchObject({ text: 'Hello ', hasGap: false })
  expect(reasons).toEqual([])
})

test.each(['constructor', '__proto__', 'toString'])('a kind that nobody knows is ignored: %s', (kind) => {
  const { response, reasons } = read([create, { ...create, serial: '05', extras: extras(kind) }])
  expect(response).toMatchObject({ text: 'Hello ', hasGap: false })
  expect(reasons).toEqual([])
})
