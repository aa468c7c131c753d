import type { InboundMessage } from 'ably'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checksum } from '../protocol/checksum.ts'
import { Conversation } from '../response/conversation.ts'
import type { ResponseState } from '../types/types.ts'
import { kindsOf } from '../session/feature.ts'
import { allFeatures } from '../session/features.ts'

import { honest } from '../../test/model/honesty.ts'
import { allKnown, codec, Reader } from '../../test/model/reader.ts'

const pad = (n: number) => String(n).padStart(4, '0')
const ids = { rejoin: '1', responseId: 'r' }

/** What a message says, beside the place it is given. */
type Said = Pick<InboundMessage, 'name' | 'data'> & {
  headers: Record<string, string>
  /** Place of the message that it is an operation on. */
  of?: number
  metadata?: Record<string, string>
}

/** On the wire, in the order published. */
function published(said: readonly Said[]): InboundMessage[] {
  return said.map(({ name, data, headers, of, metadata }, place) => {
    const action = of === undefined ? 'message.create' : 'message.append'
    const version = { serial: pad(place), timestamp: 1, ...(metadata && { metadata }) }
    const serial = pad(of ?? place)
    return { name, data, action, serial, timestamp: 1, version, extras: { headers } } as InboundMessage
  })
}

function show(messages: readonly InboundMessage[], live: boolean): ResponseState {
  const conversation = new Conversation('channel', kindsOf(allFeatures))
  for (const message of messages)
    codec.decode(message, (event) => {
      if (live) event.epoch = 1
      conversation.apply(event, live)
    })
  const response = conversation.find('r')!
  response.refresh()
  return response.snapshot!
}

/** One text in runs, per token: the parts `0`, `0.1`, `0.2`, each closed before the next begins (PROTOCOL.md §1.3). */
function tokens(runs: readonly string[][]): Said[] {
  return runs.flatMap((pieces, run) => {
    const part = run === 0 ? '0' : `0.${run}`
    const text = pieces.join('')
    let end = 0
    const token = (data: string, more = {}) => {
      end += data.length
      return { name: 'token', data, headers: { ...ids, part, end: String(end), ...more } }
    }
    const phase = run === runs.length - 1 ? 'done' : 'streaming'
    const written = pieces.map((piece) => token(piece))
    return [...written, token('', { phase, checksum: checksum(text) })]
  })
}

/** The same per response, as the arguments of a tool: each run is a message of its own. */
function argument(runs: readonly string[][]): Said[] {
  const said: Said[] = []
  for (const [run, pieces] of runs.entries()) {
    const of = said.length
    const headers = { ...ids, part: '0', toolCallId: 'c', toolName: 'write' }
    const text = pieces.join('')
    let end = 0
    const append = (data: string, phase: string, more = {}) => {
      end += data.length
      const metadata = { end: String(end), phase, ...more }
      return { name: 'tool_call', data, of, headers, metadata }
    }
    said.push({ name: 'tool_call', data: '', headers })
    for (const piece of pieces) said.push(append(piece, 'streaming'))
    const phase = run === runs.length - 1 ? 'done' : 'streaming'
    said.push(append('', phase, { checksum: checksum(text) }))
  }
  return said
}

const pieces = fc.array(fc.string({ minLength: 1, maxLength: 4, unit: 'grapheme' }), {
  minLength: 1,
  maxLength: 4,
})
const texts = fc.array(pieces, { minLength: 1, maxLength: 12 })
const luck = fc.infiniteStream(fc.nat(999))

describe('a text in several runs (PROTOCOL.md §1.3)', () => {
  test('is one part, whatever order its tokens come in and however often', () =>
    fc.assert(
      fc.property(texts, luck, fc.boolean(), (runs, random, live) => {
        const messages = published([...tokens(runs), { name: 'stop', headers: ids }])
        const some = messages.filter(() => random.next().value % 3 === 0)
        const shuffled = [...messages, ...some]
          .map((message) => ({ message, at: random.next().value }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ message }) => message)
        const text = runs.flat().join('')
        const { parts, ...shown } = show(shuffled, live)
        expect(parts).toEqual([{ type: 'text', id: '0', text, state: 'done' }])
        expect(shown).toMatchObject({ text, gaps: [], verified: true })
      }),
      { numRuns: 1000 },
    ))

  test('shows nothing as exact that is not, whatever is lost', () =>
    fc.assert(
      fc.property(texts, luck, (runs, random) => {
        const messages = published(tokens(runs))
        // Sometimes a whole run, or the end of one.
        const from = random.next().value % messages.length
        const to = from + (random.next().value % 8)
        const arrived = messages.filter((_, i) => (i < from || i >= to) && random.next().value % 8 > 0)
        fc.pre(arrived.length > 0)
        const shown = show(arrived, true)
        expect(honest(shown, runs.flat().join(''))).toBe(true)
        if (shown.verified) expect(shown.hasGap).toBe(false)
        expect(shown.parts).toHaveLength(1)
      }),
      { numRuns: 2000 },
    ))

  test('is one text for a view that watches it arrive', () => {
    const messages = published(tokens([['Long ', 'text, '], ['goes ', 'on, '], ['and on.']]))
    const conversation = new Conversation('channel', kindsOf(allFeatures))
    conversation.known = allKnown
    const seen: unknown[] = []
    for (const message of messages) {
      codec.decode(message, (event) => conversation.apply({ ...event, epoch: 1 }, true))
      const response = conversation.find('r')!
      seen.push(...(response.refresh() ?? []))
      expect(response.snapshot).toMatchObject({ hasGap: false, parts: [{ id: '0' }] })
      expect(response.snapshot!.parts[0]).toMatchObject({
        state: message === messages.at(-1) ? 'done' : 'streaming',
      })
    }
    const appended = seen.filter((change) => 'part' in (change as object))
    expect(appended).toEqual([
      { part: '0', from: 0, appended: 'Long ' },
      { part: '0', from: 5, appended: 'text, ' },
      { part: '0', from: 11, appended: 'goes ' },
      { part: '0', from: 16, appended: 'on, ' },
      { part: '0', from: 20, appended: 'and on.' },
    ])
  })

  test('is joined in the order of its runs, though a late reader knows the first from an edit that came after', () => {
    const part = (n: string) => ({ responseId: 'r', rejoin: '1', part: n })
    const reader = new Reader()
    reader.read({ name: 'token', data: 'and on.', headers: { ...part('0.1'), end: '7' } })
    reader.read({ name: 'response-complete', data: 'Edited ', headers: part('0') })
    expect(reader.response('r')?.text).toBe('Edited and on.')
  })

  test('has no gap between a run whose whole text was edited and the run after it', () => {
    const part = (n: string) => ({ responseId: 'r', rejoin: '1', part: n })
    const reader = new Reader()
    reader.conversation.known = allKnown
    reader.read({ name: 'token', data: 'Long ', headers: { ...part('0'), end: '5' } })
    reader.read({ name: 'token', data: 'and on.', headers: { ...part('0.1'), end: '7' } })
    expect(reader.response('r')).toMatchObject({ text: 'Long and on.', hasGap: true })
    reader.read({ name: 'response-complete', data: 'Edited ', headers: part('0') })
    expect(reader.response('r')).toMatchObject({ text: 'Edited and on.', hasGap: false })
  })

  test('may be the arguments of a tool', () => {
    const whole = JSON.stringify({ text: 'a long text', at: [1, 2, 3] })
    const runs = [['{"text":"a l', 'ong '], ['text","at"'], [':[1,2,', '3]}']]
    expect(runs.flat().join('')).toBe(whole)
    const messages = published(argument(runs))
    expect(show(messages, true).parts).toMatchObject([
      { type: 'tool-write', state: 'input-available', input: JSON.parse(whole) as unknown },
    ])
    expect(show(messages.slice(0, -2), true).parts).toMatchObject([
      { state: 'input-streaming', inputText: '{"text":"a long text","at":[1,2,', input: { at: [1, 2] } },
    ])
  })
})
