import type * as Ably from 'ably'
import { describe, expect, test } from 'vitest'
import { uniqueName, useServer } from '../../test/clients.ts'
import { allows, covers, intersect, operations, readCapability, type Operation } from './capability.ts'

test.each<[pattern: string, name: string, covered: boolean]>([
  ['a', 'a', true],
  ['a', 'b', false],
  ['*', 'a', true],
  ['*', 'a:b', true],
  ['*', '[meta]log', false],
  ['[*]*', 'a:b', true],
  ['[*]*', '[meta]log', true],
  ['[meta]*', '[meta]log', true],
  ['[meta]*', 'log', false],
  ['a:*', 'a', false],
  ['a:*', 'a:b', true],
  ['a:*', 'a:b:c', true],
  ['a:*:c', 'a:b:c', true],
  ['a:*:c', 'a:b:d', false],
  ['a:*:c', 'a:b:x:c', false],
  ['a*', 'ab', false],
  ['a*', 'a*', true],
])('%s covers %s: %s', (pattern, name, covered) => {
  expect(covers(pattern, name)).toBe(covered)
})

test('a qualifier of the channel does not count, and operations of several resources add up', () => {
  const capability = { 'a:*': ['publish'], '*': ['subscribe'] }
  expect(allows(capability, '[?rewind=1]a:b', 'publish')).toBe(true)
  expect(allows(capability, 'a:b', 'subscribe')).toBe(true)
  expect(allows(capability, 'b', 'publish')).toBe(false)
})

test('an intersection is what both allow, or a refusal', () => {
  expect(intersect({ 'a:b': ['*'] }, { 'a:*': ['publish', 'subscribe'] })).toEqual({
    'a:b': ['publish', 'subscribe'],
  })
  expect(intersect({ 'a:*': ['publish'] }, { 'a:b': ['*'] })).toEqual({ 'a:b': ['publish'] })
  expect(() => intersect({ a: ['publish'] }, { a: ['subscribe'] })).toThrow('does not overlap')
  for (const bad of ['{', '[]', { a: [] }, { a: ['*', 'publish'] }, { a: ['publish_'] }]) {
    expect(() => readCapability(bad)).toThrow('unable to read the capability')
  }
})

const { realtime, rest } = useServer()

/** Every operation with what it needs: with that alone it works, with all but that it is refused with 40160. */
const needs: [name: string, needed: Operation[], act: (clients: Clients) => Promise<unknown>][] = [
  ['publish', ['publish'], ({ live }) => live.publish('n', 'd')],
  ['publish over REST', ['publish'], ({ still }) => still.publish('n', 'd')],
  ['attach', ['subscribe'], ({ live }) => live.attach()],
  ['enter', ['presence'], ({ live }) => live.presence.enter()],
  ['members over REST', ['presence', 'subscribe'], ({ still }) => still.presence.get({})],
  ['history', ['history'], ({ live }) => live.history()],
  ['presence history', ['history'], ({ still }) => still.presence.history()],
  ['one message', ['history'], ({ still, serial }) => still.getMessage(serial)],
  ['versions', ['history'], ({ still, serial }) => still.getMessageVersions(serial)],
  [
    'update',
    ['message-update-any', 'message-update-own'],
    ({ live, serial }) => live.updateMessage({ serial, data: 'x' }),
  ],
  [
    'append',
    ['message-update-any', 'message-update-own'],
    ({ live, serial }) => live.appendMessage({ serial, data: 'x' }),
  ],
  [
    'update over REST',
    ['message-update-any', 'message-update-own'],
    ({ still, serial }) => still.updateMessage({ serial, data: 'x' }),
  ],
  [
    'delete',
    ['message-delete-any', 'message-delete-own'],
    ({ live, serial }) => live.deleteMessage({ serial }),
  ],
  [
    'annotate',
    ['annotation-publish'],
    ({ live, serial }) => live.annotations.publish(serial, { type: 'a:flag.v1' }),
  ],
  [
    'annotate over REST',
    ['annotation-publish'],
    ({ still, serial }) => still.annotations.publish(serial, { type: 'a:flag.v1' }),
  ],
  [
    'annotations',
    ['annotation-subscribe', 'history'],
    ({ still, serial }) => still.annotations.get(serial, {}),
  ],
  ['status', ['channel-metadata'], ({ still }) => still.status()],
  ['statistics', ['stats'], ({ client }) => client.stats()],
]

interface Clients {
  live: Ably.RealtimeChannel
  still: Ably.Channel
  client: Ably.Rest
  serial: string
}

describe('each operation needs its capability', () => {
  async function clientsWith(allowed: readonly Operation[]): Promise<Clients> {
    const name = uniqueName()
    const { serials } = await rest({ clientId: 'ann' }).channels.get(name).publish('n', 'd')
    const tokenDetails = await rest().auth.requestToken({
      clientId: 'ann',
      capability: { [name]: [...allowed] },
    })
    const options = { tokenDetails, authCallback: () => {} }
    const client = rest(options)
    // Attaching must not be what fails, unless it is what is tried.
    return {
      live: realtime(options).channels.get(name),
      still: client.channels.get(name),
      client,
      serial: serials[0]!,
    }
  }

  test.each(needs)('%s', async (name, needed, act) => {
    for (const one of needed) await act(await clientsWith([one]))
    const others = operations.filter((operation) => !needed.includes(operation))
    // An attach is granted for any of the modes, so it is refused only to those who may do nothing of the kind.
    const allowed = name === 'attach' ? others.filter((operation) => operation === 'history') : others
    await expect(act(await clientsWith(allowed))).rejects.toMatchObject({ code: 40160, statusCode: 401 })
  })
})
