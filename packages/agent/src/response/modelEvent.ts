/** Why a model stopped: the AI SDK's words. `length` means truncated, `content-filter` refused. */
export type FinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'other'

/**
 * What a model's stream says, in the AI SDK's vocabulary (its UI message stream). Provider mappers yield
 * these, `response.pipe(events)` takes them; an application may make its own.
 *
 * `id` names a text or reasoning part within the stream; parts may interleave.
 */
export type ModelEvent =
  | { type: 'text-start'; id: string }
  | { type: 'text-delta'; id: string; delta: string }
  | { type: 'text-end'; id: string }
  | { type: 'reasoning-start'; id: string }
  | { type: 'reasoning-delta'; id: string; delta: string }
  | { type: 'reasoning-end'; id: string }
  | { type: 'tool-input-start'; toolCallId: string; toolName: string }
  /** Fragments of the arguments' JSON text. */
  | { type: 'tool-input-delta'; toolCallId: string; inputTextDelta: string }
  | { type: 'tool-input-available'; toolCallId: string; toolName: string; input: unknown }
  /** The arguments could not be parsed; `input` is what there was. */
  | { type: 'tool-input-error'; toolCallId: string; toolName: string; input: unknown; errorText: string }
  | { type: 'tool-output-available'; toolCallId: string; output: unknown }
  | { type: 'tool-output-error'; toolCallId: string; errorText: string }
  /** The provider itself asks for a person's decision before it runs a tool of its own. */
  | { type: 'tool-approval-request'; toolCallId: string; toolName: string; input: unknown }
  | SourceEvent
  /** Application data; the same `id` again replaces it. */
  | { type: `data-${string}`; id?: string; data: unknown }
  | { type: 'finish'; finishReason: FinishReason }
  | { type: 'error'; errorText: string; code?: string }

/** A source that the answer cites. Offsets are UTF-16 code units in the cited text part. */
export interface SourceEvent {
  type: 'source-url'
  sourceId: string
  url: string
  title?: string
  startOffset?: number
  endOffset?: number
  snippet?: string
}
