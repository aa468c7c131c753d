import type { Message, RealtimeChannel } from 'ably'
import type { LastMessage } from '../publish/lastMessage.ts'
import { Header, MessageName, Metadata, Phase } from '@rejoin/core/protocol'
import type { Right } from '../publish/rights.ts'

export type Pattern = 'message-per-response' | 'message-per-token'

/** Properties of a growing text, fixed when its part begins. */
export interface RunKind {
  readonly channel: RealtimeChannel
  readonly type: 'text' | 'reasoning' | 'tool-input'
  readonly headers: Record<string, string>
}

/** How a pattern publishes a growing text. Every call is one operation. */
export interface RunWire {
  /** The message that opens the text, with the text so far; once a serial is known, the message that replaces it. */
  open(text: string): Message
  /** Appends `data`; the text then ends at `end`. */
  grow(data: string, end: number): Promise<string | undefined>
  /** Replaces the whole content by the text so far. */
  replace(text: string): Promise<string | undefined>
  /** Marks the text as complete, or (`streaming`) as continued in a further message (PROTOCOL.md §4.4). */
  close(end: number, checksum: string, phase: string): Promise<string | undefined>
  /** The whole text and its close in one message, for a process that can await nothing. */
  last(text: string, checksum: string): LastMessage
  /** The message's serial, once known. */
  serial: string | undefined
  /** Whether the text needs a serial to grow. */
  readonly needsSerial: boolean
  /** The capability needed to grow. */
  readonly right: Right
}

export function runWire(pattern: Pattern, kind: RunKind, newId: () => string): RunWire {
  return pattern === 'message-per-token' ? tokenWire(kind, newId) : growingWire(kind)
}

/** One message that grows by appends (PROTOCOL.md §4.1). */
function growingWire({ channel, type, headers: own }: RunKind): RunWire {
  const name =
    type === 'text'
      ? MessageName.Response
      : type === 'reasoning'
        ? MessageName.Reasoning
        : MessageName.ToolCall
  let extras = { headers: own }
  const wire: RunWire = {
    serial: undefined,
    needsSerial: true,
    right: 'message-update-own',
    open(data) {
      const { serial } = wire
      if (serial !== undefined) extras = { headers: { ...own, [Header.Continues]: serial } }
      return { name, data, extras }
    },
    grow: (data, end) => append(data, { [Metadata.End]: String(end), [Metadata.Phase]: Phase.Streaming }),
    async replace(text) {
      const metadata = { [Metadata.End]: String(text.length), [Metadata.Phase]: Phase.Streaming }
      const message = { serial: wire.serial!, name, data: text, extras }
      return (await channel.updateMessage(message, { metadata }))?.versionSerial ?? undefined
    },
    close: (end, checksum, phase) =>
      append('', {
        [Metadata.End]: String(end),
        [Metadata.Phase]: phase,
        [Metadata.Checksum]: checksum,
      }),
    last: (data, checksum) => {
      const closing = { [Metadata.Phase]: Phase.Done, [Metadata.Checksum]: checksum }
      const metadata = { [Metadata.End]: String(data.length), ...closing }
      return { serial: wire.serial!, name, data, extras, metadata }
    },
  }
  const append = async (data: string, metadata: Record<string, string>) =>
    (await channel.appendMessage({ serial: wire.serial!, data }, { metadata }))?.versionSerial ?? undefined
  return wire
}

/** One message per fragment (PROTOCOL.md §4.2). */
function tokenWire({ channel, type, headers }: RunKind, newId: () => string): RunWire {
  const [token, complete] =
    type === 'reasoning'
      ? [MessageName.Reasoning, MessageName.ReasoningComplete]
      : [MessageName.Token, MessageName.ResponseComplete]
  const message = (name: string, data: string, stamp: Record<string, string>): Message => ({
    name,
    data,
    extras: { headers: { ...headers, ...stamp } },
  })
  // Own ids prevent duplicates when the SDK publishes again after a lost connection (§6.5).
  const run = newId()
  let count = 0
  const publish = async (published: Message) => {
    published.id = `${run}${count++}:0`
    await channel.publish(published)
    return undefined
  }
  return {
    serial: undefined,
    needsSerial: false,
    right: 'publish',
    open: (text) => message(token, text, { [Header.End]: String(text.length) }),
    grow: (data, end) => publish(message(token, data, { [Header.End]: String(end) })),
    replace: (text) =>
      publish(
        message(complete, text, { [Header.End]: String(text.length), [Header.Phase]: Phase.Streaming }),
      ),
    close: (end, checksum, phase) =>
      publish(
        message(token, '', {
          [Header.End]: String(end),
          [Header.Phase]: phase,
          [Header.Checksum]: checksum,
        }),
      ),
    last: (text, checksum) => {
      const closing = { [Header.Phase]: Phase.Done, [Header.Checksum]: checksum }
      return message(complete, text, { [Header.End]: String(text.length), ...closing })
    },
  }
}
