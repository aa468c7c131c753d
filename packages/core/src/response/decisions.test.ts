import { describe, expect, test } from 'vitest'
import type { InboundMessage } from 'ably'
import { Conversation } from './conversation.ts'
import type { Part } from '../types/types.ts'
import { kindsOf } from '../session/feature.ts'
import { allFeatures } from '../session/features.ts'
import { documented } from '../wire/documented.ts'

type Headers = Record<string, string>

const codec = documented()

/** Messages about one tool call, by who sent them; `rejoin` is the agent's unless taken. */
function message(
  serial: string,
  clientId: string | undefined,
  name: string,
  data: object,
  more: Headers = {},
) {
  const headers = { responseId: 'r', toolCallId: 't', ...more }
  const timestamp = 1
  return { serial, clientId, name, data, timestamp, action: 'message.create', extras: { headers } } as never
}

const strict = { rejoin: '1' }

const request = (
  serial: string,
  clientId: string | undefined = 'agent',
  amount = 5,
  more: Headers = strict,
) => message(serial, clientId, 'approval-request', { name: 'pay', arguments: { amount } }, more)

const decision = (serial: string, clientId: string | undefined, decided: string, more: Headers = {}) =>
  message(serial, clientId, 'approval-response', { decision: decided }, more)

const confirmation = (
  serial: string,
  decided: string,
  by: string | undefined,
  clientId: string | undefined = 'agent',
) => message(serial, clientId, 'approval-response', { name: 'pay', decision: decided, clientId: by }, strict)

function shown(messages: InboundMessage[]): Part | undefined {
  const conversation = new Conversation('c', kindsOf(allFeatures))
  for (const one of messages) codec.decode(one, (event) => conversation.apply(event, true))
  const response = conversation.find('r')!
  response.refresh()
  return response.snapshot!.parts[0]
}

/** In whatever order they are learnt. */
function shownAlways(messages: InboundMessage[]): Part | undefined {
  const inOrder = shown(messages)
  for (let i = 1; i < messages.length; i++) {
    const turned = [...messages.slice(i), ...messages.slice(0, i)]
    expect(shown(turned)).toEqual(inOrder)
    expect(shown(turned.toReversed())).toEqual(inOrder)
  }
  return inOrder
}

describe('an agent that confirms', () => {
  test('a decision is pending until it does', () => {
    expect(shownAlways([request('1'), decision('2', 'mallory', 'approved')])).toMatchObject({
      state: 'approval-requested',
      approval: { pending: { approved: true, clientId: 'mallory' } },
    })
    expect(
      shownAlways([
        request('1'),
        decision('2', 'mallory', 'approved'),
        decision('3', 'boss', 'rejected'),
        confirmation('4', 'rejected', 'boss'),
        decision('5', 'mallory', 'approved'),
      ]),
    ).toMatchObject({
      type: 'tool-pay',
      state: 'output-denied',
      approval: { id: 't', approved: false, clientId: 'boss' },
    })
  })

  test('nobody confirms in its place, nor by asking again', () => {
    const part = shownAlways([
      request('1'),
      decision('2', 'mallory', 'approved'),
      confirmation('3', 'approved', 'boss', 'mallory'),
      request('4', 'mallory', 5000),
      confirmation('5', 'approved', 'boss', 'mallory'),
      request('6', 'mallory', 1, {}),
    ])
    expect(part).toMatchObject({ state: 'approval-requested', input: { amount: 5 } })
    expect(part).not.toHaveProperty('approval.approved')
  })

  test('it may ask again, and a confirmation twice is one', () => {
    const messages = [
      request('1'),
      request('2', 'agent', 6),
      decision('3', 'boss', 'approved'),
      confirmation('4', 'approved', 'boss'),
      confirmation('5', 'approved', 'boss'),
    ]
    expect(shownAlways(messages)).toMatchObject({
      state: 'approval-responded',
      input: { amount: 6 },
      approval: { approved: true, clientId: 'boss' },
    })
  })

  test('without a clientId: its confirmation has none', () => {
    const anonymous = [request('1', ''), decision('2', 'ann', 'approved')]
    expect(shownAlways([...anonymous, confirmation('3', 'approved', 'ann', 'mallory')])).toMatchObject({
      state: 'approval-requested',
    })
    expect(shownAlways([...anonymous, confirmation('3', 'approved', 'ann', '')])).toMatchObject({
      state: 'approval-responded',
      approval: { clientId: 'ann' },
    })
  })
})

test('of an agent that does not confirm, the newest decision shows as it always has', () => {
  const plain = [request('1', 'agent', 5, {}), decision('2', 'ann', 'approved')]
  expect(shownAlways(plain)).toMatchObject({ state: 'approval-responded', approval: { clientId: 'ann' } })
  expect(shownAlways([...plain, decision('3', 'bob', 'rejected')])).toMatchObject({
    state: 'output-denied',
    approval: { approved: false, clientId: 'bob' },
  })
})
