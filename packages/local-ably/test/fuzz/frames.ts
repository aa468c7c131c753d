import { encode } from '@ably/msgpack-js'
import type { Random } from './random.ts'
import { oddNumber, oddRecord, oddText, oddValue } from './values.ts'

const payload = (random: Random): unknown =>
  random.one<() => unknown>(
    () => oddText(random),
    () => 'x'.repeat(random.below(3000)),
    () => oddValue(random),
  )()

export const message = (random: Random, known: readonly string[]): unknown =>
  oddRecord(random, {
    id: oddText,
    name: oddText,
    data: payload,
    encoding: () =>
      random.one('utf-8', 'json', 'base64', 'json/utf-8/cipher+aes-256-cbc/base64', 'vcdiff', '/'),
    clientId: oddText,
    action: () => random.below(7),
    serial: () => (known.length > 0 && random.chance(0.8) ? random.one(...known) : oddText(random)),
    extras: () =>
      oddRecord(random, {
        headers: (one) => oddValue(one),
        ref: oddValue,
        userClaim: oddText,
        push: oddValue,
      }),
    version: () => oddRecord(random, { clientId: oddText, description: oddText, metadata: oddValue }),
    connectionKey: oddText,
  })

const presence = (random: Random): unknown =>
  oddRecord(random, {
    action: () => random.below(6),
    clientId: oddText,
    data: payload,
    encoding: oddText,
    extras: oddValue,
    id: oddText,
  })

export const annotation = (random: Random, known: readonly string[]): unknown =>
  oddRecord(random, {
    action: () => random.below(3),
    type: () =>
      random.one('a:total.v1', 'a:flag.v1', 'a:distinct.v1', 'a:unique.v1', 'a:multiple.v1', 'a', ''),
    name: oddText,
    count: oddNumber,
    messageSerial: () => (known.length > 0 ? random.one(...known) : oddText(random)),
    data: payload,
    extras: oddValue,
  })

/** A protocol message as a client may send it, right or wrong. `known`: serials of messages that may exist. */
export function frame(random: Random, known: readonly string[]): unknown {
  if (random.chance(0.03)) return oddValue(random)
  const list = (make: (random: Random, known: readonly string[]) => unknown) => () =>
    random.many(3, () => (random.chance(0.05) ? oddValue(random) : make(random, known)))
  return {
    action: random.chance(0.95)
      ? random.one(0, 5, 7, 10, 10, 12, 14, 15, 15, 15, 16, 17, 19, 20, 21, 22)
      : oddValue(random),
    ...oddRecord(random, {
      channel: oddText,
      channelSerial: oddText,
      id: oddText,
      flags: oddNumber,
      msgSerial: oddNumber,
      params: () =>
        oddRecord(random, {
          rewind: () => random.one<unknown>('1', '2m', 100, '1e9', '-1'),
          rewindLimit: oddText,
          modes: () => random.one('publish,subscribe', 'OBJECT_SUBSCRIBE', ',', 'presence'),
          delta: () => 'vcdiff',
          appendMode: () => 'full',
          occupancy: () => random.one('metrics', 'metrics.publishers', 'metrics.__proto__'),
        }),
      auth: () => ({ accessToken: oddText(random) }),
      messages: list(message),
      presence: list(presence),
      annotations: list(annotation),
      state: () => [oddValue(random)],
    }),
  }
}

/** A frame as bytes, in a format, now and then damaged. */
export function frameBytes(random: Random, format: 'json' | 'msgpack', known: readonly string[]): Buffer {
  if (random.chance(0.02)) return random.chance(0.2) ? deepText(random) : random.bytes(200)
  const bytes = encodeAs(frame(random, known), format)
  if (bytes.length > 0 && random.chance(0.05)) bytes[random.below(bytes.length)] = random.below(256)
  return random.chance(0.02) ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes
}

/** Text nested deeper than could be encoded here. */
export const deepText = (random: Random): Buffer =>
  Buffer.from(`{"action":15,"messages":${random.one('[', '{"a":').repeat(20_000)}`)

export function encodeAs(value: unknown, format: 'json' | 'msgpack'): Buffer {
  try {
    return format === 'json' ? Buffer.from(JSON.stringify(value) ?? 'null') : Buffer.from(encode(value, true))
  } catch {
    // Not everything can be encoded.
    return Buffer.from('null')
  }
}
