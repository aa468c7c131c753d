import type * as Ably from 'ably'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collect, formats, pause, uniqueName, useServer } from '../../test/clients.ts'
import { vcdiff } from './delta.ts'

const { realtime } = useServer()

/** As much of a VCDIFF decoder as RFC 3284 asks for the instructions that we use. */
function decode(delta: Uint8Array, source: Uint8Array): Uint8Array {
  let at = 0
  const byte = () => delta[at++]!
  const number = () => {
    let value = 0
    for (;;) {
      const digit = byte()
      value = value * 128 + (digit & 0x7f)
      if (digit < 0x80) return value
    }
  }
  expect([byte(), byte(), byte(), byte(), byte()]).toEqual([0xd6, 0xc3, 0xc4, 0, 0])
  expect(byte()).toBe(1)
  expect([number(), number()]).toEqual([source.length, 0])
  const length = number()
  const end = at + length
  const target: number[] = []
  const size = number()
  expect(byte()).toBe(0)
  const [data, instructions, addresses] = [number(), number(), number()]
  let dataAt = at
  let addressAt = at + data + instructions
  at += data
  const stop = at + instructions
  expect(addressAt + addresses).toBe(end)
  while (at < stop) {
    const code = byte()
    const count = number()
    if (code === 1) for (let i = 0; i < count; i++) target.push(delta[dataAt++]!)
    else {
      expect(code).toBe(19)
      const back = at
      at = addressAt
      const from = number()
      addressAt = at
      at = back
      for (let i = 0; i < count; i++) target.push(source[from + i]!)
    }
  }
  expect(target).toHaveLength(size)
  return Uint8Array.from(target)
}

test('a delta restores its target, whatever they are', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400 }),
      fc.uint8Array({ maxLength: 400 }),
      fc.uint8Array(),
      (start, middle, end) => {
        const source = Buffer.concat([start, end])
        const target = Buffer.concat([start, middle, end])
        expect(Buffer.from(decode(vcdiff(source, target), source))).toEqual(target)
      },
    ),
  )
})

const published = [
  { foo: 'bar', count: 1, status: 'active' },
  { foo: 'bar', count: 2, status: 'active' },
  { foo: 'bar', count: 2, status: 'inactive' },
  { foo: 'bar', count: 3, status: 'active' },
]

describe.each(formats)('deltas over $format', ({ useBinaryProtocol }) => {
  const open = (decoder: (delta: Uint8Array, source: Uint8Array) => Uint8Array) =>
    realtime({ useBinaryProtocol, plugins: { vcdiff: { decode: decoder } } })

  test('all but the first message travel as deltas', async () => {
    let decoded = 0
    const client = open((delta, source) => (decoded++, decode(delta, source)))
    const channel = client.channels.get(uniqueName(), { params: { delta: 'vcdiff' } })
    const got = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    for (const data of published) await channel.publish('n', data)
    await got.atLeast(published.length)
    expect(got.items.map((message) => message.data as unknown)).toEqual(published)
    expect(decoded).toBe(published.length - 1)
  })

  test('a client that lost the thread attaches again and hears the rest', async () => {
    const client = open(decode)
    const channel = client.channels.get(uniqueName(), { params: { delta: 'vcdiff' } })
    const got = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    const reasons: (number | undefined)[] = []
    channel.on('attaching', (change) => reasons.push(change.reason?.code))
    await channel.publish('0', published[0])
    await channel.publish('1', published[1])
    await got.atLeast(2)
    Object.assign((channel as unknown as { _lastPayload: object })._lastPayload, { messageId: null })
    await channel.publish('2', published[2])
    await channel.publish('3', published[3])
    while (!got.items.some((message) => message.name === '3')) await pause(10)
    expect(reasons).toContain(40018)
    const byName = Object.fromEntries(got.items.map((message) => [message.name, message.data as unknown]))
    expect([byName['2'], byName['3']]).toEqual([published[2], published[3]])
  })
})
