import { allows, baseChannelName, type Operation } from '../auth/capability.ts'
import type { Author } from '../channel/author.ts'
import type { Channel } from '../channel/channel.ts'
import { isRecord } from '../wire/codec.ts'
import type { Context } from '../context.ts'
import { AblyError, badRequest } from '../wire/errors.ts'
import { identify, rateFor, requireCapability, userClaimFor, type Grant } from '../auth/grant.ts'
import { RateLimit } from './limits.ts'
import { readMessage, type Message, type MessageInput } from '../channel/message.ts'
import { MessageAction } from '../wire/protocol.ts'
import type { Subject } from '../faults/rules.ts'
import { describe } from './outbox.ts'

/** The publisher: its credentials, and its connection if it has one. */
export interface Publisher {
  grant: Grant
  connectionId: string | undefined
  /** Its own rate limits, by channel. */
  channelRates: Map<string, RateLimit>
}

/** Reads and checks a client's messages, before any of them takes effect. */
export function admit(
  context: Context,
  publisher: Publisher,
  channelName: string,
  given: unknown,
): MessageInput[] {
  if (!Array.isArray(given) || given.length === 0)
    throw badRequest('unable to publish; there are no messages')
  context.storage?.check()
  const inputs = given.map(readMessage)
  const limit = context.settings.limits.messageSize
  const size = inputs.reduce((sum, input) => sum + input.size + input.operationSize, 0)
  if (size > limit) {
    throw new AblyError(
      40009,
      413,
      `unable to publish; ${size} bytes exceed the maximum message size of ${limit}`,
    )
  }
  checkIds(inputs)
  for (const input of inputs) {
    if (input.action === MessageAction.create) {
      requireCapability(publisher.grant, channelName, 'publish')
      input.clientId = identify(publisher.grant.clientId, input.clientId)
    }
  }
  context.rules.check('publish', () => subjectOf(publisher, channelName, given))
  return inputs
}

/** Describes a publish for rules. An append has the name of its message, though it does not carry it. */
export function subjectOf(publisher: Publisher, channelName: string, messages: unknown): Subject {
  const { app, clientId } = publisher.grant
  const stored = app.channels.get(channelName)?.messages
  const carried = (Array.isArray(messages) ? messages : []).filter(isRecord)
  const described = describe({ action: 15, messages: carried }, { app: app.id, clientId })
  const names = carried.map(({ name, serial }) =>
    typeof name === 'string' ? name : (typeof serial === 'string' && stored?.get(serial)?.name) || '',
  )
  return { ...described, names, channel: channelName, connectionId: publisher.connectionId }
}

// The ids of one publish share a base, so that a repeat is recognised as a whole.
function checkIds(inputs: readonly MessageInput[]): void {
  if (inputs.length < 2 || inputs.every((input) => input.id === undefined)) return
  const base = inputs[0]!.id?.replace(/:\d+$/, '')
  if (base !== undefined && inputs.every((input, i) => input.id === `${base}:${i}`)) return
  throw new AblyError(
    40031,
    400,
    'unable to publish; ids of one publish must be base:0, base:1, … of the same base',
  )
}

/** Enforces the rate limits of a channel. */
export function checkRates(context: Context, publisher: Publisher, channel: Channel, count: number): void {
  const own = rateFor(publisher.grant, channel.name)
  if (own !== undefined) {
    let rate = publisher.channelRates.get(channel.name)
    if (!rate) publisher.channelRates.set(channel.name, (rate = new RateLimit(42911, 'attachment.maxRate')))
    rate.take(own, count)
  }
  channel.rate.take(context.settings.limits.channelRate, count)
}

export function authorOf(publisher: Publisher, channel: Channel, frameId: string): Author {
  const { clientId } = publisher.grant
  return {
    connectionId: publisher.connectionId,
    clientId: clientId === '*' ? undefined : clientId,
    frameId,
    userClaim: userClaimFor(publisher.grant, channel.name),
  }
}

/** Checks that a publisher may change a message, and that the channel's rule allows changes. */
export function admitChange(publisher: Publisher, channel: Channel, input: MessageInput): Message {
  const { grant } = publisher
  const verb = input.action === MessageAction.delete ? 'delete' : 'update'
  const any: Operation = `message-${verb}-any`
  const own: Operation = `message-${verb}-own`
  requireCapability(grant, channel.name, any, own)
  requireMutable(channel)
  const message = channel.find(input.serial)
  if (allows(grant.capability, channel.name, any)) return message
  if (grant.clientId === undefined || grant.clientId === '*') {
    throw new AblyError(40166, 401, `unable to ${verb} the message; ${own} needs an identified client`)
  }
  if (message.clientId !== grant.clientId) {
    throw new AblyError(
      40160,
      401,
      `unable to ${verb} the message; ${own} is for the client that published it`,
    )
  }
  return message
}

export function requireMutable(channel: Channel): void {
  if (channel.rules.mutableMessages) return
  const [namespace] = baseChannelName(channel.name).split(':')
  throw new AblyError(
    93002,
    400,
    `unable to change or annotate messages of ${channel.name}; the rule of namespace ${namespace} does not allow it, set mutableMessages`,
  )
}
