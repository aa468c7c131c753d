import type { InboundMessage } from 'ably'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allKnown, message } from '../../test/model/reader.ts'
import { CITATIONS } from '../protocol/names.ts'
import { Conversation } from '../response/conversation.ts'
import type { Agents } from '../response/parties.ts'
import type { Row } from '../types/types.ts'
import type { Codec } from '../wire/codec.ts'
import { documented } from '../wire/documented.ts'
import { kindsOf, rowsOf } from './feature.ts'
import { allFeatures } from './features.ts'
import { Intake } from './intake.ts'

type Fields = Record<string, unknown>

const headersOf = ({ extras }: InboundMessage) => (extras as { headers: Fields }).headers
const withHeaders = (one: InboundMessage, more: Fields): InboundMessage => ({
  ...one,
  extras: { ...one.extras, headers: { ...headersOf(one), ...more } },
})
const withVersion = (one: InboundMessage, more: Fields): InboundMessage => ({
  ...one,
  version: { ...one.version, ...more },
})
const withStamps = (one: InboundMessage, more: Fields): InboundMessage =>
  one.action === 'message.append'
    ? withVersion(one, { metadata: { ...one.version?.metadata, ...more } })
    : withHeaders(one, more)
const withFields = (one: InboundMessage, more: Fields): InboundMessage => ({ ...one, ...more })

type Twist = (one: InboundMessage, before: InboundMessage) => InboundMessage

/** Changes to a message that may make it more than the next text. */
const twists: Twist[] = [
  ...['eve', undefined].map(
    (clientId): Twist =>
      (one) =>
        withFields(one, { clientId }),
  ),
  ...['message', 'reasoning', 'token', 'response', 'tool_call', 'stop', undefined].map(
    (name): Twist =>
      (one) =>
        withFields(one, { name }),
  ),
  ...[undefined, 7, '', 'other', { a: 1 }].map(
    (data): Twist =>
      (one) =>
        withFields(one, { data }),
  ),
  ...['update', 'delete', 'create', 'append', 'summary', 'meta'].map(
    (action): Twist =>
      (one) =>
        withFields(one, { action: `message.${action}` }),
  ),
  (one) => withFields(one, { connectionId: 'another' }),
  (one) => withFields(one, { encoding: 'cipher' }),
  (one) => withFields(one, { annotations: { summary: { [CITATIONS]: { a: { total: 1 } } } } }),
  (one) => withFields(one, { annotations: { summary: {} } }),
  (one) => withFields(one, { extras: { ...one.extras, userClaim: 'agent' } }),
  (one) => withFields(one, { extras: undefined }),
  (one) => withFields(one, { timestamp: 9_000, version: { ...one.version, timestamp: 9_000 } }),
  (one) => withFields(one, { timestamp: '9000', version: { ...one.version, timestamp: '9000' } }),
  (one) => withFields(one, { timestamp: undefined, version: { serial: one.version?.serial } }),
  (one) => withFields(one, { version: undefined }),
  (one) => withFields(one, { serial: undefined, id: 'an-id' }),
  (one) => withVersion(one, { clientId: 'moderator' }),
  (one) => withVersion(one, { clientId: 'agent' }),
  (one) => withVersion(one, { serial: '00000001' }),
  ...['s', '', undefined, 7].map(
    (responseId): Twist =>
      (one) =>
        withHeaders(one, { responseId }),
  ),
  ...['1', '0.1', undefined].map(
    (part): Twist =>
      (one) =>
        withHeaders(one, { part }),
  ),
  ...['1', '2', undefined].map(
    (rejoin): Twist =>
      (one) =>
        withHeaders(one, { rejoin }),
  ),
  (one) => withHeaders(one, { presence: 'none' }),
  (one) => withHeaders(one, { promptId: 'p' }),
  (one) => withHeaders(one, { continues: one.serial }),
  (one) => withHeaders(one, { end: '3' }),
  (one) => withHeaders(one, { toolCallId: 'c', toolName: 'find' }),
  (one) => withHeaders(one, { client: 'true' }),
  ...['done', 'streaming', undefined].map(
    (phase): Twist =>
      (one) =>
        withStamps(one, { phase }),
  ),
  ...['', '3', '03', 'x', 3, undefined].map(
    (end): Twist =>
      (one) =>
        withStamps(one, { end }),
  ),
  (one) => withStamps(one, { checksum: 'ffffffff' }),
  // A message of its own, with a stamp.
  (one) =>
    withHeaders(
      withFields(one, { action: 'message.create', serial: one.version?.serial }),
      one.version?.metadata ?? {},
    ),
  // An append to a token, an edit of one, and operations that carry only a token's serial.
  (one, before) =>
    withVersion(
      { ...one, action: 'message.append', serial: before.serial },
      { serial: one.serial, metadata: { end: headersOf(one).end } },
    ),
  (one, before) =>
    withVersion({ ...one, action: 'message.update', serial: before.serial }, { serial: one.serial }),
  ...['append', 'update', 'delete'].map(
    (action): Twist =>
      (one, before) =>
        ({
          action: `message.${action}`,
          serial: before.serial,
          data: 'more',
          clientId: one.clientId,
          timestamp: one.timestamp,
          version: { ...one.version, serial: one.version?.serial },
        }) as InboundMessage,
  ),
]

interface Stream {
  readonly name: string
  readonly grows: boolean
  readonly headers: Record<string, string>
}

const streams: Stream[] = []
for (const rejoin of [{ rejoin: '1' }, {}] as Record<string, string>[])
  // Most name their response.
  for (const ids of [{ responseId: 'r' }, { responseId: 'r' }, {}] as Record<string, string>[]) {
    streams.push({ name: 'token', grows: false, headers: { ...rejoin, ...ids, part: '0' } })
    streams.push({ name: 'reasoning', grows: false, headers: { ...rejoin, ...ids } })
    const call = { toolCallId: 'c', toolName: 'find' }
    streams.push({ name: 'tool_call', grows: false, headers: { ...rejoin, ...ids, ...call } })
    for (const name of ['response', 'message', 'reasoning'])
      streams.push({ name, grows: true, headers: { ...rejoin, ...ids, part: '0' } })
  }

const TOKENS = 8

/** A stamped text in `TOKENS` pieces, as the SDK hands it over: no string is shared between two messages. */
function played({ name, grows, headers }: Stream): InboundMessage[] {
  const all: InboundMessage[] = []
  for (let i = 0; i < TOKENS; i++) {
    const end = String(3 * (i + 1))
    const data = `w${i} `
    if (!grows) all.push(message({ name, data, headers: { ...headers, end }, clientId: 'agent' }))
    else if (i === 0) all.push(message({ name, data, headers, clientId: 'agent' }))
    else {
      const { serial } = message({})
      const metadata = { end, phase: 'streaming' }
      const of = all[0]!.serial!
      all.push(
        message({
          action: 'append',
          name,
          data,
          headers,
          serial: of,
          version: serial!,
          metadata,
          clientId: 'agent',
        }),
      )
    }
  }
  return all.map((one, i) => {
    // Each is published, or appended, at a time of its own.
    const timestamp = 1_000 + 10 * i
    const timed = { ...one, timestamp: grows ? 1_000 : timestamp, version: { ...one.version, timestamp } }
    return JSON.parse(JSON.stringify({ ...timed, connectionId: 'c' })) as InboundMessage
  })
}

/** What may happen between two messages. */
const steps = [
  'newer',
  'lost',
  'again',
  'cover',
  'gone',
  'back',
  'unwatched',
  'past',
  'rewound',
  'row',
  'whole',
  'letGo',
] as const

type Step = (typeof steps)[number] | 'nothing' | 'frame'

const anyStep = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Step>('nothing') },
  { weight: 4, arbitrary: fc.constant<Step>('frame') },
  { weight: 1, arbitrary: fc.constantFrom<Step>(...steps) },
)

/** A conversation and its intake, with what they tell. */
function reading(codec: Codec, agents: Agents | undefined) {
  const told: string[] = []
  const conversation = new Conversation('channel', kindsOf(allFeatures), {
    agents,
    onIgnored: ({ clientId, responseId }) => told.push(`ignored ${clientId} ${responseId}`),
  })
  conversation.known = allKnown
  const intake = new Intake(codec, conversation, {
    isEncrypted: () => false,
    onTaken: (one) => void told.push(`taken ${one.serial}`),
    onLive: (ended) => void told.push(`live ${ended}`),
    onTransient: () => {},
    reportOnce: (key) => void told.push(key),
  })
  let epoch = 1
  const each = () => [...conversation.responses.values()]
  const publish = () => {
    const { dirty } = conversation
    conversation.dirty = []
    for (const response of dirty) {
      response.touched = undefined
      const longer = response.lengthen()
      told.push(JSON.stringify(longer ? [longer] : conversation.publish(response)))
    }
  }
  return {
    deliver: (one: InboundMessage, live = true) => intake.deliver(one, live ? epoch : undefined, live),
    step(step: Step, newest: string, again: InboundMessage) {
      if (step === 'frame') publish()
      if (step === 'lost') conversation.break({ key: newest, epoch: ++epoch })
      if (step === 'cover') conversation.cover({ from: '', epoch }, { from: '', epoch })
      if (step === 'again') epoch++
      if (step === 'past') intake.deliver(again, undefined, false)
      if (step === 'rewound') intake.deliver(again, epoch, false)
      if (step === 'row' || step === 'whole' || step === 'newer') applyRows(conversation, [rowOf(step)])
      if (step === 'letGo') conversation.letGo([{ id: 'r', role: 'assistant' }])
      for (const response of each()) {
        // As the session does (`session/absence.ts`).
        if (step === 'gone' && response.interrupt()) conversation.touch(response, true)
        if (step === 'back' && response.agent.resume()) conversation.touch(response, true)
        if (step === 'unwatched') response.agent.attended = false
      }
    },
    /** All that is known, and was told. */
    seen() {
      publish()
      const responses = each().map(
        ({ id, party, snapshot, newest, heardAt, begun, agent, needsPast, open }) => {
          const { speaker, spokeAt, attended, promised, interrupted } = agent
          const known = { id, party, newest, heardAt, begun, needsPast, open }
          return { ...known, snapshot, agent: { speaker, spokeAt, attended, promised, interrupted } }
        },
      )
      return { responses, told, unattended: conversation.unattended, strangers: conversation.strangers }
    },
  }
}

const applyRows = rowsOf(allFeatures)
const rowOf = (step: 'row' | 'whole' | 'newer'): Row => ({
  role: 'assistant',
  id: 'r',
  status: step === 'row' ? 'streaming' : 'complete',
  ...(step === 'newer' && { serial: '99999999' }),
  parts: [{ type: 'text', text: 'w0 w1 w2 ' }],
})

const ofDocumented = documented()
/** Makes an event of every message. */
const eventful: Codec = { decode: ofDocumented.decode.bind(ofDocumented) }

test('what is taken without an event does what its event would have done', () => {
  let short = 0
  const counting: Codec = {
    decode: ofDocumented.decode.bind(ofDocumented),
    stampOfNext(one, before) {
      const end = ofDocumented.stampOfNext!(one, before)
      if (end !== undefined) short++
      return end
    },
  }
  let deliveries = 0
  fc.assert(
    fc.property(
      fc.constantFrom(...streams),
      fc.option(fc.constantFrom(...streams)),
      fc.array(fc.tuple(fc.nat(2 * TOKENS), fc.constantFrom(1, 1, 3, TOKENS), fc.constantFrom(...twists)), {
        maxLength: 3,
      }),
      fc.array(fc.tuple(fc.nat(2 * TOKENS), fc.nat(2 * TOKENS)), { maxLength: 2 }),
      fc.array(anyStep, { minLength: 2 * TOKENS, maxLength: 2 * TOKENS }),
      fc.constantFrom<(Agents | undefined)[]>(
        undefined,
        undefined,
        ['agent', 'eve'],
        (_, claim) => claim === 'agent',
      ),
      fc.constantFrom('agent', 'agent', 'eve'),
      (stream, other, twisted, moved, between, agents, clientId) => {
        const second = other ? played(other).map((one) => ({ ...one, clientId })) : []
        const all = [...played(stream), ...second]
        for (const [from, count, twist] of twisted)
          for (let at = Math.max(from, 1); at < Math.min(from + count, all.length); at++)
            if (all[at]!.extras) all[at] = twist(all[at]!, all[at - 1]!)
        // Late, or twice.
        for (const [from, to] of moved) if (all[from]) all.splice(to, 0, all[from])
        const [with_, without] = [reading(counting, agents), reading(eventful, agents)]
        all.forEach((one, i) => {
          const newest = one.version?.serial ?? one.serial ?? ''
          for (const each of [with_, without]) {
            each.deliver(one)
            each.step(between[i] ?? 'nothing', newest, all[i + 1] ?? one)
          }
          deliveries++
        })
        expect(with_.seen()).toEqual(without.seen())
      },
    ),
    { numRuns: Number(process.env.LAW_RUNS ?? 1_000) },
  )
  // It would prove nothing of messages that are all decoded.
  expect(short / deliveries).toBeGreaterThan(0.2)
})

test('a text that two connections published is uncertain after a loss, however few tokens were of the second', () => {
  const all = played({ name: 'token', grows: false, headers: { rejoin: '1', responseId: 'r', part: '0' } })
  for (const i of [4, 5]) all[i] = { ...all[i]!, connectionId: 'another' }
  const seen = [ofDocumented, eventful].map((codec) => {
    const each = reading(codec, undefined)
    all.slice(0, 6).forEach((one) => each.deliver(one))
    each.step('lost', all[5]!.serial!, all[6]!)
    each.deliver(all[6]!)
    return each.seen()
  })
  expect(seen[0]).toEqual(seen[1])
  expect(seen[0]!.responses[0]!.snapshot!.gaps).toHaveLength(1)
})

test('a row that came between two tokens says what the second counts for', () => {
  const all = played({ name: 'token', grows: false, headers: { rejoin: '1', responseId: 'r', part: '0' } })
  const seen = [ofDocumented, eventful].map((codec) => {
    const each = reading(codec, undefined)
    all.slice(0, 4).forEach((one) => each.deliver(one))
    each.step('newer', '', all[4]!)
    all.slice(4).forEach((one) => each.deliver(one))
    return each.seen()
  })
  expect(seen[0]).toEqual(seen[1])
  expect(seen[0]!.responses[0]!.snapshot!.text).toBe('w0 w1 w2 ')
})

test('messages of an unknown name are no text, though one follows the other as tokens do', () => {
  const all = played({ name: 'token', grows: false, headers: { rejoin: '1', responseId: 'r', part: '0' } })
  // The second would fit.
  for (const i of [3, 4]) all[i] = withHeaders({ ...all[i]!, name: 'unknown' }, { end: '12' })
  const each = reading(ofDocumented, undefined)
  all.slice(0, 6).forEach((one) => each.deliver(one))
  const { text, gaps } = each.seen().responses[0]!.snapshot!
  expect(text).toBe('w0 w1 w2 w5 ')
  expect(gaps).toEqual([{ part: '0', from: 9, to: 9, missing: 6 }])
})

test('a codec that decodes in its own way, and else is another, makes an event of every message', () => {
  const all = played({ name: 'token', grows: false, headers: { rejoin: '1', responseId: 'r', part: '0' } })
  const loud: Codec = {
    ...ofDocumented,
    decode: (one, emit) =>
      ofDocumented.decode({ ...one, data: (one.data as string | undefined)?.toUpperCase() }, emit),
  }
  const each = reading(loud, undefined)
  all.slice(0, 4).forEach((one) => each.deliver(one))
  expect(each.seen().responses[0]!.snapshot).toMatchObject({ text: 'W0 W1 W2 W3 ', hasGap: false })
})
