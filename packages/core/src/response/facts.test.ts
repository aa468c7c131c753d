import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checksum } from '../protocol/checksum.ts'
import { Reader, allKnown, codec, message } from '../../test/model/reader.ts'
import type { Wire } from '../../test/model/reader.ts'

const headers = { responseId: 'r', rejoin: '1' }
let at = 0
const next = () => String(++at).padStart(6, '0')
const token = (text: string, end: number, part = '0'): Wire => ({
  name: 'token',
  data: text,
  serial: next(),
  headers: { ...headers, part, end: String(end) },
})
const closing = (text: string, part = '0'): Wire => ({
  name: 'token',
  data: '',
  serial: next(),
  headers: { ...headers, part, end: String(text.length), phase: 'done', checksum: checksum(text) },
})
const stop = (data?: object, more = {}): Wire => ({
  name: 'stop',
  serial: next(),
  data,
  headers: { ...headers, ...more },
})

/** The same messages in any order end in the same state. */
function everyOrder(messages: Wire[], check: (response: ReturnType<Reader['response']>) => void): void {
  const made = messages.map((wire) => message(wire))
  fc.assert(
    fc.property(fc.shuffledSubarray(made, { minLength: made.length }), (order) => {
      const reader = new Reader()
      for (const one of order) {
        reader.read(one)
        if (order.length % 2) reader.publish()
      }
      reader.conversation.known = allKnown
      check(reader.response('r'))
    }),
    { numRuns: 60 },
  )
}

describe('how a response ended (PROTOCOL.md §3.3)', () => {
  test('finishReason, usage and the provider’s word are the response’s', () => {
    const usage = { inputTokens: 3, outputTokens: 5 }
    everyOrder(
      [
        token('Half', 4),
        closing('Half'),
        stop({ finishReason: 'length', rawFinishReason: 'max_tokens', usage }),
      ],
      (response) =>
        expect(response).toMatchObject({
          status: 'complete',
          finishReason: 'length',
          rawFinishReason: 'max_tokens',
          usage,
        }),
    )
  })

  test('a plain end with a message is an error, one with a reason of its own is not', () => {
    for (const [data, status] of [
      [{ message: 'overloaded', code: '529' }, 'error'],
      [{ finishReason: 'error' }, 'error'],
      [{ finishReason: 'stop', message: 'fine' }, 'complete'],
      [{ finishReason: 'nonsense' }, 'complete'],
      [undefined, 'complete'],
      ['text', 'complete'],
      [[1], 'complete'],
    ] as const) {
      const reader = new Reader()
      reader.read(token('Hi', 2)).read({ ...stop(), data })
      expect(reader.response('r')?.status).toBe(status)
    }
  })

  test.each([
    ['error', false, stop({ message: 'broke off' }, { status: 'error' })],
    ['stopped', false, stop(undefined, { status: 'stopped' })],
    ['streaming', false, undefined],
    ['suspended', false, { name: 'suspend', data: { toolCallIds: ['t'] }, serial: next(), headers }],
    ['complete', true, stop()],
  ] as const)('%s: verified is %s, though every checksum agrees', (status, verified, end) => {
    const reader = new Reader().read({ name: 'start', headers })
    reader.read(token('Hi', 2)).read(closing('Hi'))
    if (end) reader.read(end.name === 'suspend' ? { ...end, serial: next() } : end)
    expect(reader.response('r')).toMatchObject({ status, verified, text: 'Hi' })
  })

  test('a response whose agent left is not verified', () => {
    const reader = new Reader().read({ name: 'start', headers })
    reader.read(token('Hi', 2)).read(closing('Hi'))
    const response = reader.conversation.find('r')!
    expect(response.interrupt()).toBe(true)
    reader.conversation.touch(response, true)
    expect(reader.response('r')).toMatchObject({ status: 'interrupted', verified: false })
  })

  test('a message that comes again does not bring back an agent that left; a new one does', () => {
    const first = message(token('Hi', 2))
    const reader = new Reader().read(first)
    reader.conversation.find('r')!.interrupt()
    reader.read(first)
    expect(reader.response('r')!.status).toBe('interrupted')
    const later = message(token(' you', 6))
    reader.read({ ...later, version: { ...later.version, timestamp: 2_000 } })
    expect(reader.response('r')!.status).toBe('streaming')
  })

  test('an edit of somebody else does not bring back an agent that left', () => {
    const first = message(token('Hi', 2))
    const reader = new Reader().read(first)
    reader.conversation.find('r')!.interrupt()
    const version = { serial: next(), timestamp: 2_000 }
    codec.decode({ ...first, data: '**', action: 'message.update', version }, (event) =>
      reader.conversation.apply(Object.assign(event, { editor: 'moderator' }), true),
    )
    expect(reader.response('r')).toMatchObject({ status: 'interrupted', text: '**' })
  })

  test('a response first heard through an edit of somebody else is one whose agent was not watched', () => {
    const { conversation } = new Reader().read(token('Hi', 2))
    expect([conversation.find('r')!.agent.attended, conversation.unattended]).toEqual([true, false])
    const edited = message({ ...token('Hi', 2), headers: { ...headers, responseId: 'other' } })
    const version = { serial: next(), timestamp: 2_000 }
    codec.decode({ ...edited, data: '**', action: 'message.update', version }, (event) =>
      conversation.apply(Object.assign(event, { editor: 'moderator' }), true),
    )
    expect([conversation.find('other')!.agent.attended, conversation.unattended]).toEqual([false, true])
  })

  test('a later message first heard through an edit of somebody else tells nothing of an agent of the past', () => {
    const { conversation } = new Reader().read({ ...token('Hi', 2), clientId: 'agent' }, undefined, false)
    const edited = { ...message({ ...token(' you', 6), clientId: 'agent' }), timestamp: 1_500 }
    const version = { serial: next(), timestamp: 2_000 }
    codec.decode({ ...edited, data: '**', action: 'message.update', version }, (event) =>
      conversation.apply(Object.assign(event, { editor: 'moderator' }), true),
    )
    expect([conversation.find('r')!.agent.attended, conversation.unattended]).toEqual([false, true])
  })

  test('of a message that comes after its agent has left, or once more after that, the session asks', () => {
    const reader = new Reader()
    const { conversation } = reader
    conversation.isHere = () => false
    const asked = () => {
      const { agent } = conversation.find('r')!
      const before = [agent.attended, conversation.unattended]
      conversation.unattended = false
      agent.attended = true
      return before
    }
    reader.read(message({ ...token('Hi', 2), clientId: 'agent' }))
    expect(asked()).toEqual([false, true])
    // It was asked: what follows asks no more.
    const say = (text: string, end: number, timestamp: number) => {
      const later = message({ ...token(text, end), clientId: 'agent' })
      reader.read({ ...later, version: { ...later.version, timestamp } })
    }
    say(' you', 6, 2_000)
    expect(asked()).toEqual([true, false])
    conversation.find('r')!.interrupt()
    say(' too', 10, 3_000)
    expect(asked()).toEqual([false, true])
    conversation.isHere = () => true
    conversation.find('r')!.interrupt()
    say('!', 11, 4_000)
    expect(asked()).toEqual([true, false])
  })

  test('who is present tells once an agent promises to be: an older message may say so', () => {
    const reader = new Reader()
    const begin = message({ name: 'start', headers })
    reader.read({ name: 'token', data: 'Hi', headers: { responseId: 'r' }, clientId: 'agent' })
    expect(reader.conversation.find('r')!.agent.attended).toBe(true)
    reader.read({ ...begin, clientId: 'agent' }, undefined, false)
    expect(reader.conversation.find('r')!.agent.attended).toBe(false)
  })

  test('of a stop and a complete end, the stop counts in every order', () => {
    everyOrder([token('Hi', 2), { name: 'cancelled', serial: next(), headers }, stop()], (response) =>
      expect(response?.status).toBe('stopped'),
    )
  })
})

describe('metadata', () => {
  test('the newest object is the metadata, and its words come through', () => {
    const metadata = (data: object): Wire => ({ name: 'response-metadata', data, serial: next(), headers })
    everyOrder([metadata({ model: 'm', a: 1 }), token('Hi', 2), metadata({ model: 'n' })], (response) =>
      expect(response?.metadata).toEqual({ model: 'n' }),
    )
  })

  test('updatedAt is when something of it last came', () => {
    const reader = new Reader()
    const first = message(token('a', 1))
    const later = message(token('b', 2))
    Object.assign(later, { timestamp: 5_000, version: { ...later.version, timestamp: 5_000 } })
    reader.read(later).read(first)
    expect(reader.response('r')?.updatedAt).toBe(5_000)
  })

  test('what the provider says of a part comes before or after it; an edited text loses it', () => {
    const signature = { anthropic: { signature: 'abc' } }
    const said: Wire = {
      name: 'part-metadata',
      data: { providerMetadata: signature },
      serial: next(),
      headers: { ...headers, part: '0' },
    }
    const text = token('Hi', 2)
    everyOrder([said, text], (response) =>
      expect(response?.parts).toMatchObject([{ text: 'Hi', providerMetadata: signature }]),
    )
    const reader = new Reader().read(said).read(text)
    reader.read({ ...text, data: 'Ho', action: 'update', version: next() })
    const [part] = reader.response('r')!.parts
    expect(part).toMatchObject({ text: 'Ho' })
    expect(part).not.toHaveProperty('providerMetadata')
  })
})

describe('retracting (PROTOCOL.md §5.11)', () => {
  test('the state is that of a run that never wrote the retracted parts, in every order', () => {
    const kept = [token('Oslo.', 5, '3'), closing('Oslo.', '3')]
    const withdrawn = [
      token('The capital', 11, '1'),
      { name: 'data-x', data: 1, serial: next(), headers: { ...headers, part: '2' } },
      {
        name: 'tool_call',
        data: { name: 'look', args: {} },
        serial: next(),
        headers: { ...headers, toolCallId: 't', part: '4' },
      },
      // With a gap before it: a gap of a retracted part is none.
      token('late', 99, '1'),
    ]
    const end = stop({ finishReason: 'stop' })
    const retract: Wire = { name: 'retract', data: { parts: ['1', '2', '4'] }, serial: next(), headers }
    everyOrder([...withdrawn, retract, ...kept, end], (response) => {
      const clean = new Reader()
      for (const wire of [...kept, end]) clean.read(message(wire))
      clean.conversation.known = allKnown
      const { parts, text, hasGap, status, verified } = clean.response('r')!
      expect(response).toMatchObject({ parts, text, hasGap, status, verified })
    })
  })

  test('a response that is retracted whole is not open, and its prompt waits for an answer again', () => {
    const asked = { ...headers, promptId: 'p' }
    const reader = new Reader().read({ name: 'user-input', data: { promptId: 'p', text: 'Hi' } })
    reader.read({ ...token('Hi', 2), headers: { ...token('Hi', 2).headers, promptId: 'p' } })
    reader.publish()
    const prompt = () => reader.conversation.structure.prompts.get('p')?.state
    expect(prompt()).toMatchObject({ status: 'answering', responseId: 'r' })
    reader.read({ name: 'retract', data: { all: true }, headers: asked })
    reader.publish()
    expect(prompt()).toMatchObject({ status: 'sent' })
    expect(prompt()?.responseId).toBeUndefined()
    expect(reader.conversation.open()).toEqual([])
  })

  test('a response that is retracted whole is gone, and stays gone', () => {
    const reader = new Reader().read(token('Hi', 2))
    expect(reader.response('r')).toBeDefined()
    reader.read({ name: 'retract', data: { all: true }, headers })
    expect(reader.response('r')).toBeUndefined()
    reader.read(token('!', 3))
    expect(reader.response('r')).toBeUndefined()
    expect(reader.conversation.structure.entries.shown.refs).toEqual([])
  })
})

describe('a suspended response', () => {
  test('is suspended until its agent says more, in every order', () => {
    const call: Wire = {
      name: 'tool_call',
      data: { name: 'pay', args: {} },
      serial: next(),
      headers: { ...headers, toolCallId: 't', part: '0' },
    }
    const suspend: Wire = { name: 'suspend', data: { toolCallIds: ['t'] }, serial: next(), headers }
    const decision: Wire = {
      name: 'approval-response',
      data: { decision: 'approved' },
      serial: next(),
      headers: { responseId: 'r', toolCallId: 't' },
    }
    everyOrder([call, suspend, decision], (response) => expect(response?.status).toBe('suspended'))
    const resumed = token('Paid.', 5, '1')
    everyOrder([call, suspend, decision, resumed], (response) => expect(response?.status).toBe('streaming'))
  })
})
