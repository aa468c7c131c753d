import { Attachment } from '../channel/attachment.ts'
import { checkChannelName } from '../app.ts'
import { baseChannelName } from '../auth/capability.ts'
import type { Channel } from '../channel/channel.ts'
import { summaryFrame, withMessages } from '../channel/frames.ts'
import type { Connection } from './connection.ts'
import { AblyError, badChannelName, denied } from '../wire/errors.ts'
import type { JournalEntry } from '../channel/journal.ts'
import { toWire, type Message } from '../channel/message.ts'
import {
  Action,
  allModes,
  defaultModes,
  Flag,
  Mode,
  type ProtocolMessage,
  type WireError,
} from '../wire/protocol.ts'
import { rewind } from '../channel/rewind.ts'
import { serialTime } from '../wire/serial.ts'

/** The most characters of a channel name with its qualifier, which may hold a filter. */
const longestName = 8192

/** Handles ATTACH: answers with ATTACHED and the backlog, or with a channel ERROR. */
export function attach(connection: Connection, frame: ProtocolMessage): void {
  const name = frame.channel ?? ''
  try {
    if (name.length > longestName) throw badChannelName(name.slice(0, 100))
    const channelName = baseChannelName(name)
    checkChannelName(channelName)
    const params = readParams(name, frame.params)
    const requested = requestedModes(params, frame.flags ?? 0)
    connection.rules.check('attach', () => ({ ...connection.subject(), channel: channelName }))
    const known = connection.attachments.get(name)
    if (known && !recovers(known, frame)) reattach(connection, known, requested, params)
    else {
      connection.detach(name)
      attachAnew(connection, name, channelName, requested, params, frame)
    }
  } catch (error) {
    connection.detach(name)
    connection.sendError(error, name)
  }
}

/** Whether an attached client asks for a replay from its serial, because it could not apply a delta. */
const recovers = (known: Attachment, frame: ProtocolMessage): boolean =>
  known.params.delta === 'vcdiff' &&
  frame.channelSerial !== undefined &&
  frame.channelSerial < known.channel.journal.head

/** Changes the options of an attachment in place. */
function reattach(
  connection: Connection,
  known: Attachment,
  requested: number,
  params: Record<string, string>,
): void {
  checkModes(connection, known.channel.name, requested)
  known.requested = requested
  known.params = params
  known.regrant()
  connection.send(known.attached({ channelSerial: known.channel.journal.head, flags: Flag.resumed }))
}

function attachAnew(
  connection: Connection,
  name: string,
  channelName: string,
  requested: number,
  params: Record<string, string>,
  frame: ProtocolMessage,
): void {
  const limit = connection.context.settings.limits.channelsPerConnection
  if (connection.attachments.size >= limit) {
    throw new AblyError(90010, 400, `unable to attach; a connection may have at most ${limit} channels`)
  }
  checkModes(connection, channelName, requested)
  const channel = connection.app.channel(channelName)
  if (channel.rules.authenticated && (connection.clientId === undefined || connection.clientId === '*')) {
    throw new AblyError(
      40161,
      401,
      `unable to attach to ${channelName}; its namespace requires an identified client`,
    )
  }
  channel.expire(Date.now())
  const from = frame.channelSerial
  const plan = from
    ? resume(connection, channel, from)
    : (frame.flags ?? 0) & Flag.attachResume
      ? { messages: [] }
      : rewind(channel, params)
  const attachment = new Attachment(connection, channel, name, requested, params)
  const backlog =
    'entries' in plan ? replayFrames(plan.entries, attachment) : rewindFrames(plan.messages, attachment)
  const resumed = 'entries' in plan
  const present = attachment.modes & Mode.PRESENCE_SUBSCRIBE && channel.presence.size > 0
  // A resumed client keeps its serial until it has the backlog. If the socket drops before, it asks again.
  connection.send(
    attachment.attached({
      channelSerial: resumed ? from! : channel.journal.head,
      flags:
        (resumed ? Flag.resumed : 0) |
        (backlog.length > 0 ? Flag.hasBacklog : 0) |
        (present ? Flag.hasPresence : 0),
      ...('error' in plan && plan.error ? { error: plan.error } : {}),
    }),
  )
  connection.attachments.set(name, attachment)
  channel.join(attachment)
  attachment.replay(backlog)
  if (present) attachment.sync()
}

function checkModes(connection: Connection, channelName: string, requested: number): void {
  if (connection.modesFor(channelName, requested) !== 0) return
  if ((requested & ~(Mode.OBJECT_SUBSCRIBE | Mode.OBJECT_PUBLISH)) === 0) {
    throw denied('unable to attach with the modes of LiveObjects alone; local-ably does not have LiveObjects')
  }
  throw denied(`Channel denied access based on given capability; channelId = ${channelName}`)
}

/**
 * Returns what happened since a serial, if all of it is still known. A connection that was not resumed cannot continue
 * from a serial older than the time for which connections are remembered.
 */
function resume(
  connection: Connection,
  channel: Channel,
  from: string,
): { entries: JournalEntry[] } | { messages: Message[]; error: WireError } {
  const tooOld = serialTime(from) < connection.createdAt - connection.context.settings.connectionStateTtl
  if (!tooOld && channel.journal.reaches(from)) return { entries: channel.journal.after(from) }
  const error = new AblyError(90003, 404, 'Unable to recover channel (messages expired)')
  return { messages: [], error: error.toWire() }
}

/**
 * Builds the backlog of a resumed client: each message once, whole, at the place of its first change. Every frame carries
 * the serial of its place, so that a drop in the middle loses nothing; the last frame carries the head.
 */
function replayFrames(entries: readonly JournalEntry[], attachment: Attachment): ProtocolMessage[] {
  const told = new Set<Message>()
  const summarised = new Set<Message>()
  const frames: ProtocolMessage[] = []
  for (const entry of entries) {
    if (attachment.isOwn(entry.connectionId)) continue
    const { serial, timestamp } = entry
    if (entry.annotations && attachment.modes & Mode.ANNOTATION_SUBSCRIBE) {
      frames.push({ ...envelopeOf(entry), action: Action.annotation, annotations: [...entry.annotations] })
    }
    if ((attachment.modes & Mode.SUBSCRIBE) === 0) continue
    if (entry.summaryOf && !summarised.has(entry.summaryOf)) {
      summarised.add(entry.summaryOf)
      frames.push(summaryFrame(entry.summaryOf, serial, timestamp))
    }
    const news = (entry.messages ?? []).filter((message) => !told.has(message))
    for (const message of news) told.add(message)
    if (news.length > 0) frames.push(withMessages(envelopeOf(entry), news.map(toWire)))
  }
  return endAt(frames, attachment.channel.journal.head)
}

function envelopeOf(entry: JournalEntry): ProtocolMessage {
  const { frameId, serial, timestamp, connectionId } = entry
  const envelope: ProtocolMessage = { action: Action.message, id: frameId, channelSerial: serial, timestamp }
  return connectionId === undefined ? envelope : { ...envelope, connectionId }
}

function rewindFrames(messages: readonly Message[], attachment: Attachment): ProtocolMessage[] {
  if ((attachment.modes & Mode.SUBSCRIBE) === 0) return []
  const frames = messages.map((message): ProtocolMessage => {
    const [channelSerial] = message.serial.split(':')
    const { timestamp, connectionId } = message
    const frame: ProtocolMessage = {
      action: Action.message,
      id: message.id,
      timestamp,
      messages: [toWire(message)],
    }
    if (channelSerial !== undefined) frame.channelSerial = channelSerial
    if (connectionId !== undefined) frame.connectionId = connectionId
    return frame
  })
  return endAt(frames, attachment.channel.journal.head)
}

function endAt(frames: ProtocolMessage[], head: string): ProtocolMessage[] {
  const last = frames.at(-1)
  if (last) last.channelSerial = head
  return frames
}

const knownParams = ['rewind', 'rewindLimit', 'appendMode', 'delta', 'occupancy', 'modes']

/** The params of a channel, from its name and the frame. Unknown params are not echoed. */
function readParams(name: string, given: Record<string, unknown> | undefined): Record<string, string> {
  const query = /^\[[^\]?]*\?([^\]]*)\]/.exec(name)?.[1] ?? ''
  const all: Record<string, unknown> = { ...Object.fromEntries(new URLSearchParams(query)), ...given }
  const params: Record<string, string> = {}
  for (const key of knownParams) {
    const value = all[key]
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      params[key] = String(value)
  }
  return params
}

function requestedModes(params: Record<string, string>, flags: number): number {
  if (params.modes === undefined) return flags & allModes || defaultModes
  let requested = 0
  for (const mode of params.modes.split(',')) {
    const bit = Mode[mode.trim().toUpperCase() as keyof typeof Mode]
    if (bit === undefined)
      throw new AblyError(40000, 400, `unable to attach; unknown mode ${JSON.stringify(mode)}`)
    requested |= bit
  }
  return requested
}
