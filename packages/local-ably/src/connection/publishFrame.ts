import { checkChannelName } from '../app.ts'
import { baseChannelName } from '../auth/capability.ts'
import type { Channel } from '../channel/channel.ts'
import type { Connection } from './connection.ts'
import { AblyError } from '../wire/errors.ts'
import type { MessageInput } from '../channel/message.ts'
import { MessageAction, Mode, type ProtocolMessage, type PublishResult } from '../wire/protocol.ts'
import { admit, admitChange, authorOf, checkRates, type Publisher } from './publish.ts'

/** Publishes the messages of a frame, or applies their operations. */
export function publishFrame(
  connection: Connection,
  frame: ProtocolMessage,
  done: (result: PublishResult) => void,
  fail: (error: unknown) => void,
): void {
  const name = frame.channel ?? ''
  const channelName = baseChannelName(name)
  checkChannelName(channelName)
  requireMode(connection, name, Mode.PUBLISH, 'publish')
  refuseOnRequest(frame.params)
  const publisher = publisherOf(connection)
  const inputs = admit(connection.context, publisher, channelName, frame.messages)
  const channel = connection.app.channel(channelName)
  const frameId = `${connection.id}:${frame.msgSerial}`
  const [only] = inputs
  if (inputs.length === 1 && only!.action === MessageAction.append) {
    admitChange(publisher, channel, only!)
    appendRolled(connection, channel, only!, frameId, done, fail)
    return
  }
  connection.rollup?.flush(channel)
  checkRates(connection.context, publisher, channel, inputs.length)
  done({ serials: apply(publisher, channel, inputs, frameId) })
}

/** Applies admitted messages in order. If all are new, they share a frame. */
export function apply(
  publisher: Publisher,
  channel: Channel,
  inputs: readonly MessageInput[],
  frameId: string,
): string[] {
  const author = authorOf(publisher, channel, frameId)
  countInbound(publisher, inputs)
  if (inputs.every((input) => input.action === MessageAction.create)) return channel.create(inputs, author)
  return inputs.map((input) => {
    if (input.action === MessageAction.create) return channel.create([input], author)[0]!
    admitChange(publisher, channel, input)
    return channel.operate(input, author)
  })
}

function countInbound(publisher: Publisher, inputs: readonly MessageInput[]): void {
  const bytes = inputs.reduce((sum, input) => sum + input.size, 0)
  const by = publisher.connectionId === undefined ? 'rest' : 'realtime'
  publisher.grant.app.stats.countMessages(by, inputs.length, bytes)
}

function appendRolled(
  connection: Connection,
  channel: Channel,
  input: MessageInput,
  frameId: string,
  done: (result: PublishResult) => void,
  fail: (error: unknown) => void,
): void {
  const { nullRollupSerials } = connection.context.settings
  connection.rollup!.append(channel, input, frameId, (result) => {
    if ('error' in result) return fail(result.error)
    done({ serials: [result.merged && nullRollupSerials ? null : result.serial] })
  })
}

export const publisherOf = (connection: Connection): Publisher => ({
  grant: connection.grant,
  connectionId: connection.id,
  channelRates: connection.channelRates,
})

/** Refuses an operation without its mode. Clients that are not attached need no modes. */
export function requireMode(connection: Connection, channelName: string, mode: number, verb: string): void {
  const attachment = connection.attachments.get(channelName)
  if (!attachment || attachment.requested & mode) return
  throw new AblyError(40165, 401, `unable to ${verb} on channel ${channelName}; attach with the mode for it`)
}

/** Ably's test suites request a refusal with a param of the publish. */
export function refuseOnRequest(params: Record<string, unknown> | undefined): void {
  if (String(params?._forceNack) === 'true') {
    throw new AblyError(40099, 400, 'unable to publish; the parameter _forceNack asks for a refusal')
  }
}
