import type { Slot } from './acks.ts'
import { baseChannelName } from '../auth/capability.ts'
import type { Connection } from './connection.ts'
import { AblyError, asAblyError, badRequest } from '../wire/errors.ts'
import { delayOf, describe } from './outbox.ts'
import type { ProtocolMessage, PublishResult } from '../wire/protocol.ts'
import { subjectOf } from './publish.ts'
import { publisherOf } from './publishFrame.ts'
import type { Subject } from '../faults/rules.ts'

/** Does the work of a frame, and calls `done` with the serials for its ACK, at once or later. */
export type Work = (
  connection: Connection,
  frame: ProtocolMessage,
  done: (result: PublishResult) => void,
  fail: (error: unknown) => void,
) => void

/** Does the work of a frame once, even if it is resent, and answers it. */
export function acknowledge(
  connection: Connection,
  frame: ProtocolMessage,
  { content, bytes, work }: { content: unknown; bytes: number; work: Work },
): void {
  const { msgSerial } = frame
  if (typeof msgSerial !== 'number' || !Number.isInteger(msgSerial)) {
    throw badRequest('unable to answer the frame; it needs an integer msgSerial')
  }
  const slot = connection.acks.open(msgSerial)
  if (!slot) return
  const settle = (outcome: NonNullable<Slot['outcome']>) => settleSlot(connection, frame, slot, outcome)
  const fail = (error: unknown) => settle({ error: asAblyError(error) })
  try {
    const { connectionRate, connectionBytes } = connection.context.settings.limits
    connection.inboundRate.take(connectionRate)
    connection.inboundBytes.take(connectionBytes, bytes)
    if (!Array.isArray(content)) throw badRequest('unable to read the frame; its content must be a list')
    work(connection, frame, (res) => afterKept(connection, () => settle({ res }), fail), fail)
  } catch (error) {
    if (!(error instanceof AblyError)) connection.context.log.writeError('a frame', error)
    fail(error)
  }
}

function afterKept(connection: Connection, done: () => void, fail: (error: unknown) => void): void {
  const kept = connection.context.storage?.whenKept()
  if (kept) kept.then(done, fail)
  else done()
}

function settleSlot(
  connection: Connection,
  frame: ProtocolMessage,
  slot: Slot,
  outcome: NonNullable<Slot['outcome']>,
): void {
  const { acks, rules } = connection
  let delay = 0
  const held: Promise<void>[] = []
  if (rules.at('ack')) {
    for (const effect of rules.effects('ack', subjectOfFrame(connection, frame))) {
      if (effect.kind === 'lose') slot.lost = true
      if (effect.kind === 'delay') delay += delayOf(effect)
      if (effect.kind === 'hold') held.push(effect.released)
    }
  }
  const settle = () => {
    if (held.length === 0) acks.settle(slot, outcome)
    else void Promise.all(held).then(() => acks.settle(slot, outcome))
  }
  if (delay === 0) settle()
  else setTimeout(settle, delay).unref()
}

function subjectOfFrame(connection: Connection, frame: ProtocolMessage): Subject {
  if (!frame.messages) return describe(frame, connection.subject())
  return subjectOf(publisherOf(connection), baseChannelName(frame.channel ?? ''), frame.messages)
}
