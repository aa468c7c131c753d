import type { Cure, ErrorCode, RejoinError } from '../types/errors.ts'
import { wrapError } from '../types/errors.ts'

/** Kept apart from the reader's cures, since a reader does not publish. */
const cures: readonly Cure[] = [
  [
    (c) => c === 93002,
    'immutable_channel',
    'enable "Message annotations, updates, deletes and appends" for the channel\'s namespace, or use a channel in a namespace that has it',
  ],
  [(c) => c >= 42910 && c < 42930, 'rate_limited', 'publish fewer messages a second, or raise the limit'],
  [(c) => c === 40009, 'too_large', 'send less text in one message'],
]

/** As `wrapError`, for what a publish threw. */
export function wrapPublishError(
  what: string,
  cause: unknown,
  fallback: ErrorCode = 'publish_failed',
  others: readonly Cure[] = [],
): RejoinError {
  return wrapError(what, cause, fallback, [...others, ...cures])
}
