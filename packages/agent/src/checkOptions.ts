import { ErrorCode, quoted, RejoinError } from '@rejoin/core/protocol'
import type { AgentOptions } from './agentOptions.ts'
import type { Interrupted, PromptHandler, PromptOptions, Steering } from './prompts/promptQueue.ts'
import type { Pattern } from './response/runWire.ts'
import type { ResponseIds } from './response/writerHost.ts'

const patterns: ReadonlySet<unknown> = new Set<Pattern>(['message-per-response', 'message-per-token'])
const steerings = new Set<unknown>(['parallel', 'queue', 'interrupt', 'ignore', 'steer'] satisfies Steering[])
const interruptions = new Set<unknown>(['mark', 'resume', 'restart'] satisfies Interrupted[])

/**
 * Checks what JavaScript may pass to `createAgent`.
 * @throws RejoinError `invalid_argument`, which names the option.
 */
export function checkOptions(options: AgentOptions): void {
  if (typeof options !== 'object' || options === null)
    throw unusable('pass options: `client` and `channelName`')
  const { client, channelName, pattern, claims, checkpoints } = options
  if (typeof client?.channels?.get !== 'function')
    throw unusable(`pass an Ably Realtime client as \`client\`; it is ${quoted(client)}`)
  if (!client.connection)
    throw unusable('a REST client receives no prompts: `client` must be `new Realtime({ … })`')
  if (typeof channelName !== 'string' || channelName === '')
    throw unusable(`channelName must be a non-empty string, and is ${quoted(channelName)}`)
  if (pattern !== undefined && !patterns.has(pattern))
    throw unusable(`pattern must be ${oneOf(patterns)}, and is ${quoted(pattern)}`)
  if (claims && claims !== 'channel' && typeof claims.claim !== 'function')
    throw unusable(
      `claims must be a claim store, such as memoryClaims(), or "channel", and is ${quoted(claims)}`,
    )
  if (checkpoints && typeof checkpoints.load !== 'function')
    throw unusable(
      `checkpoints must be a checkpoint store, such as fileCheckpoints('./checkpoints'), and is ${quoted(checkpoints)}`,
    )
  const numbers = [
    'messagesPerSecond',
    'maxMessageSize',
    'highWaterMark',
    'publishTimeout',
    'claimTtl',
  ] as const
  for (const name of numbers)
    if (!isPositive(options[name])) throw unusable(`${name} must be a number above 0`)
}

/**
 * Checks what JavaScript may pass to `onPrompt`.
 * @throws RejoinError `invalid_argument`, which names the option.
 */
export function checkPromptOptions(handler: PromptHandler, options: PromptOptions): void {
  const { concurrency, whileBusy, interrupted } = options
  if (typeof handler !== 'function')
    throw deaf(`pass a handler, (prompt, response) => …, and not ${quoted(handler)}`)
  if (!isPositive(concurrency)) throw deaf('concurrency must be a number above 0')
  if (isOther(whileBusy, steerings))
    throw deaf(`whileBusy must be ${oneOf(steerings)} or a function, and is ${quoted(whileBusy)}`)
  if (isOther(interrupted, interruptions))
    throw deaf(`interrupted must be ${oneOf(interruptions)} or a function, and is ${quoted(interrupted)}`)
}

/**
 * Checks what JavaScript may pass to `respond`.
 * @throws RejoinError `invalid_argument`, which says what to pass.
 */
export function checkIds(ids: ResponseIds): void {
  const isId = (id: unknown): boolean => id === undefined || (typeof id === 'string' && id !== '')
  if (typeof ids === 'object' && ids && isId(ids.responseId) && isId(ids.promptId)) return
  throw new RejoinError(
    ErrorCode.InvalidArgument,
    `unable to respond; pass { responseId, promptId }, each a non-empty string or left out, and not ${typeof ids === 'object' ? JSON.stringify(ids) : quoted(ids)}`,
  )
}

export function unusable(cure: string): RejoinError {
  return new RejoinError(ErrorCode.InvalidArgument, `unable to create an agent; ${cure}`)
}

function deaf(cure: string): RejoinError {
  return new RejoinError(ErrorCode.InvalidArgument, `unable to listen; ${cure}`)
}

/** Whether the option is positive or unset. */
function isPositive(option: number | undefined): boolean {
  return option === undefined || option > 0
}

/** Whether the option is none of the names, no function, and set. */
function isOther(option: unknown, names: ReadonlySet<unknown>): boolean {
  return option !== undefined && typeof option !== 'function' && !names.has(option)
}

const oneOf = (names: ReadonlySet<unknown>): string => [...names].map(quoted).join(' or ')
