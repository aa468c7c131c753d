import type { Payload, WireMessage } from '../wire/protocol.ts'

/** Encodes each message as a delta to the previous one, for an attachment with `delta: 'vcdiff'`. */
export class DeltaEncoder {
  #before: { id: string; bytes: Buffer } | undefined

  /** Encodes messages: each as a delta to the previous one, if that is shorter. */
  encode(messages: readonly WireMessage[]): WireMessage[] {
    return messages.map((message) => this.#encodeOne(message))
  }

  /** Forgets the previous message, so the next one is sent whole. */
  reset(): void {
    this.#before = undefined
  }

  #encodeOne(message: WireMessage): WireMessage {
    const { data, id } = message
    if (data === undefined || id === undefined) {
      this.reset()
      return message
    }
    const bytes = toBytes(data)
    const before = this.#before
    this.#before = { id, bytes }
    const delta = before && vcdiff(before.bytes, bytes)
    if (!before || !delta || delta.length >= bytes.length) return message
    const steps = [message.encoding, typeof data === 'string' ? 'utf-8' : undefined, 'vcdiff']
    return {
      ...message,
      data: delta,
      encoding: steps.filter(Boolean).join('/'),
      extras: { ...message.extras, delta: { format: 'vcdiff', from: before.id } },
    }
  }
}

const toBytes = (data: Payload): Buffer => (typeof data === 'string' ? Buffer.from(data) : data)

const magic = [0xd6, 0xc3, 0xc4, 0x00, 0x00]
const fromSource = 0x01
/** Entries of the default code table whose size follows: ADD, and COPY from an address in full. */
const add = 1
const copy = 19

/**
 * A VCDIFF (RFC 3284) of one window: copies the common start and end, and adds what differs between them. The diff is
 * correct but not optimal; successive messages mostly differ in one place.
 */
export function vcdiff(source: Buffer, target: Buffer): Buffer {
  const most = Math.min(source.length, target.length)
  let start = 0
  while (start < most && source[start] === target[start]) start++
  let end = 0
  while (end < most - start && source[source.length - 1 - end] === target[target.length - 1 - end]) end++
  const middle = target.subarray(start, target.length - end)
  const instructions: number[] = []
  const addresses: number[] = []
  if (start > 0) {
    instructions.push(copy, ...varint(start))
    addresses.push(...varint(0))
  }
  if (middle.length > 0) instructions.push(add, ...varint(middle.length))
  if (end > 0) {
    instructions.push(copy, ...varint(end))
    addresses.push(...varint(source.length - end))
  }
  const lengths = [middle.length, instructions.length, addresses.length].flatMap(varint)
  const encodingLength =
    varint(target.length).length + 1 + lengths.length + middle.length + instructions.length + addresses.length
  const head = [
    ...magic,
    fromSource,
    ...varint(source.length),
    ...varint(0),
    ...varint(encodingLength),
    ...varint(target.length),
    0,
    ...lengths,
  ]
  return Buffer.concat([Buffer.from(head), middle, Buffer.from([...instructions, ...addresses])])
}

/** Base 128, most significant digit first. */
function varint(value: number): number[] {
  const digits = [value & 0x7f]
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80)
  return digits
}
