import type { RejoinError } from './errors.ts'
import type { DataTypes, RegisteredData, RegisteredTools, Tools } from './register.ts'

export type { DataTypes, Tools }

/**
 * The data that a view renders: plain and deeply immutable. Parts follow the AI SDK's vocabulary (`UIMessage.parts`), so
 * its users render them unchanged.
 */

/**
 * - `streaming`: more is to come;
 * - `complete`: the agent finished it;
 * - `stopped`: someone cancelled it;
 * - `error`: the agent gave up; see `error`;
 * - `interrupted`: the agent left without ending it. It returns to `streaming` if the agent resumes;
 * - `suspended`: it waits for a person. Its agent may be gone, and goes on when the person has decided.
 */
export type ResponseStatus = 'streaming' | 'complete' | 'stopped' | 'error' | 'interrupted' | 'suspended'

/**
 * A place where text of the agent is known to be missing (PROTOCOL.md §5).
 * `from` and `to` are offsets into the part's shown `text`, in UTF-16 code units. The gap is exactly at
 * `from` when `from === to`; otherwise somewhere in that range.
 */
export interface Gap {
  /** `id` of the part. */
  readonly part: string
  readonly from: number
  readonly to: number
  /** UTF-16 code units missing; `undefined` where the stream does not tell. */
  readonly missing: number | undefined
}

/**
 * Why a model stopped, in the AI SDK's words. `length`: truncated; `content-filter`: refused or filtered; `tool-calls`:
 * it waits for the results of tools.
 */
export type FinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'other'

/** Tokens that an answer used, in the AI SDK's shape. Numbers that the provider did not give are absent. */
export interface Usage {
  readonly inputTokens?: number
  readonly inputTokenDetails?: {
    readonly noCacheTokens?: number
    readonly cacheReadTokens?: number
    readonly cacheWriteTokens?: number
  }
  readonly outputTokens?: number
  readonly outputTokenDetails?: { readonly textTokens?: number; readonly reasoningTokens?: number }
  readonly totalTokens?: number
}

/** Data that a provider needs back in the next call (signatures, encrypted reasoning, item ids), by provider. */
export type ProviderMetadata = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** How much of a value too large for one message has arrived: UTF-16 code units of its JSON text. */
export interface Incomplete {
  readonly received: number
  readonly length: number
}

interface TextFields {
  /** Stable for the life of the response: usable as a React or Vue key. */
  readonly id: string
  readonly text: string
  readonly state: 'streaming' | 'done'
  readonly providerMetadata?: ProviderMetadata
  /** The client that edited it last, if not the agent: a moderator (PROTOCOL.md §8). */
  readonly editedBy?: string
}

export interface TextPart extends TextFields {
  readonly type: 'text'
}

export interface ReasoningPart extends TextFields {
  readonly type: 'reasoning'
}

/** `input-streaming`: the arguments are not whole, and never will be if there is an `inputError`. */
export type ToolState =
  | 'input-streaming'
  | 'input-available'
  | 'approval-requested'
  | 'approval-responded'
  | 'output-available'
  | 'output-error'
  | 'output-denied'

/** How far a tool has come, as the agent reports it. */
export interface ToolProgress {
  readonly status?: string
  /** 0 to 100. */
  readonly percentComplete?: number
}

interface ToolFields<Input, Output> {
  readonly id: string
  readonly toolCallId: string
  readonly state: ToolState
  /** The arguments; while they stream, as much as could be parsed. */
  readonly input: Input | undefined
  /** The argument text, while it streams or if it is not JSON. */
  readonly inputText?: string
  /** Why the argument text has no `input`: it broke off, is not JSON, or is nested too deeply to render. */
  readonly inputError?: 'invalid' | 'too deep'
  readonly output?: Output
  /** The output will still change. */
  readonly preliminary?: boolean
  /** Arguments or output were too large for one message and are not whole yet: `input` or `output` is absent. */
  readonly incomplete?: Incomplete
  readonly errorText?: string
  readonly progress?: ToolProgress
  /** The model's provider runs the tool. */
  readonly providerExecuted?: boolean
  /** Name of the tool to show to people. */
  readonly title?: string
  readonly callProviderMetadata?: ProviderMetadata
  /** What the agent's own tool definition says of the tool (the AI SDK's `metadata` of a tool). */
  readonly toolMetadata?: Readonly<Record<string, unknown>>
  readonly resultProviderMetadata?: ProviderMetadata
  readonly approval?: {
    readonly id: string
    /** A decision that the agent has not confirmed yet (PROTOCOL.md §2.3). */
    readonly pending?: { readonly approved: boolean; readonly reason?: string; readonly clientId?: string }
    readonly approved?: boolean
    readonly reason?: string
    readonly clientId?: string
  }
}

export interface ToolPartOf<Name extends string, Input, Output> extends ToolFields<Input, Output> {
  readonly type: `tool-${Name}`
}

/** A call of a tool that was not declared beforehand, such as those of MCP servers. */
export interface DynamicToolPart extends ToolFields<unknown, unknown> {
  readonly type: 'dynamic-tool'
  readonly toolName: string
}

export type ToolPart<T extends Tools = RegisteredTools> = {
  [Name in keyof T & string]: ToolPartOf<Name, T[Name]['input'], T[Name]['output']>
}[keyof T & string]

export interface SourcePart {
  readonly id: string
  readonly type: 'source-url'
  readonly sourceId: string
  readonly url: string
  readonly title?: string
  /** `id` of the text part that the offsets refer to, if the agent named it. */
  readonly textPart?: string
  /** Offsets into the cited text part, in UTF-16 code units. */
  readonly startOffset?: number
  readonly endOffset?: number
  readonly snippet?: string
  readonly providerMetadata?: ProviderMetadata
  /** Number of citations, if only their summary is known; `url` is then the source's domain. */
  readonly count?: number
}

/** A document that the answer draws on and that has no URL. */
export interface SourceDocumentPart {
  readonly id: string
  readonly type: 'source-document'
  readonly sourceId: string
  /** IANA media type. */
  readonly mediaType: string
  readonly title: string
  readonly filename?: string
  readonly textPart?: string
  /** Offsets into the cited text part, in UTF-16 code units. */
  readonly startOffset?: number
  readonly endOffset?: number
  readonly snippet?: string
  readonly providerMetadata?: ProviderMetadata
}

/** A file that the model made or a user attached; `reasoning-file` if the model made it while reasoning. */
export interface FilePart {
  readonly id: string
  readonly type: 'file' | 'reasoning-file'
  /** IANA media type. */
  readonly mediaType: string
  /** A URL, or the content itself as a `data:` URL; empty while `incomplete`. */
  readonly url: string
  readonly filename?: string
  /** In bytes. */
  readonly size?: number
  /** The file's id in the application's own store, for a `url` that expires. */
  readonly fileId?: string
  readonly providerMetadata?: ProviderMetadata
  readonly incomplete?: Incomplete
}

/** Content of a kind that only one provider knows: nothing to show, and needed by the model's next call. */
export interface CustomPart {
  readonly id: string
  readonly type: 'custom'
  /** Such as `openai.compaction`. */
  readonly kind: string
  readonly providerMetadata?: ProviderMetadata
}

export type DataPart<D extends DataTypes = RegisteredData> = {
  [Name in keyof D & string]: {
    readonly id: string
    readonly type: `data-${Name}`
    /** Undefined while `incomplete`. */
    readonly data: D[Name]
    readonly incomplete?: Incomplete
  }
}[keyof D & string]

export type Part<T extends Tools = RegisteredTools, D extends DataTypes = RegisteredData> =
  | TextPart
  | ReasoningPart
  | ToolPart<T>
  | DynamicToolPart
  | SourcePart
  | SourceDocumentPart
  | FilePart
  | CustomPart
  | DataPart<D>

/** One answer of the agent, as far as known. */
export interface ResponseState<T extends Tools = RegisteredTools, D extends DataTypes = RegisteredData> {
  readonly id: string
  readonly status: ResponseStatus
  /** All text parts, joined. */
  readonly text: string
  readonly parts: readonly Part<T, D>[]
  /** Where text is known to be missing. */
  readonly gaps: readonly Gap[]
  readonly hasGap: boolean
  /**
   * How much text was missing here and has come, in UTF-16 code units; absent where nothing was. Text that reading the
   * past brought was not missing.
   */
  readonly healed?: number
  /**
   * `complete`, with every text whole and its length and checksum as the agent declared them: all that the model said,
   * and only that. False with any other status.
   */
  readonly verified: boolean
  readonly promptId?: string
  /** The agent that answers, as Ably verified it. */
  readonly clientId?: string
  /** The client that edited a part of it, if not the agent: a moderator. */
  readonly editedBy?: string
  /** Milliseconds since the epoch; 0 while unknown. */
  readonly createdAt: number
  /** Serial of the response's first message on the channel, if known. */
  readonly serial?: string
  /** Why the status is `error`, or the reason of a stop. */
  readonly error?: { readonly message: string; readonly code?: string }
  /** How the model ended; after `length`, `content-filter` and `other` the answer is not all of it. */
  readonly finishReason?: FinishReason
  /** The provider's own word for it. */
  readonly rawFinishReason?: string
  readonly usage?: Usage
  /** Facts about the answer from its agent: `{ model }`, and fields that an application adds. */
  readonly metadata?: Readonly<Record<string, unknown>>
  /** When anything of it last arrived, in milliseconds since the epoch; 0 while unknown. */
  readonly updatedAt: number
}

/** Files and application data of a prompt, in the AI SDK's shapes. */
export type PromptPart =
  | TextPart
  | FilePart
  | { readonly id: string; readonly type: `data-${string}`; readonly data: unknown }

/**
 * - `sent`: no agent has taken it up yet;
 * - `queued`: it waits for its turn;
 * - `answering`, `answered`: it has an answer, see `responseId`;
 * - `steered`: a running response took it into account;
 * - `stopped`: it or its answer was cancelled;
 * - `ignored`: no agent will answer it;
 * - `failed`: its answer ended with an error.
 */
export type PromptStatus =
  | 'sent'
  | 'queued'
  | 'answering'
  | 'answered'
  | 'steered'
  | 'stopped'
  | 'ignored'
  | 'failed'

/** One prompt of a user. */
export interface PromptState {
  readonly id: string
  readonly text: string
  /** The text was too long for one message and is not whole yet: `text` is its beginning. */
  readonly incomplete?: Incomplete
  /** Everything but the text. */
  readonly parts: readonly PromptPart[]
  /** Any JSON that the sender attached. */
  readonly metadata?: unknown
  /** Further fields of its message. */
  readonly data?: Readonly<Record<string, unknown>>
  readonly clientId?: string
  readonly createdAt: number
  readonly serial?: string
  /** Id of the message that it follows; `null`: it begins the conversation. Absent if its sender did not say. */
  readonly parent?: string | null
  /** Id of the prompt that this one rewords or repeats (PROTOCOL.md §2.4). */
  readonly replaces?: string
  /** Id of the answer to regenerate. Such a prompt is not a message of its own in the conversation. */
  readonly regenerate?: string
  /** What became of it, the same on every device; see `delivery` for its way to the channel. */
  readonly status: PromptStatus
  /** Id of the response that answers it, or took it into account (`steered`). */
  readonly responseId?: string
  /** Whether the channel has it, for this session's own prompts. Others' prompts are `sent`. */
  readonly delivery: 'uploading' | 'sending' | 'sent' | 'failed'
  /** Progress of its uploads, from 0 to 1, while `uploading`. */
  readonly progress?: number
  readonly error?: RejoinError
}

/** One message of the conversation; render it with `useResponse(id)` or `usePrompt(id)`. */
export interface MessageRef {
  readonly id: string
  readonly role: 'user' | 'assistant'
}

/** What changed in a response since a listener's last call. */
export type ResponseChange =
  /** `appended` follows the first `from` code units of the part's text. */
  | { readonly part: string; readonly from: number; readonly appended: string }
  /** The part's text changed otherwise: read it again. */
  | { readonly part: string; readonly replaced: true }
  /** Something other than text: status, gaps, the list of parts, a tool's state. */
  | { readonly part?: undefined }

export type ResponseListener = (changes: readonly ResponseChange[]) => void

/** A message as stored in an application's own database (PROTOCOL.md §6). */
export type Row = ResponseRow | PromptRow

export interface ResponseRow {
  readonly id: string
  readonly role: 'assistant'
  readonly parts?: readonly RowPart[]
  /** Instead of `parts`: the whole text. */
  readonly text?: string
  readonly status?: ResponseStatus
  readonly promptId?: string
  readonly clientId?: string
  /** Milliseconds since the epoch, or anything `Date` parses. */
  readonly createdAt?: number | string | Date
  /** Serial of the response's first message, if known: places the row among channel messages. */
  readonly serial?: string
  readonly error?: { readonly message: string; readonly code?: string }
  readonly finishReason?: FinishReason
  readonly rawFinishReason?: string
  readonly usage?: Usage
  readonly metadata?: Readonly<Record<string, unknown>>
  /** Ids of parts that were withdrawn (PROTOCOL.md §5.11). */
  readonly retracted?: readonly string[]
  /** Of the claim under which the answer was stored: a row with a lower one, of the same prompt, was overtaken. */
  readonly fence?: number
  /** Milliseconds since the epoch, or anything `Date` parses. */
  readonly updatedAt?: number | string | Date
}

/** A part in a row: like `Part`, but `id`, `state` and a text part's versions may be absent. */
export interface RowPart {
  readonly type: string
  readonly id?: string
  readonly text?: string
  /** `serial` of the Ably message that carried this part, if known. */
  readonly serial?: string
  /** `version.serial` of the last operation in it: a newer one on the channel replaces it. */
  readonly version?: string
  /** Number of messages, or runs of tokens, that a long part took. Later edits of one of them must come from the database. */
  readonly runs?: number
  readonly [field: string]: unknown
}

export interface PromptRow {
  readonly id: string
  readonly role: 'user'
  readonly text?: string
  readonly parts?: readonly (RowPart | PromptPart)[]
  readonly clientId?: string
  readonly createdAt?: number | string | Date
  readonly serial?: string
  readonly parent?: string | null
  readonly replaces?: string
  readonly regenerate?: string
  readonly metadata?: unknown
  readonly data?: Readonly<Record<string, unknown>>
  /** Its final status, if stored. */
  readonly status?: PromptStatus
}
