import type { Channel } from './channel.ts'
import { AblyError } from '../wire/errors.ts'
import type { Message } from './message.ts'
import type { WireError } from '../wire/protocol.ts'
import { serialTime } from '../wire/serial.ts'

const maxCount = 100
const units: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000 }

/** The messages that a rewind delivers. */
export interface Past {
  messages: Message[]
  /** Set when they are fewer than the client asked for. */
  error?: WireError
}

/**
 * The messages that `rewind` selects, in order of creation. The last change counts: a growing response belongs to the
 * last N, whenever it began.
 */
export function rewind(channel: Channel, params: Record<string, string>, now = Date.now()): Past {
  const wanted = params.rewind
  if (wanted === undefined) return { messages: [] }
  const match = /^(\d+)([smh])?$/.exec(wanted)
  if (!match || Number(match[1]) === 0) {
    throw new AblyError(
      40000,
      400,
      `unable to rewind by ${JSON.stringify(wanted)}; write a count or a time: 10, 30s, 2m`,
    )
  }
  const unit = match[2]
  const limit = readLimit(params.rewindLimit)
  const since = unit ? now - Number(match[1]) * units[unit]! : 0
  const chosen = channel.messages.all().filter((message) => serialTime(message.touched) >= since)
  const count = unit ? limit : Math.min(limit, Number(match[1]))
  const messages = lastChanged(chosen, count)
  const asked = unit ? chosen.length : Number(match[1])
  if (asked <= maxCount || (unit && params.rewindLimit !== undefined)) return { messages }
  const error = new AblyError(40000, 400, `unable to rewind that far; at most ${maxCount} messages are sent`)
  return { messages, error: error.toWire() }
}

/** The `count` messages that changed last, in order of creation. */
function lastChanged(messages: readonly Message[], count: number): Message[] {
  if (messages.length <= count) return [...messages]
  if (count === 0) return []
  const threshold = messages
    .map((message) => message.touched)
    .sort((a, b) => (a < b ? 1 : -1))
    .at(count - 1)!
  // Messages of one frame share `touched`, so the threshold may admit too many.
  return messages.filter((message) => message.touched >= threshold).slice(-count)
}

function readLimit(limit: string | undefined): number {
  if (limit === undefined) return maxCount
  if (/^\d+$/.test(limit)) return Math.min(maxCount, Number(limit))
  throw new AblyError(40000, 400, `unable to rewind; rewindLimit ${JSON.stringify(limit)} is not a number`)
}
