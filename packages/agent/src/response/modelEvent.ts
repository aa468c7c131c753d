/**
 * Why a model stopped, in the AI SDK's words. `length` means truncated, `content-filter` refused or filtered,
 * `tool-calls` that the model awaits the results of tools.
 */
export type FinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'other'

/** Tokens that an answer used, in the AI SDK's shape. A number that the provider did not give is absent. */
export interface Usage {
  inputTokens?: number
  inputTokenDetails?: { noCacheTokens?: number; cacheReadTokens?: number; cacheWriteTokens?: number }
  outputTokens?: number
  outputTokenDetails?: { textTokens?: number; reasoningTokens?: number }
  totalTokens?: number
}

/** Data that a provider needs in the next call, by provider: signatures, encrypted reasoning, item ids. */
export type ProviderMetadata = Record<string, Record<string, unknown>>

/**
 * An event of a model's stream, in the AI SDK's vocabulary (its UI message stream). Provider mappers yield these
 * events, `response.pipe(events)` takes them, and an application may make its own.
 *
 * `id` names a text or reasoning part within the stream; parts may interleave. An `id` that starts again names
 * a further part. A stream that ends without a `finish` while an announced part is open has broken off; mappers always
 * end with `finish`, `abort` or `error`.
 */
export type ModelEvent =
  | { type: 'text-start'; id: string }
  | { type: 'text-delta'; id: string; delta: string }
  | { type: 'text-end'; id: string }
  | { type: 'reasoning-start'; id: string }
  | { type: 'reasoning-delta'; id: string; delta: string }
  | { type: 'reasoning-end'; id: string }
  | ToolEvent
  | PartMetadataEvent
  | ToolMetadataEvent
  | SourceEvent
  | SourceDocumentEvent
  | FileEvent
  | CustomEvent
  /** Application data; the same `id` again replaces it. `transient` data is shown to present readers and not stored. */
  | { type: `data-${string}`; id?: string; data: unknown; transient?: boolean }
  | StepEvent
  /** Facts about the answer, such as `model`. Merged into the known facts, key by key. */
  | { type: 'metadata'; metadata: Record<string, unknown> }
  | EndEvent
  | DroppedEvent

/** Optional fields of a tool call. */
export interface ToolFields {
  /** The tool was not declared beforehand: it is known only at run time, like the tools of MCP servers. */
  dynamic?: boolean
  /** The provider runs the tool: the model's stream brings its result, not the application. */
  providerExecuted?: boolean
  /** The tool's name for people. */
  title?: string
}

/** An event of a tool call. Fields of its start hold for all later events. */
export type ToolEvent =
  | ({ type: 'tool-input-start'; toolCallId: string; toolName: string } & ToolFields)
  /** Fragments of the arguments' JSON text. */
  | { type: 'tool-input-delta'; toolCallId: string; inputTextDelta: string }
  | ({ type: 'tool-input-available'; toolCallId: string; toolName: string; input: unknown } & ToolFields)
  /** The arguments could not be parsed; `input` is the raw value. */
  | ({
      type: 'tool-input-error'
      toolCallId: string
      toolName: string
      input: unknown
      errorText: string
    } & ToolFields)
  /** A `preliminary` output is replaced by the next one. */
  | { type: 'tool-output-available'; toolCallId: string; output: unknown; preliminary?: boolean }
  | { type: 'tool-output-error'; toolCallId: string; errorText: string }
  | { type: 'tool-output-denied'; toolCallId: string }
  /** Asks a person to decide before the tool runs. `approvalId` is the provider's name of the request. */
  | {
      type: 'tool-approval-request'
      toolCallId: string
      toolName: string
      input: unknown
      approvalId?: string
      reason?: string
    }
  | { type: 'tool-approval-response'; toolCallId: string; approved: boolean; reason?: string }

/** Facts about a tool from the application's own definition of it. */
export interface ToolMetadataEvent {
  type: 'tool-metadata'
  toolCallId: string
  toolMetadata: Record<string, unknown>
}

/** The provider's metadata of a part; it may come at any time after the part's start. */
export interface PartMetadataEvent {
  type: 'part-metadata'
  part: 'text' | 'reasoning' | 'tool-call' | 'tool-result'
  /** `id` of the text or reasoning part, or `toolCallId`. */
  id: string
  /** The complete metadata: replaces earlier metadata of the same part. */
  providerMetadata: ProviderMetadata
}

/** A source that the answer cites. Offsets are UTF-16 code units in the cited text part. */
export interface SourceEvent {
  type: 'source-url'
  sourceId: string
  url: string
  title?: string
  /** `id` of the text part in which the offsets count. Default: the last part that began. */
  textId?: string
  startOffset?: number
  endOffset?: number
  snippet?: string
  providerMetadata?: ProviderMetadata
}

/** A document without an address that the answer draws on. Offsets as in `source-url`. */
export interface SourceDocumentEvent {
  type: 'source-document'
  sourceId: string
  /** IANA media type. */
  mediaType: string
  title: string
  filename?: string
  textId?: string
  startOffset?: number
  endOffset?: number
  snippet?: string
  providerMetadata?: ProviderMetadata
}

/** A file that the model made; `reasoning-file` if it was made during its reasoning. */
export interface FileEvent {
  type: 'file' | 'reasoning-file'
  /** An address, or the content itself as a `data:` URL. */
  url: string
  /** IANA media type. */
  mediaType: string
  filename?: string
  providerMetadata?: ProviderMetadata
}

/** Content that only one provider understands: not shown, but needed by the model's next call. */
export interface CustomEvent {
  type: 'custom'
  /** Such as `openai.compaction`. */
  kind: string
  providerMetadata?: ProviderMetadata
}

/** One model call within an answer. `reset-step` withdraws the output of the current step so far. */
export interface StepEvent {
  type: 'start-step' | 'finish-step' | 'reset-step'
}

/** How an answer ended. Only `finish` means that the model finished. */
export type EndEvent =
  | {
      type: 'finish'
      finishReason: FinishReason
      /** The provider's own reason, if it is more specific than `finishReason`, such as `pause_turn`. */
      rawFinishReason?: string
      /** Tokens of this model call; several streams of one answer add up. */
      usage?: Usage
    }
  /** The model was stopped: the answer stays as far as it was written. */
  | { type: 'abort'; reason?: string }
  | { type: 'error'; errorText: string; code?: string }

/** A value that no part can hold unchanged. The agent reports it through `on('error')`. */
export interface DroppedEvent {
  type: 'dropped'
  /** Where it was, such as `choices[0].delta.content`. */
  what: string
  /** Such as `it is a number`. */
  why: string
}
