import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { InboundMessage } from 'ably'
import { testPatience } from '../patience.ts'
import { Conversation } from '../../src/response/conversation.ts'
import type { ConversationOptions, Ignored } from '../../src/response/conversation.ts'
import { kindsOf } from '../../src/session/feature.ts'
import { allFeatures } from '../../src/session/features.ts'
import { Intake } from '../../src/session/intake.ts'
import type { ResponseState } from '../../src/types/types.ts'
import { documented } from '../../src/wire/documented.ts'
import { allKnown, message } from './reader.ts'
import type { Wire } from './reader.ts'

/**
 * Law 9: nothing shown as an agent's is from somebody else. Random worlds with hostile publishers beside honest ones, read
 * in any order, live or of the past: what shows is what shows without the hostile ones.
 */

/** More worlds for a long night: `HOSTILE_RUNS=100000`. */
const numRuns = Number(process.env.HOSTILE_RUNS ?? 2_000)

interface Said extends Wire {
  clientId?: string
}

const headers = fc.record({
  rejoin: fc.constantFrom('1', undefined),
  part: fc.constantFrom('0', '1', undefined),
})

const text = fc.constantFrom('', 'a', 'bc', 'Hello', ' you')

/** What anyone may try to say for a response. */
const saying = fc
  .tuple(
    fc.oneof(
      fc.constant({ name: 'start' }),
      fc.record({
        name: fc.constantFrom('token', 'reasoning', 'response', 'message', 'agent-response'),
        data: text,
      }),
      fc.record({ name: fc.constantFrom('response-complete', 'reasoning-complete'), data: text }),
      fc.record({
        name: fc.constantFrom('response-end', 'stop', 'cancelled'),
        data: fc.constantFrom(undefined, { message: 'locked' }),
      }),
      fc.constant({ name: 'tool_call', data: { name: 'pay', args: { amount: 5 } }, tool: true }),
      fc.constant({ name: 'tool_call', data: { name: 'look', args: {}, client: true }, tool: true }),
      fc.constant({ name: 'tool_progress', data: { name: 'pay', percentComplete: 5 }, tool: true }),
      fc.constant({ name: 'tool_result', data: { name: 'pay', result: 'own' }, tool: true }),
      fc.constant({ name: 'approval-request', data: { name: 'pay', arguments: {} }, tool: true }),
      fc.constant({ name: 'source', data: { url: 'https://a.test' } }),
      fc.constant({ name: 'data-x', data: 1 }),
    ),
    headers,
    fc.constantFrom('c1', 'c2'),
  )
  .map(
    ([{ tool, ...wire }, own, toolCallId]: [
      { name: string; data?: unknown; tool?: boolean },
      object,
      string,
    ]) => {
      const given = { responseId: 'r', ...own, ...(tool && { toolCallId }) } as Record<string, string>
      for (const key of Object.keys(given)) if (given[key] === undefined) delete given[key]
      return { ...wire, headers: given }
    },
  )

/** An agent calls a tool before it tells of it: it begins with something else. */
const honest = fc
  .array(saying, { minLength: 1, maxLength: 8 })
  .filter(([first]) => first!.name !== 'tool_result' && first!.name !== 'tool_progress')
const hostile = fc.array(fc.tuple(fc.nat(9), saying, fc.constantFrom('eve', 'mal', undefined)), {
  maxLength: 8,
})

const world = fc.record({
  honest,
  hostile,
  order: fc.array(fc.nat(), { maxLength: 20 }),
  known: fc.boolean(),
})

/** Serials in the order of publishing: the agent speaks first, strangers at any time after. */
function publish(own: Said[], others: [number, Said, string | undefined][]): InboundMessage[] {
  const said: Said[] = []
  own.forEach((one, i) => {
    said.push({ ...one, clientId: 'agent' })
    for (const [at, other, clientId] of others)
      if (at % own.length === i) said.push({ ...other, ...(clientId !== undefined && { clientId }) })
  })
  return said.map((one, i) => message({ ...one, serial: `s${String(i).padStart(3, '0')}` }))
}

function shuffled<T>(list: readonly T[], order: readonly number[]): T[] {
  const rest = [...list]
  return list.map((_, i) => rest.splice((order[i % (order.length || 1)] ?? 0) % rest.length, 1)[0]!)
}

function read(messages: readonly InboundMessage[], options: ConversationOptions = {}, known = false) {
  const conversation = new Conversation('channel', kindsOf(allFeatures), options)
  if (known) conversation.known = allKnown
  const intake = new Intake(documented(), conversation, {
    isEncrypted: () => false,
    onTaken() {},
    onLive() {},
    onTransient() {},
    reportOnce() {},
  })
  for (const one of messages) intake.deliver(one, known ? 1 : undefined, known)
  for (const response of conversation.dirty) conversation.publish(response)
  return conversation.find('r')?.snapshot
}

const isReply = ({ name }: InboundMessage) => name === 'tool_result'

/** What a view makes of it. */
function seen(state: ResponseState | undefined) {
  if (!state) return undefined
  const { status, text: shown, parts, clientId, error, editedBy } = state
  return { status, shown, parts, clientId, error, editedBy }
}

// A soak takes as long as it takes.
describe('law 9: provenance', { timeout: testPatience + numRuns * 10 }, () => {
  test('in any order, what shows is what its agent said', () => {
    fc.assert(
      fc.property(world, ({ honest: own, hostile: others, order }) => {
        // The results of client tools are for others to give.
        const heard = shuffled(publish(own, others), order).filter(
          (one) => one.clientId === 'agent' || !isReply(one),
        )
        const alone = heard.filter(({ clientId }) => clientId === 'agent')
        expect(seen(read(heard))).toEqual(seen(read(alone)))
      }),
      { numRuns },
    )
  })

  test('live, with the past known, strangers count for nothing at any time', () => {
    fc.assert(
      fc.property(world, ({ honest: own, hostile: others }) => {
        const all = publish(own, others)
        const told: Ignored[] = []
        for (let n = 1; n <= all.length; n++) {
          const some = all.slice(0, n).filter((one) => one.clientId === 'agent' || !isReply(one))
          const alone = some.filter(({ clientId }) => clientId === 'agent')
          told.length = 0
          const shown = read(some, { onIgnored: (ignored) => told.push(ignored) }, true)
          expect(seen(shown)).toEqual(seen(read(alone, {}, true)))
          expect(told).toHaveLength(some.length - alone.length)
        }
      }),
      { numRuns: numRuns / 10 },
    )
  })

  test('a result of somebody else counts for a client’s tool alone', () => {
    fc.assert(
      fc.property(world, ({ honest: own, hostile: others, order }) => {
        const all = shuffled(publish(own, others), order)
        const alone = read(all.filter(({ clientId }) => clientId === 'agent'))
        const shown = read(all)
        for (const [i, part] of (shown?.parts ?? []).entries()) {
          const before = alone!.parts[i]!
          if (JSON.stringify(part) === JSON.stringify(before)) continue
          const { toolCallId } = part as { toolCallId: string }
          const declared = all.some(
            ({ clientId, name, data, extras }) =>
              clientId === 'agent' &&
              name === 'tool_call' &&
              (data as { client?: boolean }).client === true &&
              (extras as { headers: { toolCallId: string } }).headers.toolCallId === toolCallId,
          )
          expect(declared).toBe(true)
        }
      }),
      { numRuns },
    )
  })

  test('with `agents`, only they begin responses, and they go on with each other’s', () => {
    fc.assert(
      fc.property(world, ({ honest: own, hostile: others, order }) => {
        const all = shuffled(publish(own, others), order).map((one, i) =>
          one.clientId === 'agent' && i % 2 ? { ...one, clientId: 'agent-2' } : one,
        )
        const isAgent = (id: string | undefined) => id?.startsWith('agent') === true
        const counted = all.filter((one) => isAgent(one.clientId) || !isReply(one))
        const alone = all.filter(({ clientId }) => isAgent(clientId))
        const expected = seen(read(alone, { agents: ['agent', 'agent-2'] }))
        expect(seen(read(counted, { agents: ['agent', 'agent-2'] }))).toEqual(expected)
        expect(seen(read(counted, { agents: isAgent }))).toEqual(expected)
      }),
      { numRuns },
    )
  })
})
