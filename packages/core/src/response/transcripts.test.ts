import type { InboundMessage } from 'ably'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { wholeMessage } from '../../test/model/deliveries.ts'
import { DirectChannel } from '../../test/model/directChannel.ts'
import { message, Reader } from '../../test/model/reader.ts'
import type { Wire } from '../../test/model/reader.ts'
import { checksum } from '../protocol/checksum.ts'
import { createSession } from '../index.ts'
import type { ResponseState, Session } from '../index.ts'
import { Response } from './response.ts'

/** A session that has read one page of history: ten answers, and what `also` says. */
async function after(
  also: (answers: InboundMessage[][]) => readonly InboundMessage[] = () => [],
  watches = false,
  onGap?: (id: string) => void,
) {
  const channel = new DirectChannel()
  const answers = Array.from({ length: 10 }, (_, i) => wholeMessage(`r-${i}`, `Answer ${i}.`))
  const session = createSession({
    channel: channel.asChannel(),
    presence: false,
    hydrate: {
      load: (past) => {
        // Newest first, as Ably's history has it.
        const more = also(answers)
        const page = [...answers.flat(), ...more].sort((a, b) => (a.serial! < b.serial! ? 1 : -1))
        return Promise.resolve(past.apply(page))
      },
    },
    schedule: () => () => {},
  })
  if (onGap) session.on('gap', ({ responseId }) => onGap(responseId))
  if (watches) answers.forEach((_, i) => session.subscribeResponse(`r-${i}`, () => {}))
  const made = vi.spyOn(Response.prototype, 'refresh').mock.calls
  await session.ready
  return { session, channel, answers, made }
}

/** Serials and times of the simulated clock. */
const clockOf = ({ serial, createdAt, updatedAt }: ResponseState | undefined = {} as ResponseState) => ({
  serial,
  createdAt,
  updatedAt,
})

const later = (message: InboundMessage, change: Partial<InboundMessage>): InboundMessage => {
  const at = `9${message.serial}`
  return { ...message, serial: at, version: { ...message.version, serial: at }, ...change }
}

afterEach(() => vi.restoreAllMocks())

describe('an answer of history that nobody has asked for', () => {
  test('becomes a response when the channel has more of it', async () => {
    const { session, channel, answers, made } = await after()
    const [text] = answers[3]!
    const edited = { ...text!, data: 'Edited.', version: { serial: `9${text!.serial}`, timestamp: 1 } }
    channel.deliver({ ...edited, name: undefined, extras: undefined })
    session.flush()
    expect(session.getResponse('r-3')).toMatchObject({ text: 'Edited.', serial: text!.serial })
    expect(session.getSnapshot().messages).toHaveLength(10)
    // As it was, and edited.
    expect(made).toHaveLength(2)
  })

  test('is retracted, though it never was a response', async () => {
    const { session, channel, answers } = await after()
    const [, end] = answers[3]!
    channel.deliver(later(end!, { name: 'retract', data: { all: true } }))
    session.flush()
    expect(session.getResponse('r-3')).toBeUndefined()
    expect(session.getSnapshot().messages.map(({ id }) => id)).not.toContain('r-3')
  })

  test('stays the property of its party', async () => {
    const stranger = (answers: InboundMessage[][]) =>
      answers[3]!.map((message) => later(message, { clientId: 'eve', data: 'Mine.' }))
    const { session, channel, answers } = await after(stranger)
    channel.deliver(later(stranger(answers)[0]!, { clientId: 'mallory' }))
    session.flush()
    expect(session.getResponse('r-3')).toMatchObject({ clientId: 'agent', text: 'Answer 3.' })
    expect(session.getSnapshot().messages).toHaveLength(10)
  })

  test.each([
    ['without its end', (message: InboundMessage) => message.name === 'response-end'],
    ['without its text', (message: InboundMessage) => message.name === 'response'],
  ])('is made at once %s', async (_, lacks) => {
    const { session, made } = await after((answers) => {
      answers[3] = answers[3]!.filter((message) => !lacks(message))
      return []
    })
    // What has no end is open, and what has no text is not shown before it has.
    expect(made.length).toBeLessThanOrEqual(1)
    expect(session.getSnapshot().messages.length).toBe(9 + made.length)
  })

  test('is the newest of its versions that history tells', async () => {
    const text = 'A newer answer.'
    const { session } = await after((answers) => {
      const [old] = answers[3]!
      const metadata = { end: String(text.length), phase: 'done', checksum: checksum(text) }
      return [{ ...old!, data: text, version: { ...old!.version, serial: `9${old!.serial}`, metadata } }]
    })
    expect(session.getResponse('r-3')).toMatchObject({ text, hasGap: false, verified: true })
  })

  test('shows a gap if its checksum disagrees', async () => {
    const { session, made } = await after((answers) => {
      const [text, end] = answers[3]!
      answers[3] = []
      return [{ ...text!, data: 'Answer X.' }, end!]
    })
    expect(made).toHaveLength(0)
    expect(session.getResponse('r-3')).toMatchObject({ text: 'Answer X.', hasGap: true, verified: false })
  })

  test.each([
    ['that is watched', true],
    ['that nobody has asked for', false],
  ])('one %s: a listener of `gap` hears that its checksum disagrees, once', async (_name, watches) => {
    const gaps: string[] = []
    const wrong = (answers: InboundMessage[][]) => {
      const [text, end] = answers[3]!
      answers[3] = []
      return [{ ...text!, data: 'Answer X.' }, end!]
    }
    const { session, made } = await after(wrong, watches, (id) => gaps.push(id))
    expect(gaps).toEqual(['r-3'])
    if (!watches) expect(made).toHaveLength(1)
    expect(session.getResponse('r-3')).toMatchObject({ text: 'Answer X.', hasGap: true })
    session.flush()
    expect(gaps).toEqual(['r-3'])
  })

  test('shows what one that is watched shows', async () => {
    const shown = (session: Session) =>
      session.getSnapshot().messages.map(({ id }) => session.getResponse(id))
    const { session, made } = await after()
    const late = shown(session)
    expect(made).toHaveLength(10)
    const { session: watched } = await after(undefined, true)
    expect(made).toHaveLength(20)
    expect(late).toEqual(shown(watched).map((response, i) => ({ ...response, ...clockOf(late[i]) })))
  })
})

describe('a page of history', () => {
  const text = (fields: Partial<Wire> = {}) =>
    message({
      name: 'response',
      action: 'update',
      data: 'Hello',
      clientId: 'agent',
      metadata: { end: '5', phase: 'done' },
      headers: { rejoin: '1', responseId: 'r', part: '0' },
      ...fields,
    })
  const end = (fields: Partial<Wire> = {}) =>
    message({ name: 'response-end', clientId: 'agent', headers: { rejoin: '1', responseId: 'r' }, ...fields })

  function page(reader: Reader, messages: readonly InboundMessage[]) {
    reader.conversation.gather(() => {
      for (const one of messages) reader.read(one, undefined, false)
    })
    return reader.conversation.roster.known('r')
  }

  test('that tells an answer from beginning to end makes none', () => {
    const reader = new Reader()
    expect(page(reader, [text(), end()])).toBeUndefined()
    expect(reader.response('r')).toMatchObject({ text: 'Hello', status: 'complete', hasGap: false })
  })

  test.each([
    ['the beginning', () => [text({ headers: { rejoin: '1', responseId: 'r', part: '1' } }), end()]],
    ['the end', () => [text()]],
    ['some text', () => [text({ metadata: { end: '9', phase: 'done' } }), end()]],
    ['a stamp', () => [text({ metadata: { phase: 'done' } }), end()]],
    ['one party', () => [text(), end(), text({ clientId: 'eve' })]],
    ['our conventions', () => [text({ headers: { responseId: 'r', part: '0' } }), end()]],
  ])('that lacks %s makes the response', (_, messages) => {
    expect(page(new Reader(), messages())).toBeDefined()
  })

  test('is read again after a loss, as far as answers of it are not made', () => {
    const reader = new Reader()
    const { conversation } = reader
    const [said, over] = [text({ serial: '1', version: '2' }), end()]
    page(reader, [said, over])
    reader.publish()
    expect(conversation.needsPast).toBe(false)
    conversation.break({ key: '9', epoch: 2 })
    expect(conversation.needsPast).toBe(true)
    expect(page(reader, [over])).toBeUndefined()
    expect(conversation.needsPast).toBe(true)
    expect(page(reader, [said])).toBeUndefined()
    expect(conversation.needsPast).toBe(false)
    conversation.break({ key: '9', epoch: 3 })
    expect(page(reader, [text({ serial: '1', version: '8', data: 'Edited', metadata: {} })])).toBeDefined()
    expect(conversation.needsPast).toBe(false)
    expect(reader.response('r')?.text).toBe('Edited')
  })

  test('is not read again where history has been read to its end', () => {
    const { conversation } = doubted()
    conversation.cover({ from: '', epoch: 2 }, { from: '', epoch: 2 })
    expect(conversation.needsPast).toBe(false)
    const asked = doubted()
    asked.find('r')
    expect(asked.conversation.needsPast).toBe(true)
  })

  function doubted() {
    const reader = new Reader()
    page(reader, [text(), end()])
    reader.publish()
    reader.conversation.break({ key: '9', epoch: 2 })
    return { conversation: reader.conversation, find: (id: string) => reader.conversation.find(id) }
  }
})
