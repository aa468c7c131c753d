import { describe, expect, test } from 'vitest'
import { allKnown, codec, message, Reader } from '../../test/model/reader.ts'
import type { InboundMessage } from 'ably'

const headers = { responseId: 'r' }
const said = (name: string, data?: unknown): InboundMessage =>
  message({ name, data, headers, clientId: 'agent' })

/** Applies messages as a session does: what cannot be read is reported, and the rest goes on. */
function read(messages: readonly InboundMessage[]): { reader: Reader; reported: string[] } {
  const reader = new Reader()
  reader.conversation.known = allKnown
  const reported: string[] = []
  for (const one of messages)
    try {
      codec.decode(one, (event) => reader.conversation.apply(event, false))
    } catch (cause) {
      reported.push((cause as Error).message)
    }
  return { reader, reported }
}

const unreadable = (name: string): InboundMessage => ({
  ...said(name, new Uint8Array([255, 1])),
  encoding: 'utf-8/cipher+aes-256-cbc',
})

describe('a message that stays encrypted', () => {
  test('leaves a gap of unknown size, until a full text comes, in any order', () => {
    const messages = [
      said('start'),
      said('token', 'Hello '),
      unreadable('token'),
      said('token', 'you'),
      said('stop'),
    ]
    const whole = said('response-complete', 'Hello dear you')
    for (const order of [messages, messages.toReversed()]) {
      const { reader, reported } = read(order)
      expect(reader.response('r')).toMatchObject({ text: 'Hello you', hasGap: true, verified: false })
      expect(reported).toHaveLength(1)
    }
    for (const order of [
      [...messages, whole],
      [whole, ...messages.toReversed()],
    ])
      expect(read(order).reader.response('r')).toMatchObject({ text: 'Hello dear you', hasGap: false })
  })

  test('makes no response', () => {
    const { reader } = read([unreadable('token')])
    expect(reader.conversation.find('r')?.withheld ?? true).toBe(true)
  })

  test('is no text of a message that grows', () => {
    const { reader } = read([unreadable('response'), said('response-end')])
    expect(reader.response('r')).toMatchObject({ text: '', hasGap: true })
  })
})

test('what else cannot be read leaves no gap in the text', () => {
  const { reader, reported } = read([said('token', 'Hello'), said('source', { title: 'no url' })])
  expect(reported).toHaveLength(1)
  expect(reader.response('r')).toMatchObject({ text: 'Hello', hasGap: false })
})
