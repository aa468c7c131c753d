/** What went wrong, as a stable string to switch on. Every code is explained in docs/errors.md. */
export const ErrorCode = {
  /** An argument or option cannot be used. */
  InvalidArgument: 'invalid_argument',
  /** The session or agent was closed. */
  Closed: 'closed',
  /** The channel could not be attached. */
  AttachFailed: 'attach_failed',
  /** The key or token lacks a capability (Ably 40160-class). */
  NotAllowed: 'not_allowed',
  /** Credentials were refused or have expired (Ably 401xx). */
  AuthFailed: 'auth_failed',
  /** The namespace lacks the rule "message annotations, updates, deletes and appends" (Ably 93002). */
  ImmutableChannel: 'immutable_channel',
  /** A publish was refused by a rate limit (Ably 4291x). */
  RateLimited: 'rate_limited',
  /** A message is larger than the account allows (Ably 40009). */
  TooLarge: 'too_large',
  /** A publish failed for another reason. */
  PublishFailed: 'publish_failed',
  /** The past could not be read. */
  HydrationFailed: 'hydration_failed',
  /** A message on the channel could not be understood; it was skipped. */
  BadMessage: 'bad_message',
  /** A client published as an agent or person that it is not; the message was ignored (PROTOCOL.md §8). */
  Untrusted: 'untrusted',
  /** A listener or callback of the application threw. */
  CallbackFailed: 'callback_failed',
  /** No agent could be woken for a prompt, which is on the channel. */
  WakeFailed: 'wake_failed',
  /** The model's stream failed. */
  ModelFailed: 'model_failed',
  /** A wait took longer than allowed. */
  Timeout: 'timeout',
  /** An answer is suspended until someone decides; its handler is called again then. */
  Suspended: 'suspended',
} as const

export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode]

/** An error with a cure: the message reads "unable to X; Y", `cause` keeps the original error. */
export class RejoinError extends Error {
  override readonly name = 'RejoinError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/** A wrong value, as an error message shows it: short, and what it is. */
export function quoted(value: unknown): string {
  if (typeof value === 'function') return `the function ${value.name || 'without a name'}()`
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value)
  const { name } = value.constructor ?? {}
  return name && name !== 'Object' ? `a ${name}` : 'an object'
}

/** What was thrown, in words. Not only errors are thrown, and not every error says something. */
export function reasonOf(thrown: unknown): string {
  const { message, errors } = Object(thrown) as { message?: unknown; errors?: unknown }
  if (typeof message === 'string' && message !== '') return message
  // Of several attempts to connect, Node.js says nothing but their errors.
  if (Array.isArray(errors) && errors.length > 0) return errors.map(reasonOf).join(', ')
  if (typeof thrown !== 'object' || thrown === null || thrown instanceof Error) return String(thrown)
  try {
    const json = JSON.stringify(thrown)
    if (json !== '{}') return json
  } catch {}
  return quoted(thrown)
}

interface AblyErrorLike {
  code?: number
  statusCode?: number
}

/** The cure for some of Ably's codes. */
export type Cure = [test: (code: number, statusCode: number) => boolean, code: ErrorCode, cure: string]

const cures: readonly Cure[] = [
  [(c) => c === 40160 || c === 40165, 'not_allowed', 'give the key or token the capability named below'],
  [
    (c, s) => (c >= 40100 && c < 40200) || s === 401,
    'auth_failed',
    'check the key, or the token that authCallback or authUrl returns',
  ],
]

/** Names the capability that a refusal is for, its channel, and where to add it: Ably's own error does not. */
export function lacking(capability: string, channelName: string): Cure {
  return [
    (code) => code === 40160 || code === 40165,
    'not_allowed',
    `add the capability "${capability}" on channel "${channelName}" to the token that your server gives out, or to the key in Ably's dashboard`,
  ]
}

/** Wraps an error that a call threw. Ably's error code selects our code and the cure. */
export function wrapError(
  what: string,
  cause: unknown,
  fallback: ErrorCode,
  others: readonly Cure[] = [],
): RejoinError {
  const { code = 0, statusCode = 0 } = (cause ?? {}) as AblyErrorLike
  const known = [...others, ...cures].find(([test]) => test(code, statusCode))
  const detail = reasonOf(cause)
  const numbered = typeof code === 'number' && code ? `${detail} (Ably ${code})` : detail
  return new RejoinError(
    known?.[1] ?? fallback,
    `unable to ${what}; ${known ? `${known[2]}: ` : ''}${numbered}`,
    {
      cause,
    },
  )
}
