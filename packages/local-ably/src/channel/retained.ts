import type { Message } from './message.ts'
import { byteLength, operationSize } from './size.ts'
import type { WireAnnotation, WireMessage } from '../wire/protocol.ts'

/** Counts the bytes of all kept messages, and asks for room when there are too many. */
export class Retained {
  bytes = 0
  readonly #limit: number
  /** Called when the count exceeds the limit. */
  onFull: (() => void) | undefined

  constructor(limit: number) {
    this.#limit = limit
  }

  add(bytes: number): void {
    this.bytes += bytes
  }

  /** Asks for room if needed. Returns whether there is any. */
  check(): boolean {
    if (this.bytes > this.#limit) this.onFull?.()
    return this.bytes <= this.#limit
  }
}

/** The most bytes of earlier versions that one message keeps, and likewise of annotations. */
const maxPast = 1024 * 1024

/** Approximate bytes of the objects around a text. */
const overhead = 500

/** The bytes that a kept message takes. */
export const weightOf = ({ size, weight }: Message): number =>
  overhead + size + weight.operation + weight.past + weight.annotations

/** Computes the weight of a message that was loaded from a file. */
export function measure(message: Omit<Message, 'weight'>): Message['weight'] {
  const sum = (list: readonly (WireMessage | WireAnnotation)[] | undefined) =>
    (list ?? []).reduce((all, one) => all + weigh(one), 0)
  return {
    operation: operationSize(message.version),
    past: sum(message.past),
    annotations: sum(message.annotations),
  }
}

export function addPast(message: Message, version: WireMessage): void {
  message.past.push(version)
  message.weight.past = trim(message.past, message.weight.past + weigh(version))
}

export function addAnnotation(message: Message, annotation: WireAnnotation): void {
  const annotations = (message.annotations ??= [])
  annotations.push(annotation)
  message.weight.annotations = trim(annotations, message.weight.annotations + weigh(annotation))
}

function trim(list: (WireMessage | WireAnnotation)[], bytes: number): number {
  let left = bytes
  while (left > maxPast && list.length > 1) left -= weigh(list.shift()!)
  return left
}

const weights = new WeakMap<object, number>()

function weigh(one: WireMessage | WireAnnotation): number {
  let weight = weights.get(one)
  if (weight === undefined) {
    const { data, ...rest } = one
    weight = overhead + byteLength(data) + Buffer.byteLength(JSON.stringify(rest))
    weights.set(one, weight)
  }
  return weight
}
