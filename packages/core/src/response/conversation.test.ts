import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { InboundMessage } from 'ably'
import { allKnown, codec, lastSerial, message, Reader } from '../../test/model/reader.ts'
import type { Wire } from '../../test/model/reader.ts'
import { checksum } from '../protocol/checksum.ts'
import { documented } from '../wire/documented.ts'
import { applyRows } from './rows.ts'
import type { ResponseRow, Row } from '../types/types.ts'

const applyRow = (conversation: Reader['conversation'], row: Row) => applyRows(conversation, [row])

describe('message per token', () => {
  test('explicit: start, tokens, stop', () => {
    const headers = { responseId: 'r' }
    const reader = new Reader().read({ name: 'start', headers })
    for (const data of ['Hello', ' ', 'world']) reader.read({ name: 'token', data, headers })
    expect(reader.response('r')).toMatchObject({ status: 'streaming', text: 'Hello world', hasGap: false })
    reader.read({ name: 'stop', headers })
    expect(reader.response('r')).toMatchObject({ status: 'complete', text: 'Hello world' })
  })

  test('correlated: responses interleave and never mix; only the one that grew is told (law 6)', () => {
    const reader = new Reader()
    reader.conversation.known = allKnown
    for (const c of 'abc')
      for (const id of ['x', 'y']) reader.read({ name: 'token', data: c, headers: { responseId: id } })
    expect(reader.publish()).toEqual(['x', 'y'])
    reader.read({ name: 'token', data: '!', headers: { responseId: 'x' } })
    expect(reader.publish()).toEqual(['x'])
    expect([reader.response('x')?.text, reader.response('y')?.text]).toEqual(['abc!', 'abc'])
  })

  test('continuous: one response named after the channel', () => {
    const reader = new Reader()
    reader.conversation.known = allKnown
    for (const data of ['one ', 'two ']) reader.read({ name: 'token', data })
    expect(reader.response('channel')?.text).toBe('one two ')
  })

  test('continuous: goes on with a token after its end, not with a recovery or an edit of what it said', () => {
    const reader = new Reader().read({ name: 'start' })
    reader.read({ name: 'token', data: 'one', serial: 'a1' }).read({ name: 'stop', serial: 'a2' })
    reader.read({ name: 'token', data: 'uno', serial: 'a1', version: 'a3', action: 'update' })
    expect(reader.response('channel')).toMatchObject({ text: 'uno', status: 'complete' })
    reader.read({ name: 'response-complete', data: 'one two', serial: 'a4' })
    expect(reader.response('channel')).toMatchObject({ text: 'one two', status: 'complete' })
    reader.read({ name: 'token', data: ' three', serial: 'a5' })
    expect(reader.response('channel')).toMatchObject({ text: 'one two three', status: 'streaming' })
  })

  test('response-complete replaces, and tells once', () => {
    const headers = { responseId: 'r' }
    const reader = new Reader().read({ name: 'start', headers })
    for (const data of ['Hello', ' world']) reader.read({ name: 'token', data, headers })
    reader.publish()
    reader.read({ name: 'response-complete', data: 'Hello big world', headers })
    expect(reader.response('r')).toMatchObject({ text: 'Hello big world', status: 'complete' })
    reader.read({
      name: 'response-complete',
      data: 'Hello big world',
      headers,
      serial: lastSerial(),
    })
    expect(reader.publish()).toEqual([])
  })
})

test('stamped reasoning tokens are tokens: the one that closes, and one that somebody edits', () => {
  const headers = { responseId: 'r' }
  const reader = new Reader().read({ name: 'start', headers })
  reader.read({ name: 'reasoning', data: 'Hm', headers: { ...headers, end: '2' }, serial: 'a1' })
  reader.read({
    name: 'reasoning',
    data: '',
    headers: { ...headers, end: '2' },
    serial: 'a1',
    version: 'a2',
    action: 'update',
  })
  const closing = { ...headers, end: '2', phase: 'done' }
  reader.read({ name: 'reasoning', data: '', headers: closing, serial: 'a3' })
  expect(reader.response('r')?.parts).toMatchObject([{ type: 'reasoning', text: '', state: 'done' }])
})

test('a response was created when its oldest message was, whichever comes first', () => {
  const reader = new Reader()
  const token = (serial: string, timestamp: number) => ({
    ...message({ name: 'token', data: serial, headers: { responseId: 'r' }, serial }),
    timestamp,
  })
  reader.read(token('2', 2_000)).read(token('1', 1_000), undefined, false)
  expect(reader.response('r')).toMatchObject({ text: '12', createdAt: 1_000 })
})

describe('message per response', () => {
  const headers = { responseId: 'r' }
  test('create, append, update; phase and end', () => {
    const reader = new Reader()
    reader.read({ name: 'response', data: '', headers, serial: 's' })
    reader.read({ name: 'response', data: 'Hello', headers, serial: 's', version: 't1', action: 'append' })
    reader.read({ data: ' world', serial: 's', version: 't2', action: 'append' })
    expect(reader.response('r')).toMatchObject({
      status: 'streaming',
      text: 'Hello world',
      parts: [{ type: 'text', state: 'streaming' }],
    })
    reader.read({ data: '', serial: 's', version: 't3', action: 'append', metadata: { phase: 'done' } })
    expect(reader.response('r')).toMatchObject({ status: 'complete', parts: [{ state: 'done' }] })
    reader.read({ name: 'response', data: 'Redacted', serial: 's', version: 't4', action: 'update' })
    expect(reader.response('r')?.text).toBe('Redacted')
    reader.read({ name: 'response', serial: 's', version: 't5', action: 'delete' })
    expect(reader.response('r')?.text).toBe('')
  })

  test('with header rejoin only the end marker ends; length and checksum verify', () => {
    const strict = { responseId: 'r', rejoin: '1', part: '0' }
    const reader = new Reader()
    reader.read({ name: 'response', data: 'Hi', headers: strict, serial: 's' })
    reader.read({
      data: '',
      serial: 's',
      version: 't1',
      action: 'append',
      metadata: { phase: 'done', end: '2', checksum: checksum('Hi') },
    })
    expect(reader.response('r')).toMatchObject({ status: 'streaming', verified: false })
    reader.read({ name: 'response-end', headers: strict })
    expect(reader.response('r')).toMatchObject({ status: 'complete', verified: true, hasGap: false })
  })

  test('a text of a response that has ended is done, also where an edit hides what was said of its own end', () => {
    const strict = { responseId: 'r', rejoin: '1', part: '0' }
    const reader = new Reader()
    // As history has it: the newest version alone.
    reader.read({ name: 'response', data: '[edited]', headers: strict, action: 'update', version: 't3' })
    expect(reader.response('r')).toMatchObject({ status: 'streaming', parts: [{ state: 'streaming' }] })
    reader.read({ name: 'response-end', headers: strict })
    expect(reader.response('r')).toMatchObject({ status: 'complete', parts: [{ state: 'done' }] })
  })

  test('a declared checksum that does not agree is never shown as right', () => {
    const reader = new Reader()
    reader.read({ name: 'response', data: 'Ho', headers, serial: 's' })
    reader.read({
      data: '',
      serial: 's',
      version: 't1',
      action: 'append',
      metadata: { phase: 'done', end: '2', checksum: checksum('Hi') },
    })
    expect(reader.response('r')).toMatchObject({ verified: false, hasGap: true })
  })

  test('reasoning, text and a tool call, in order; reasoning that turns out to grow becomes a part of its own', () => {
    const reader = new Reader()
    reader.read({ name: 'reasoning', data: 'Let me', headers, serial: 'a1' })
    reader.read({ name: 'reasoning', data: ' think', headers, serial: 'a1', version: 'a2', action: 'append' })
    reader.read({ name: 'response', data: 'Hello', headers, serial: 'a3' })
    reader.read({
      name: 'tool_call',
      data: { name: 'w', args: '{"city":"Rome"}' },
      headers: { ...headers, toolCallId: 'c1' },
      serial: 'a4',
    })
    reader.read({
      name: 'tool_result',
      data: { name: 'w', result: 21 },
      headers: { ...headers, toolCallId: 'c1' },
      serial: 'a5',
    })
    expect(reader.response('r')?.parts).toMatchObject([
      { type: 'reasoning', text: 'Let me think' },
      { type: 'text', text: 'Hello' },
      { type: 'tool-w', state: 'output-available', input: { city: 'Rome' }, output: 21 },
    ])
  })

  test('tool arguments that stream', () => {
    const reader = new Reader()
    const h = { ...headers, toolCallId: 'c1', toolName: 'w' }
    reader.read({ name: 'tool_call', data: '{"ci', headers: h, serial: 'a1' })
    expect(reader.response('r')?.parts).toMatchObject([
      { type: 'tool-w', state: 'input-streaming', inputText: '{"ci' },
    ])
    reader.read({
      name: 'tool_call',
      data: 'ty":1}',
      headers: h,
      serial: 'a1',
      version: 'a2',
      action: 'append',
      metadata: { phase: 'done' },
    })
    expect(reader.response('r')?.parts).toMatchObject([
      { type: 'tool-w', state: 'input-available', input: { city: 1 } },
    ])
  })

  test('a response named by its serial takes its id when a later delivery tells it', () => {
    const reader = new Reader()
    reader.read({ name: 'response', data: 'Hello', serial: 's' })
    expect(reader.response('s')?.text).toBe('Hello')
    reader.read({
      name: 'response',
      data: 'Hello you',
      headers,
      serial: 's',
      version: 't1',
      action: 'update',
    })
    expect(reader.response('r')?.text).toBe('Hello you')
    expect(reader.conversation.structure.entries.shown.refs.map((m) => m.id)).toEqual(['r'])
  })
})

describe('the list', () => {
  test('a response moves to where its first message stands, when that is read after the others', () => {
    const reader = new Reader()
    reader.read({ name: 'start', headers: { responseId: 'a' }, serial: 'a2' })
    reader.read({ name: 'token', data: 'b', headers: { responseId: 'b' }, serial: 'a3' })
    reader.publish()
    expect(reader.conversation.structure.entries.shown.refs.map((m) => m.id)).toEqual(['a', 'b'])
    reader.read({ name: 'start', headers: { responseId: 'b' }, serial: 'a1' }, undefined, false)
    reader.publish()
    expect(reader.conversation.structure.entries.shown.refs.map((m) => m.id)).toEqual(['b', 'a'])
  })
})

describe('an app’s own conventions', () => {
  test('names and headers are mapped', () => {
    const own = documented({
      names: { token: ['chunk', 'piece'], stop: 'fin' },
      headers: { responseId: 'answer_id' },
    })
    const reader = new Reader()
    reader.conversation.known = allKnown
    for (const wire of [
      { name: 'chunk', data: 'Hel', headers: { answer_id: 'r' } },
      { name: 'piece', data: 'lo', headers: { answer_id: 'r', responseId: 'other' } },
      { name: 'token', data: 'no name of ours', headers: { answer_id: 'r' } },
      { name: 'fin', headers: { answer_id: 'r' } },
    ])
      own.decode(message(wire), (event) => reader.conversation.apply(event, true))
    expect(reader.response('r')).toMatchObject({ text: 'Hello', status: 'complete' })
    expect(reader.conversation.structure.entries.shown.refs).toHaveLength(1)
  })
})

describe('stamps that cannot be trusted', () => {
  const headers = { responseId: 'r' }
  const create = { name: 'response', data: '', headers, serial: 's' }
  const append = (version: string, data: string, end?: string): Wire => ({
    data,
    serial: 's',
    version,
    action: 'append',
    ...(end !== undefined && { metadata: { end } }),
  })

  test('no number: as if there were none (§5.10)', () => {
    for (const end of ['-1', '1.5', 'x', '', ' ', '1e400']) {
      const reader = new Reader()
        .read(create)
        .read(append('t1', 'Hello', end))
        .read(append('t2', ' you', end))
      expect(reader.response('r')).toMatchObject({ text: 'Hello you', hasGap: false, verified: false })
    }
  })

  test('counted in another unit: shown, and never as exact or verified', () => {
    // Bytes instead of code units: every accent looks like something missing.
    const reader = new Reader()
      .read(create)
      .read(append('t1', 'é', '2'))
      .read(append('t2', 'é', '4'))
    expect(reader.response('r')).toMatchObject({ text: 'éé', hasGap: true, verified: false })
    // Too small: the full text contradicts its stamp.
    const small = new Reader().read({
      name: 'response',
      data: 'Hello',
      headers,
      serial: 's',
      version: 't1',
      action: 'update',
      metadata: { end: '2' },
    })
    expect(small.response('r')).toMatchObject({ text: 'Hello', hasGap: true })
  })

  test('a stamped stream that an older agent continues without stamps', () => {
    const reader = new Reader()
      .read(create)
      .read(append('t1', 'Hello', '5'))
      .read(append('t2', ' you'))
      .read(append('t3', ' there'))
    expect(reader.response('r')).toMatchObject({ text: 'Hello you there', hasGap: false, verified: false })
    const tokens = new Reader().read({ name: 'start', headers })
    tokens
      .read({ name: 'token', data: 'Hello', headers: { ...headers, end: '5' } })
      .read({ name: 'token', data: ' you', headers })
    tokens.read({ name: 'token', data: '!', headers: { ...headers, end: '10' } })
    expect(tokens.response('r')).toMatchObject({ text: 'Hello you!', hasGap: false })
  })

  test('a token that someone edited twice: the older edit, once more, changes nothing', () => {
    const reader = new Reader()
    const headers = { responseId: 'r' }
    reader.read({ name: 'token', data: 'secret', serial: '00', headers })
    const first = message({
      name: 'token',
      data: '[1]',
      action: 'update',
      serial: '00',
      version: '001',
      headers,
    })
    reader.read(first)
    reader.read({ name: 'token', data: '[2]', action: 'update', serial: '00', version: '002', headers })
    reader.read(first)
    expect(reader.response('r')?.text).toBe('[2]')
  })

  test('a token that someone edited or deleted', () => {
    const reader = new Reader().read({ name: 'start', headers })
    for (const [serial, data] of [
      ['a1', 'one '],
      ['a2', 'two '],
      ['a3', 'three'],
    ])
      reader.read({ name: 'token', data, headers, serial })
    reader.read({ name: 'token', data: '[…] ', headers, serial: 'a2', version: 'a9', action: 'update' })
    expect(reader.response('r')).toMatchObject({ text: 'one […] three', hasGap: false })
    reader.read({ name: 'token', headers, serial: 'a1', version: 'b1', action: 'delete' })
    expect(reader.response('r')?.text).toBe('[…] three')
  })
})

describe('database rows', () => {
  const headers = { responseId: 'r' }
  test('a complete row wins over the channel’s past, and a newer version on the channel shows', () => {
    const reader = new Reader()
    applyRow(reader.conversation, {
      id: 'r',
      role: 'assistant',
      parts: [{ type: 'text', text: 'From the row', serial: 's', version: 't5' }],
    })
    reader.read(
      { name: 'response', data: 'Older', headers, serial: 's', version: 't4', action: 'update' },
      undefined,
      false,
    )
    expect(reader.response('r')).toMatchObject({ text: 'From the row', status: 'complete' })
    reader.read({ name: 'response', data: 'Redacted', headers, serial: 's', version: 't6', action: 'update' })
    expect(reader.response('r')).toMatchObject({ text: 'Redacted', parts: [{ text: 'Redacted' }] })
  })

  test('a row without ids of the channel joins by responseId, never twice', () => {
    const reader = new Reader()
    reader.read(
      { name: 'response', data: 'Whole', headers, serial: 's', action: 'update', version: 't1' },
      undefined,
      false,
    )
    applyRow(reader.conversation, { id: 'r', role: 'assistant', text: 'Whole' })
    reader.read(
      { name: 'response', data: 'Whole', headers, serial: 's', action: 'update', version: 't1' },
      undefined,
      false,
    )
    expect(reader.response('r')).toMatchObject({ text: 'Whole', status: 'complete' })
    expect(reader.conversation.structure.entries.shown.refs).toEqual([{ id: 'r', role: 'assistant' }])
  })

  test('a partial row gives way to the channel, and stamped tokens go on where it ends', () => {
    const plain = new Reader()
    applyRow(plain.conversation, { id: 'r', role: 'assistant', text: 'Hel', status: 'streaming' })
    expect(plain.response('r')).toMatchObject({ text: 'Hel', status: 'streaming' })
    plain.read({ name: 'response', data: 'Hello', headers, serial: 's', action: 'update', version: 't1' })
    expect(plain.response('r')?.text).toBe('Hello')
    const stamped = new Reader()
    applyRow(stamped.conversation, {
      id: 'r',
      role: 'assistant',
      parts: [{ type: 'text', id: 'text', text: 'Hel' }],
      status: 'streaming',
    })
    stamped.read({ name: 'token', data: 'llo', headers: { ...headers, end: '5' } })
    expect(stamped.response('r')).toMatchObject({ text: 'Hello', hasGap: false })
  })
})

describe('rows and what the channel says after them', () => {
  const headers = { responseId: 'r' }
  const tool = { headers: { ...headers, toolCallId: 'c' } }
  const row = (status: 'complete' | 'streaming'): ResponseRow => ({
    id: 'r',
    role: 'assistant',
    status,
    parts: [
      { type: 'text', text: 'Rome:' },
      { type: 'tool-w', id: '1', toolCallId: 'c', state: 'output-available', input: { q: 1 }, output: 21 },
      { type: 'data-d', id: '2', data: 1 },
    ],
  })

  test('one live message of a tool adds to what the row knows of it, and makes no second part', () => {
    const reader = new Reader()
    applyRow(reader.conversation, row('complete'))
    reader.read({ name: 'tool_progress', data: { name: 'w', percentComplete: 100 }, ...tool })
    reader.read({ name: 'data-d', data: { n: 2 }, headers: { ...headers, part: '2' } })
    expect(reader.response('r')).toMatchObject({
      status: 'complete',
      parts: [
        { text: 'Rome:' },
        {
          type: 'tool-w',
          id: 'c',
          state: 'output-available',
          input: { q: 1 },
          output: 21,
          progress: { percentComplete: 100 },
        },
        { type: 'data-d', data: { n: 2 } },
      ],
    })
    reader.read({ name: 'tool_result', data: { name: 'w', result: 22 }, ...tool })
    expect(reader.response('r')?.parts[1]).toMatchObject({ input: { q: 1 }, output: 22 })
  })

  test('an unfinished row gives way to the channel; what the channel told stays', () => {
    const reader = new Reader()
    applyRow(reader.conversation, row('streaming'))
    reader.read({ name: 'tool_result', data: { name: 'w', result: 22 }, ...tool })
    reader.read({ name: 'response', data: 'Roma', headers })
    expect(reader.response('r')?.parts).toMatchObject([
      { type: 'tool-w', output: 22 },
      { type: 'text', text: 'Roma' },
    ])
  })

  test('a row that names no parts is not taken for the part of that number', () => {
    const reader = new Reader()
    applyRow(reader.conversation, { id: 'r', role: 'assistant', status: 'streaming', text: 'Hello' })
    const ours = { ...headers, rejoin: '1' }
    reader.read({ name: 'reasoning', data: 'Hm', headers: { ...ours, part: '0', end: '2' } })
    reader.read({ name: 'token', data: 'Hello', headers: { ...ours, part: '1', end: '5' } })
    expect(reader.response('r')).toMatchObject({
      text: 'Hello',
      parts: [
        { type: 'reasoning', id: '0', text: 'Hm' },
        { type: 'text', id: '1', text: 'Hello' },
      ],
    })
  })
})

describe('text of any kind', () => {
  test('halves of a pair in two tokens, right to left, NUL, joined emoji, a megabyte at once', () => {
    const texts = ['\ud83d', '\ude00', 'שלום', '\0', '👩‍👩‍👧', 'x'.repeat(1 << 20), '‮abc']
    let truth = ''
    const reader = new Reader().read({ name: 'start', headers: { responseId: 'r' } })
    for (const text of texts) {
      truth += text
      reader.read({ name: 'token', data: text, headers: { responseId: 'r', end: String(truth.length) } })
      expect(reader.response('r')).toMatchObject({ text: truth, hasGap: false })
    }
  })

  test('data that is deep, cyclic or of a strange kind is kept as it is, or skipped', () => {
    const cyclic: Record<string, unknown> = {}
    cyclic.self = cyclic
    let deep: unknown = 0
    for (let i = 0; i < 10_000; i++) deep = [deep]
    const reader = new Reader()
    const headers = { responseId: 'r', toolCallId: 'c' }
    for (const data of [cyclic, deep, new Map(), Symbol('s'), 10n, Number.NaN])
      for (const name of [
        'data-x',
        'tool_call',
        'tool_result',
        'source',
        'user-input',
        'token',
        'response-end',
      ])
        try {
          reader.read({ name, data, headers })
        } catch (error) {
          expect((error as Error).constructor).toBe(Error)
        }
    expect(reader.response('r')?.id).toBe('r')
  })
})

describe('law 8: never throws on what arrives', () => {
  test('any shape of message is read or skipped, and what is known stays', () => {
    const names = [
      'token',
      'start',
      'stop',
      'response',
      'reasoning',
      'response-complete',
      'tool_call',
      'tool_result',
      'user-input',
      'data-x',
      'source',
      'approval-request',
      'odd',
    ]
    const headers = fc.dictionary(
      fc.constantFrom(
        'responseId',
        'end',
        'part',
        'checksum',
        'phase',
        'toolCallId',
        'toolName',
        'rejoin',
        'status',
      ),
      fc.oneof(fc.string(), fc.integer(), fc.constant('5'), fc.constant('r')),
    )
    const wild = fc.record(
      {
        name: fc.oneof(fc.constantFrom(...names), fc.anything()),
        data: fc.oneof(fc.string({ unit: 'binary' }), fc.anything(), fc.uint8Array()),
        action: fc.oneof(
          fc.constantFrom(
            'message.create',
            'message.append',
            'message.update',
            'message.delete',
            'message.summary',
          ),
          fc.anything(),
        ),
        serial: fc.oneof(fc.string(), fc.anything()),
        version: fc.oneof(
          fc.record({ serial: fc.string(), metadata: fc.oneof(headers, fc.anything()) }),
          fc.anything(),
        ),
        extras: fc.oneof(fc.record({ headers }), fc.anything()),
        timestamp: fc.anything(),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.array(wild, { maxLength: 20 }), (messages) => {
        const reader = new Reader()
        reader.read({ name: 'start', headers: { responseId: 'known' } })
        reader.read({ name: 'token', data: 'kept', headers: { responseId: 'known' } })
        for (const m of messages) {
          try {
            codec.decode(m as unknown as InboundMessage, (event) => reader.conversation.apply(event, true))
          } catch (error) {
            // A codec refuses with a plain reason; a TypeError would be a bug of the reader.
            expect((error as Error).constructor).toBe(Error)
          }
          reader.publish()
        }
        expect(reader.response('known')?.text).toBe('kept')
      }),
      { numRuns: 3000 },
    )
  })
})

test('a plain reasoning message is redacted by an operation that names its serial only', () => {
  const reader = new Reader()
  reader.read({ name: 'reasoning', data: 'A secret', headers: { responseId: 'r' }, serial: '00000000' })
  reader.read({ action: 'update', serial: '00000000', version: '99999999', data: '[redacted]' })
  expect(reader.response('r')).toMatchObject({ parts: [{ type: 'reasoning', text: '[redacted]' }] })
})
