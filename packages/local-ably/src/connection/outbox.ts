import { isRecord, type Frame } from '../wire/codec.ts'
import { actionName, MessageAction, PresenceAction, type ProtocolMessage } from '../wire/protocol.ts'
import type { Effect, Rules, Subject } from '../faults/rules.ts'

interface Waiting {
  frame: Frame
  at: number
}

/** Milliseconds that a reordered frame waits for the one that overtakes it. */
const overtakeWithin = 1000

/** Sends the frames of one connection in order: directly, or through a queue when faults delay them. */
export class Outbox {
  readonly #rules: Rules
  readonly #send: (frame: Frame) => void
  readonly #sizeOf: (frame: Frame) => number
  readonly #subject: () => Subject
  #queue: Waiting[] = []
  #overtaken: Frame | undefined
  #timer: NodeJS.Timeout | undefined
  #frozen = 0
  #bytes = 0

  constructor(
    rules: Rules,
    about: { subject: () => Subject; send: (frame: Frame) => void; sizeOf: (frame: Frame) => number },
  ) {
    this.#rules = rules
    this.#subject = about.subject
    this.#send = about.send
    this.#sizeOf = about.sizeOf
  }

  /** Bytes in the queue. */
  get bytes(): number {
    return this.#bytes
  }

  push(frame: Frame): void {
    if (!this.#rules.at('delivery')) {
      this.#enqueue(frame, 0)
      return
    }
    let copies = 1
    let delay = 0
    let overtaken = false
    for (const effect of this.#rules.effects('delivery', describe(frame.message, this.#subject()))) {
      if (effect.kind === 'lose') copies = 0
      if (effect.kind === 'duplicate') copies += effect.copies
      if (effect.kind === 'delay') delay += delayOf(effect)
      if (effect.kind === 'reorder') overtaken = true
    }
    if (copies > 0 && overtaken && !this.#overtaken) {
      this.#overtaken = frame
      setTimeout(() => this.#release(frame), overtakeWithin).unref()
      return
    }
    for (; copies > 0; copies--) this.#enqueue(frame, delay)
  }

  /** Holds everything back until the returned function is called. */
  freeze(): () => void {
    this.#frozen++
    let thawed = false
    return () => {
      if (thawed) return
      thawed = true
      this.#frozen--
      this.#pump()
    }
  }

  /** Drops the queue when the socket closes. */
  clear(): void {
    this.#queue = []
    this.#bytes = 0
    this.#overtaken = undefined
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #enqueue(frame: Frame, delay: number): void {
    if (delay === 0 && this.#queue.length === 0 && this.#frozen === 0) this.#send(frame)
    else {
      // Frames stay in order, so one delayed frame delays all later ones.
      const after = this.#queue.at(-1)?.at ?? 0
      this.#queue.push({ frame, at: Math.max(after, Date.now() + delay) })
      this.#bytes += this.#sizeOf(frame)
      this.#pump()
    }
    const overtaken = this.#overtaken
    if (overtaken && overtaken !== frame && isLike(overtaken.message, frame.message)) this.#release(overtaken)
  }

  #release(frame: Frame): void {
    if (this.#overtaken !== frame) return
    this.#overtaken = undefined
    this.#enqueue(frame, 0)
  }

  #pump(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const now = Date.now()
    while (this.#frozen === 0 && this.#queue.length > 0 && this.#queue[0]!.at <= now) {
      const { frame } = this.#queue.shift()!
      this.#bytes -= this.#sizeOf(frame)
      this.#send(frame)
    }
    if (this.#frozen === 0 && this.#queue.length > 0) {
      this.#timer = setTimeout(() => this.#pump(), this.#queue[0]!.at - now)
      this.#timer.unref()
    }
  }
}

// Only a frame of the same channel and kind overtakes; an ACK does not count.
const isLike = (a: ProtocolMessage, b: ProtocolMessage): boolean =>
  a.channel === b.channel && a.action === b.action

export const delayOf = (effect: Extract<Effect, { kind: 'delay' }>): number =>
  effect.ms + Math.random() * effect.jitter

const actionNames = (table: Record<string, number>): string[] => {
  const names: string[] = []
  for (const [name, value] of Object.entries(table)) names[value] = name
  return names
}

const messageActions = actionNames(MessageAction)
const presenceActions = actionNames(PresenceAction)

/** Describes a frame for rules. A client's frame may hold anything. */
export function describe(message: ProtocolMessage, base: Subject): Subject {
  const carried = listOf(message.messages ?? message.presence ?? message.annotations)
  const table = message.presence ? presenceActions : messageActions
  const inner = message.annotations ? [] : carried.map((one) => table[one.action as number] ?? '')
  return {
    ...base,
    channel: message.channel,
    names: message.presence ? [] : carried.map((one) => textOf(one.name)),
    actions: [actionName(message.action).toLowerCase(), ...inner],
    data: carried.map((one) => textOf(one.data)),
  }
}

// A message without an action is a create.
const listOf = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter(isRecord).map((one) => ({ ...one, action: one.action ?? 0 })) : []

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : Buffer.isBuffer(value) ? value.toString() : ''
