import type { InboundMessage } from 'ably'
import { ErrorCode, Header, MessageName, RejoinError, type Wake } from '@rejoin/core/protocol'
import { headersOf, parsed } from '../inbound/fields.ts'
import { promptIdOf } from '../inbound/prompt.ts'
import { decoded } from './encodedMessage.ts'
import { checkOrigin, type WakeSecrets } from './origin.ts'

export type { WakeSecrets } from './origin.ts'

/** The prefix of a channel whose messages describe the channel named by the rest. */
const WAKE_CHANNEL = 'wake:'

const REASONS: Readonly<Record<string, Wake['reason']>> = {
  [MessageName.UserInput]: 'prompt',
  [MessageName.ApprovalResponse]: 'approval',
  [MessageName.ToolResult]: 'tool-result',
}

/**
 * Reads a request of an Ably webhook, single or batched, or one with a `Wake` as its JSON. Leaves out messages that
 * need no wake, such as those of answers.
 * @throws RejoinError `not_allowed` when neither signature nor secret is right, `bad_message` when the body cannot be
 *   read.
 */
export async function readWake(request: Request, secrets: WakeSecrets = {}): Promise<Wake[]> {
  const body = await request.text()
  await checkOrigin(request.headers, body, secrets)
  const wakes = deliveriesOf(jsonOf(body)).flatMap(({ channelName, messages }) =>
    messages.flatMap((message) => wakeOf(channelName, message) ?? []),
  )
  return [...new Map(wakes.map((wake) => [JSON.stringify(wake), wake])).values()]
}

interface DeliveredMessages {
  channelName: string
  messages: unknown[]
}

function deliveriesOf(body: unknown): DeliveredMessages[] {
  const { items, channel, messages, channelName, ...wake } = fieldsOf(body)
  if (typeof channelName === 'string')
    return [{ channelName: WAKE_CHANNEL + channelName, messages: [{ data: wake }] }]
  if (Array.isArray(items))
    return items.flatMap((item) => {
      const { channelId, messages } = fieldsOf(fieldsOf(item)['data'])
      return typeof channelId === 'string' && Array.isArray(messages)
        ? [{ channelName: channelId, messages }]
        : []
    })
  if (typeof channel === 'string' && Array.isArray(messages)) return [{ channelName: channel, messages }]
  throw unreadable('it is neither an enveloped nor a batched request of a webhook')
}

function wakeOf(channel: string, encoded: unknown): Wake | undefined {
  const { action } = fieldsOf(encoded)
  // Updates and deletions of a message wake no agent.
  if (action !== undefined && action !== 0 && action !== 'message.create') return undefined
  const message = decoded(fieldsOf(encoded)) as InboundMessage | undefined
  if (!message) return undefined
  if (channel.startsWith(WAKE_CHANNEL))
    return copyOf(channel.slice(WAKE_CHANNEL.length), parsed(message.data))
  const reason = REASONS[message.name ?? '']
  if (reason === undefined) return undefined
  const headers = headersOf(message)
  if (reason === 'prompt') return made(channel, reason, promptIdOf(message), undefined)
  return made(channel, reason, headers[Header.PromptId], headers[Header.ResponseId])
}

function copyOf(channelName: string, data: unknown): Wake | undefined {
  const { promptId, responseId, reason } = fieldsOf(data)
  const known = Object.values(REASONS).find((one) => one === reason) ?? 'prompt'
  return made(channelName, known, promptId, responseId)
}

function made(
  channelName: string,
  reason: Wake['reason'],
  promptId: unknown,
  responseId: unknown,
): Wake | undefined {
  const wake = {
    channelName,
    ...(isId(promptId) && { promptId }),
    ...(isId(responseId) && { responseId }),
    reason,
  }
  return channelName !== '' && ('promptId' in wake || 'responseId' in wake) ? wake : undefined
}

const isId = (id: unknown): id is string => typeof id === 'string' && id !== ''

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (error) {
    throw unreadable('its body is not JSON', error)
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function unreadable(why: string, cause?: unknown): RejoinError {
  return new RejoinError(ErrorCode.BadMessage, `unable to read the request; ${why}`, { cause })
}
