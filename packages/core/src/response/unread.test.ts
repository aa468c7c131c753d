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

const binary = new Uint8Array([255, 1])

describe('text that cannot be read', () => {
  test.each([binary, { a: 1 }, 7, true])('leaves a gap where it belongs: %j', (data) => {
    const messages = [said('start'), said('token', 'Hello '), said('token', data), said('token', 'you')]
    for (const order of [messages, messages.toReversed()])
      expect(read(order).reader.response('r')).toMatchObject({
        text: 'Hello you',
        gaps: [{ part: 'text', from: 6, to: 6, missing: undefined }],
      })
  })

  test('is read when it comes again in a form that can be', () => {
    const known = [said('start'), said('token', 'Hello ')]
    const bad = said('token', binary)
    const { reader } = read([...known, bad, { ...bad, data: 'you' }])
    expect(reader.response('r')).toMatchObject({ text: 'Hello you', hasGap: false })
  })

  test('lacks what its stamp says', () => {
    const stamped = (data: unknown, end: string): InboundMessage =>
      message({ name: 'token', data, headers: { ...headers, rejoin: '1', part: '0', end } })
    const { reader } = read([stamped('Hello ', '6'), stamped(7, '11'), stamped('you', '14')])
    expect(reader.response('r')).toMatchObject({ gaps: [{ part: '0', from: 6, to: 6, missing: 5 }] })
    const whole = read([stamped('Hello ', '6'), stamped(7, '6'), stamped('you', '9')])
    expect(whole.reader.response('r')).toMatchObject({ text: 'Hello you', hasGap: false })
  })

  test('is missing in its own part, whatever becomes of others', () => {
    const create = said('response', 'one')
    const other = said('response', 'two')
    const operation = (of: InboundMessage, action: string, data: unknown): InboundMessage =>
      message({
        name: 'response',
        headers,
        action,
        serial: of.serial!,
        version: `v${said('').serial}`,
        data,
        clientId: 'agent',
      })
    const messages = [create, operation(create, 'append', binary), other]
    const repaired = [...messages, operation(other, 'update', 'TWO')]
    expect(read(repaired).reader.response('r')).toMatchObject({
      text: 'oneTWO',
      gaps: [{ part: create.serial, from: 3, to: 3 }],
    })
    const whole = [...repaired, operation(create, 'update', 'ONE')]
    for (const order of [whole, whole.toReversed()])
      expect(read(order).reader.response('r')).toMatchObject({ text: 'ONETWO', hasGap: false })
  })

  test('at the beginning of a message that grows', () => {
    const create = said('response', 7)
    const append = message({ action: 'append', serial: create.serial!, version: 'v', data: 'you' })
    const { reader } = read([said('start'), create, append])
    expect(reader.response('r')).toMatchObject({ text: 'you', gaps: [{ from: 0, to: 0 }] })
  })

  test('a token that grows is none', () => {
    const token = said('token', 'Hello')
    const append: InboundMessage = {
      ...said('token', ' you'),
      action: 'message.append',
      serial: token.serial!,
    }
    expect(read([said('start'), token, append]).reader.response('r')).toMatchObject({ hasGap: true })
  })

  test('of an edit leaves what is known', () => {
    const create = said('response', 'one')
    const edit = message({ action: 'update', serial: create.serial!, version: 'v', data: 7 })
    expect(read([said('start'), create, edit]).reader.response('r')).toMatchObject({
      text: 'one',
      hasGap: true,
    })
  })

  test('is not sought in the past', () => {
    const stamped = { ...headers, rejoin: '1', part: '0' }
    const create = message({ name: 'response', data: 7, headers: stamped })
    const end = message({ name: 'response-end', headers: stamped })
    const { conversation } = read([said('start'), create, end]).reader
    expect(conversation.find('r')!.needsPast).toBe(false)
  })

  test('what follows it on its message begins its response', () => {
    const create = said('response', 7)
    const append: InboundMessage = {
      ...said('response', 'you'),
      action: 'message.append',
      serial: create.serial!,
    }
    expect(read([create, append]).reader.response('r')).toMatchObject({ text: 'you', hasGap: true })
  })

  test('a full text that is edited is another for readers who are there, and for those who come later', () => {
    const known = [said('start'), said('token', 'Hel')]
    const complete = said('response-complete', 'Hello you')
    const operate = (action: 'append' | 'update', data: string): InboundMessage => ({
      ...complete,
      data,
      action: `message.${action}`,
      version: message({ action, serial: complete.serial!, version: `${complete.serial}~` }).version,
    })
    for (const messages of [[complete, operate('update', 'Hello')], [operate('update', 'Hello')]])
      expect(read([...known, ...messages]).reader.response('r')).toMatchObject({
        text: 'Hello',
        hasGap: false,
      })
    const grown = read([...known, complete, operate('append', ' there')]).reader.response('r')
    expect(grown).toMatchObject({ text: 'Hello you', hasGap: true })
  })

  test('a full text that was deleted shows for nobody', () => {
    const complete = said('response-complete', 'Hello you')
    const deleted: InboundMessage = { ...complete, action: 'message.delete', data: undefined }
    const tokens = [said('start'), said('token', 'Hello'), complete]
    expect(read([...tokens.slice(0, 2), deleted]).reader.response('r')).toMatchObject({
      text: '',
      hasGap: false,
    })
  })
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
