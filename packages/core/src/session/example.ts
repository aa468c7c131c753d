import type { InboundMessage } from 'ably'
import { metOf } from '../protocol/event.ts'
import type { Met, TextEvent } from '../protocol/event.ts'
import { Header } from '../protocol/names.ts'
import type { Conversation } from '../response/conversation.ts'
import { textEvent } from '../wire/fields.ts'

/** Streams an answer in each pattern. Returns what a conversation makes of a message and does not keep. */
export function streamExample(conversation: Conversation): Met {
  const say = (
    unit: TextEvent['unit'],
    op: TextEvent['op'],
    serial: string,
    version: string,
    end: string,
  ) => {
    const message = { serial, version: { serial: version }, timestamp: 1e12 } as InboundMessage
    const headers = { [Header.ResponseId]: unit, [Header.End]: end }
    const event = textEvent(message, headers, 'text', unit, op, false, '.', headers, undefined)
    event.epoch = 0
    conversation.applyText(event, true)
    return metOf(event)
  }
  say('token', 'append', '1', '1', '1')
  say('token', 'append', '2', '2', '2')
  say('message', 'full', '3', '3', '1')
  return say('message', 'append', '3', '4', '2')
}
