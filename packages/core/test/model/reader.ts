import type { InboundMessage } from 'ably'
import { Conversation } from '../../src/response/conversation.ts'
import type { Known } from '../../src/response/known.ts'
import { kindsOf } from '../../src/session/feature.ts'
import { allFeatures } from '../../src/session/features.ts'
import { documented } from '../../src/wire/documented.ts'

export const codec = documented()

export interface Wire {
  name?: string
  data?: unknown
  action?: string
  serial?: string
  version?: string
  metadata?: Record<string, string>
  headers?: Record<string, unknown>
  clientId?: string
}

let clock = 0
const serialAt = (n: number) => String(n).padStart(8, '0')
/** Of the message that was made last. */
export const lastSerial = () => serialAt(clock)

/** An Ably message as the SDK hands it over. */
export function message({
  action = 'create',
  serial,
  version,
  metadata,
  headers,
  ...rest
}: Wire): InboundMessage {
  const at = serial ?? serialAt(++clock)
  return {
    ...rest,
    action: `message.${action}`,
    serial: at,
    timestamp: 1_000,
    version: { serial: version ?? at, timestamp: 1_000, metadata },
    extras: headers && { headers },
  } as unknown as InboundMessage
}

/** The channel's past was read to its beginning. */
export const allKnown: Known = { gap: undefined, begins: () => true, beginsTurn: () => true }

/** A conversation with neither channel nor clock. */
export class Reader {
  conversation = new Conversation('channel', kindsOf(allFeatures))
  read(wire: Wire | InboundMessage, epoch: number | undefined = 1, live = true): this {
    const m = 'extras' in wire ? wire : message(wire as Wire)
    codec.decode(m, (event) => {
      event.epoch = epoch
      this.conversation.apply(event, live)
    })
    return this
  }
  publish(): string[] {
    const told: string[] = []
    this.conversation.shelf?.show(new Set(), new Set())
    for (const response of this.conversation.dirty) {
      response.touched = undefined
      if (response.lengthen() ?? this.conversation.publish(response)) told.push(response.id)
    }
    this.conversation.dirty = []
    return told
  }
  response(id: string) {
    this.publish()
    return this.conversation.find(id)?.snapshot
  }
}
