import type { ModelEvent } from '../../response/modelEvent.ts'

/** A provider's stream ended without its last event: the answer must not count as complete. */
export function brokenOff(empty: boolean): ModelEvent {
  const errorText = empty
    ? "the model's stream was empty"
    : "the model's stream broke off before it was finished"
  return { type: 'error', errorText, code: 'stream_truncated' }
}

/** A failure reported by a provider, as an object or a text. */
export function failure(error: unknown): ModelEvent {
  const { message, code, type, status } = Object(error) as Record<string, unknown>
  const errorText =
    typeof error === 'string' && error !== ''
      ? error
      : typeof message === 'string' && message !== ''
        ? message
        : 'the model failed without a reason'
  const found = [code, type, status].find((value) => typeof value === 'string' || typeof value === 'number')
  return { type: 'error', errorText, ...(found !== undefined && found !== '' && { code: String(found) }) }
}
