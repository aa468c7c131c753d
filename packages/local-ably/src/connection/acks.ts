import type { AblyError } from '../wire/errors.ts'
import { Action, type ProtocolMessage, type PublishResult } from '../wire/protocol.ts'

type Outcome = { res: PublishResult } | { error: AblyError }

/** The answer to one frame that a client published. */
export interface Slot {
  readonly msgSerial: number
  outcome: Outcome | undefined
  /** Neither it nor any later answer is sent on this socket, as if the network had lost the ACK. */
  lost: boolean
}

/** The most outcomes kept for frames that a client may resend after a resume. */
const keptOutcomes = 5000

/**
 * The ACKs and NACKs of one connection. They leave in order of msgSerial, whatever order the work is done in, because for
 * SDKs an ACK also answers all earlier frames.
 */
export class AckQueue {
  readonly #send: (message: ProtocolMessage) => void
  readonly #slots = new Map<number, Slot>()
  #queue: Slot[] = []
  #expected = 0
  #flushing = false

  constructor(send: (message: ProtocolMessage) => void) {
    this.#send = send
  }

  /** Registers a frame. Undefined for a repeated frame, whose answer is sent again. */
  open(msgSerial: number): Slot | undefined {
    if (msgSerial < this.#expected) {
      const known = this.#slots.get(msgSerial) ?? {
        msgSerial,
        outcome: { res: { serials: [] } },
        lost: false,
      }
      if (!this.#queue.includes(known)) this.#queue.push(known)
      this.#flushSoon()
      return undefined
    }
    const slot: Slot = { msgSerial, outcome: undefined, lost: false }
    this.#expected = msgSerial + 1
    this.#slots.set(msgSerial, slot)
    this.#queue.push(slot)
    if (this.#slots.size > keptOutcomes) this.#slots.delete(this.#slots.keys().next().value!)
    return slot
  }

  settle(slot: Slot, outcome: Outcome): void {
    slot.outcome = outcome
    this.#flushSoon()
  }

  /** Drops pending answers when the socket closes. The client resends the frames after a resume. */
  reset(): void {
    for (const slot of this.#queue) slot.lost = false
    this.#queue = []
  }

  // Frames that arrive together share an ACK.
  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    process.nextTick(() => {
      this.#flushing = false
      this.#flush()
    })
  }

  #flush(): void {
    let run: Slot[] = []
    const sendRun = () => {
      if (run.length > 0) this.#send(ackOf(run))
      run = []
    }
    let done = 0
    for (const slot of this.#queue) {
      if (!slot.outcome || slot.lost) break
      done++
      const follows = run.length === 0 || run.at(-1)!.msgSerial + 1 === slot.msgSerial
      if (!follows || 'error' in slot.outcome) sendRun()
      if ('error' in slot.outcome) this.#send(nackOf(slot.msgSerial, slot.outcome.error))
      else run.push(slot)
    }
    sendRun()
    this.#queue.splice(0, done)
  }
}

const ackOf = (slots: Slot[]): ProtocolMessage => ({
  action: Action.ack,
  msgSerial: slots[0]!.msgSerial,
  count: slots.length,
  res: slots.map((slot) => (slot.outcome as { res: PublishResult }).res),
})

const nackOf = (msgSerial: number, error: AblyError): ProtocolMessage => ({
  action: Action.nack,
  msgSerial,
  count: 1,
  error: error.toWire(),
})
