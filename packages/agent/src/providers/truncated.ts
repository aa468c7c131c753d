import type { ModelEvent } from '../response/modelEvent.ts'

/** A provider's stream ended without its last event: what there is must not pass for a whole answer. */
export const truncated: ModelEvent = {
  type: 'error',
  errorText: "the model's stream broke off before it was finished",
  code: 'stream_truncated',
}
