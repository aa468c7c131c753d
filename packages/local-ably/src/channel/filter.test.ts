import type * as Ably from 'ably'
import { expect, test } from 'vitest'
import { collect, errorOf, uniqueName, useServer } from '../../test/clients.ts'
import { filterOf } from './filter.ts'

const { realtime } = useServer()

const passes = (expression: string, message: object): boolean =>
  filterOf(`[filter=${Buffer.from(expression).toString('base64')}]c`)!(message)

const message = {
  name: 'token',
  clientId: 'ann',
  extras: {
    headers: { n: 5, tag: 'a-b', on: true, 'x-y': 'z' },
    ref: { type: 't' },
    list: [{ a: 1, b: 'x' }, { a: 2 }],
  },
}

test.each<[expression: string, passes: boolean]>([
  ['name == `"token"`', true],
  ["name == 'other'", false],
  ['name != `"other"` && headers.n == `5`', true],
  ['headers.n > `4` && headers.n <= `5`', true],
  ['headers.missing', false],
  ['headers.missing == `null`', true],
  // As everywhere in JMESPath, `!` binds closer than `.` does.
  ['!(headers.missing)', true],
  ['!headers.missing', false],
  ['headers.on && (name == `"x"` || clientId == `"ann"`)', true],
  ['headers."x-y" == `"z"`', true],
  ['extras.ref.type == `"t"`', true],
  ['headers.constructor || toString || __proto__', false],
  ['length(name) > `4` && type(headers.n) == `"number"`', true],
  ['extras.list[?a == `1`] | [0].b', true],
  ['extras.list[*].a | contains(@, `2`)', true],
  ["starts_with(missing, 'x')", false],
  ["contains(headers.tag, '-') && starts_with(name, 'tok') && !ends_with(name, 'x')", true],
])('%s', (expression, expected) => {
  expect(passes(expression, message)).toBe(expected)
})

test.each([
  'name ==',
  '[@, @] | [] | [@, @] | []',
  '{a: @, b: @}',
  "pad_left(name, `1000000000`, ' ')",
  'map(&[@, @], extras.list)',
  'let $a = name in $a',
  'length(name, name)',
  'starts_with(name)',
  'not_null()',
  '',
  'extras.list[?contains($.extras.list, @)]',
  `${'('.repeat(2000)}name${')'.repeat(2000)}`,
  `name == '${'x'.repeat(1000)}'`,
])('an expression that is wrong, or that could cost too much, is refused: %s', (expression) => {
  expect(() => passes(expression, message)).toThrow(expect.objectContaining({ code: 40000 }) as Error)
})

test('a channel with a filter delivers what passes', async () => {
  const name = uniqueName()
  const client = realtime()
  const derived = client.channels.getDerived(name, { filter: 'name == `"wanted"` && headers.n == `1`' })
  const got = collect<Ably.InboundMessage>((listener) => derived.subscribe(listener))
  await got.subscribed
  const channel = client.channels.get(name)
  await channel.publish([
    { name: 'wanted', data: '1', extras: { headers: { n: 1 } } },
    { name: 'other', data: '2', extras: { headers: { n: 1 } } },
    { name: 'wanted', data: '3', extras: { headers: { n: 2 } } },
    { name: 'wanted', data: '4', extras: { headers: { n: 1 } } },
  ])
  await got.atLeast(2)
  expect(got.items.map((one) => one.data as unknown)).toEqual(['1', '4'])
  const broken = client.channels.getDerived(name, { filter: 'name ==' })
  expect((await errorOf(broken.attach())).code).toBe(40000)
})
