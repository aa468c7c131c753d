/**
 * Why a model stopped: the AI SDK's words. `length` means truncated, `content-filter` refused or filtered,
 * `tool-calls` that results of tools are awaited.
 */
export type FinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'other'

/** Tokens that an answer took, in the AI SDK's shape. A number that the provider did not give is absent. */
export interface Usage {
  inputTokens?: number
  inputTokenDetails?: { noCacheTokens?: number; cacheReadTokens?: number; cacheWriteTokens?: number }
  outputTokens?: number
  outputTokenDetails?: { textTokens?: number; reasoningTokens?: number }
  totalTokens?: number
}

/** What a provider needs to see again in the next call: signatures, encrypted reasoning, item ids; by provider. */
export type ProviderMetadata = Record<string, Record<string, unknown>>

/**
 * What a model's stream says, in the AI SDK's vocabulary (its UI message stream). Provider mappers yield
 * these, `response.pipe(events)` takes them; an application may make its own.
 *
 * `id` names a text or reasoning part within the stream; parts may interleave. An `id` that starts again names
 * a further part. A stream that ends without a `finish` in the middle of a part that it announced has
 * broken off; mappers always end with `finish`, `abort` or `error`.
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
  /** Application data; the same `id` again replaces it. `transient` data is shown to those present, and not kept. */
  | { type: `data-${string}`; id?: string; data: unknown; transient?: boolean }
  | StepEvent
  /** Facts about the answer, such as `model`. Merged into those known, key by key. */
  | { type: 'metadata'; metadata: Record<string, unknown> }
  | EndEvent
  | DroppedEvent

/** Fields of a tool call, where it has them. */
export interface ToolFields {
  /** No tool of this name was declared: it is known at run time only, as those of MCP servers are. */
  dynamic?: boolean
  /** The provider runs the tool: its result is awaited from the model's stream, not from the application. */
  providerExecuted?: boolean
  /** What to call the tool when talking to people. */
  title?: string
}

/** What happens to a tool call. What its start says of it holds for all that follows. */
export type ToolEvent =
  | ({ type: 'tool-input-start'; toolCallId: string; toolName: string } & ToolFields)
  /** Fragments of the arguments' JSON text. */
  | { type: 'tool-input-delta'; toolCallId: string; inputTextDelta: string }
  | ({ type: 'tool-input-available'; toolCallId: string; toolName: string; input: unknown } & ToolFields)
  /** The arguments could not be parsed; `input` is what there was. */
  | ({
      type: 'tool-input-error'
      toolCallId: string
      toolName: string
      input: unknown
      errorText: string
    } & ToolFields)
  /** A `preliminary` output is still to change: the next one replaces it. */
  | { type: 'tool-output-available'; toolCallId: string; output: unknown; preliminary?: boolean }
  | { type: 'tool-output-error'; toolCallId: string; errorText: string }
  | { type: 'tool-output-denied'; toolCallId: string }
  /** A person's decision is asked for before the tool runs. `approvalId` is the provider's name of the request. */
  | {
      type: 'tool-approval-request'
      toolCallId: string
      toolName: string
      input: unknown
      approvalId?: string
      reason?: string
    }
  | { type: 'tool-approval-response'; toolCallId: string; approved: boolean; reason?: string }

/** What the application's own definition of a tool says of it. */
export interface ToolMetadataEvent {
  type: 'tool-metadata'
  toolCallId: string
  toolMetadata: Record<string, unknown>
}

/** What the provider says of a part beside its content; it may come at any time after the part's start. */
export interface PartMetadataEvent {
  type: 'part-metadata'
  part: 'text' | 'reasoning' | 'tool-call' | 'tool-result'
  /** `id` of the text or reasoning part, or `toolCallId`. */
  id: string
  /** All there is of it: replaces what was said of the same part before. */
  providerMetadata: ProviderMetadata
}

/** A source that the answer cites. Offsets are UTF-16 code units in the cited text part. */
export interface SourceEvent {
  type: 'source-url'
  sourceId: string
  url: string
  title?: string
  /** `id` of the text part that the offsets count in. Without it: the last one that began. */
  textId?: string
  startOffset?: number
  endOffset?: number
  snippet?: string
  providerMetadata?: ProviderMetadata
}

/** A document that the answer draws on, without an address of its own. Offsets as in `source-url`. */
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

/** A file that the model made; `reasoning-file` if in the course of its reasoning. */
export interface FileEvent {
  type: 'file' | 'reasoning-file'
  /** An address, or the content itself as a `data:` URL. */
  url: string
  /** IANA media type. */
  mediaType: string
  filename?: string
  providerMetadata?: ProviderMetadata
}

/** Content of a kind that only one provider knows: nothing to show, and needed by the model's next call. */
export interface CustomEvent {
  type: 'custom'
  /** Such as `openai.compaction`. */
  kind: string
  providerMetadata?: ProviderMetadata
}

/** One call of the model within an answer. `reset-step` withdraws what the current step has said so far. */
export interface StepEvent {
  type: 'start-step' | 'finish-step' | 'reset-step'
}

/** How an answer ended. Only `finish` says that the model came to an end. */
export type EndEvent =
  | {
      type: 'finish'
      finishReason: FinishReason
      /** The provider's own word, where it tells more than `finishReason`, such as `pause_turn`. */
      rawFinishReason?: string
      /** Of this call of the model; those of several streams of one answer add up. */
      usage?: Usage
    }
  /** The model was stopped: the answer is as long as it got. */
  | { type: 'abort'; reason?: string }
  | { type: 'error'; errorText: string; code?: string }

/** A value that no part can hold without becoming another value. The agent reports it through `on('error')`. */
export interface DroppedEvent {
  type: 'dropped'
  /** Where it was, such as `choices[0].delta.content`. */
  what: string
  /** Such as `it is a number`. */
  why: string
}
