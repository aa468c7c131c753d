import type { RealtimeChannel } from 'ably'
import { ErrorCode, lacking, RejoinError, wrapPublishError } from '@rejoin/core/protocol'

/** A capability that an agent needs on its channel. */
export type Right = 'subscribe' | 'publish' | 'presence' | 'history' | 'message-update-own'

/** Ably's refusal of an anonymous client's change to its own message. */
const NOBODY = 40_166

/** As `wrapPublishError`. If `right` is missing, the error names it, which Ably's own error does not. */
export function wrapRefusal(
  what: string,
  cause: unknown,
  right: Right,
  channelName: string,
  fallback: ErrorCode = ErrorCode.PublishFailed,
): RejoinError {
  if (cause instanceof RejoinError) return cause
  const { code, message } = (cause ?? {}) as { code?: number; message?: string }
  if (code === NOBODY) {
    const cure = `give the client a clientId, which the capability "${right}" needs`
    return new RejoinError(ErrorCode.NotAllowed, `unable to ${what}; ${cure}: ${message} (Ably ${code})`, {
      cause,
    })
  }
  return wrapPublishError(what, cause, fallback, [lacking(right, channelName)])
}

/** Why an attached channel is unusable: if a right is missing, Ably attaches without an error, with fewer modes. */
export function missing(
  what: string,
  channel: RealtimeChannel,
  right: 'subscribe' | 'publish',
): RejoinError | undefined {
  const { modes } = channel
  // Not every server reports its modes.
  if (!modes || modes.some((mode) => mode.toLowerCase() === right)) return undefined
  const also = `or list it in \`channelOptions.modes\`, if you set them: it has ${modes.join(', ') || 'none'}`
  return new RejoinError(
    ErrorCode.NotAllowed,
    `unable to ${what}; ${lacking(right, channel.name)[2]}, ${also}`,
  )
}
