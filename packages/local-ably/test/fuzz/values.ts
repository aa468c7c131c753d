import type { Random } from './random.ts'

const oddTexts = [
  '',
  ' ',
  '*',
  '__proto__',
  'constructor',
  'toString',
  '\0',
  '\uD800',
  '\n',
  'c',
  'ai:chat',
  '[?rewind=1]c',
  '[?rewind=1&modes=subscribe]c',
  '[filter=bmFtZQ==]c',
  '[filter=????]c',
  '[meta]log',
  '[meta].',
  ':x',
  '0',
  '-1',
  'null',
  'undefined',
  '\u{1F600}',
  '%',
  '%00',
  '%E0%A4%A',
  'a'.repeat(300),
  '00000000000000-000@x',
  '99999999999999-999@AAAAAAAA:000',
]

export const oddText = (random: Random): string =>
  random.chance(0.8)
    ? random.one(...oddTexts)
    : random.bytes(20).toString(random.one('latin1', 'utf8', 'base64'))

const oddNumbers = [
  0,
  1,
  -1,
  5,
  15,
  0.5,
  1e9,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 53),
  1e308,
  65_536,
  262_144,
  33_554_432,
]

export const oddNumber = (random: Random): number =>
  random.chance(0.5) ? random.one(...oddNumbers) : random.below(30)

/** Any JSON value, mostly small, now and then deep. */
export function oddValue(random: Random, depth = 3): unknown {
  if (random.chance(0.002)) return nest(random.one(50, 99, 101, 500))
  const kind = random.below(depth > 0 ? 7 : 5)
  if (kind === 0) return oddText(random)
  if (kind === 1) return oddNumber(random)
  if (kind === 2) return random.chance(0.5)
  if (kind === 3) return null
  if (kind === 4) return undefined
  if (kind === 5) return random.many(3, () => oddValue(random, depth - 1))
  return Object.fromEntries(random.many(3, () => [oddText(random), oddValue(random, depth - 1)]))
}

function nest(levels: number): unknown {
  let value: unknown = 'x'
  for (let i = 0; i < levels; i++) value = i % 2 ? [value] : { a: value }
  return value
}

/** An object with some of these fields, each mostly as it should be. */
export function oddRecord(
  random: Random,
  fields: Record<string, (random: Random) => unknown>,
): Record<string, unknown> {
  const record: Record<string, unknown> = {}
  for (const [field, make] of Object.entries(fields)) {
    if (random.chance(0.5)) record[field] = random.chance(0.8) ? make(random) : oddValue(random)
  }
  return record
}
