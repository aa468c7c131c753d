import type { DataTypes, RegisteredData, RegisteredTools, Tools } from './register.ts'

export type { DataTypes, Tools }

/**
 * The nouns of the reader: plain, deeply immutable data that a view renders.
 * Parts follow the AI SDK's vocabulary (`UIMessage.parts`), so that its users render them unchanged.
 */

/**
 * - `streaming`: more is to come;
 * - `complete`: the agent finished it;
 * - `stopped`: someone cancelled it;
 * - `error`: the agent gave up; see `error`;
 * - `interrupted`: the agent left without a word. It returns to `streaming` if the agent resumes;
 * - `suspended`: it waits for people, and so does its agent, which comes back when they have decided.
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
 * Why a model stopped: the AI SDK's words. `length` means truncated, `content-filter` refused or filtered, `tool-calls`
 * that it waits for the results of tools.
 */
export type FinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'other'

/** Tokens that an answer took, in the AI SDK's shape. A number that the provider did not give is absent. */
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

/** What a provider needs to see again in the next call (signatures, encrypted reasoning, item ids), by provider. */
export type ProviderMetadata = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** A value too large for one message has not come whole yet: how much of its JSON text has, in UTF-16 code units. */
export interface Incomplete {
  readonly received: number
  readonly length: number
}

interface TextFields {
  /** Stable while the response lives: fit for a React or Vue key. */
  readonly id: string
  readonly text: string
  readonly state: 'streaming' | 'done'
  readonly providerMetadata?: ProviderMetadata
  /** The client that edited it last, where that is not the agent: a moderator (PROTOCOL.md §8). */
  readonly editedBy?: string
}

export interface TextPart extends TextFields {
  readonly type: 'text'
}

export interface ReasoningPart extends TextFields {
  readonly type: 'reasoning'
}

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
  /** The arguments; while they stream, as much of them as could be parsed. */
  readonly input: Input | undefined
  /** The argument text, while it streams, and when it is no JSON. */
  readonly inputText?: string
  /** The argument text is not shown as `input`: it is no JSON, or nested too deeply to be rendered. */
  readonly inputError?: 'invalid' | 'too deep'
  readonly output?: Output
  /** The output is still to change. */
  readonly preliminary?: boolean
  /** Arguments or output are too large for one message, and not whole yet: `input` or `output` is absent. */
  readonly incomplete?: Incomplete
  readonly errorText?: string
  readonly progress?: ToolProgress
  /** The model's provider runs the tool. */
  readonly providerExecuted?: boolean
  /** What to call the tool when talking to people. */
  readonly title?: string
  readonly callProviderMetadata?: ProviderMetadata
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
  /** `id` of the text part that the offsets count in, where the agent told. */
  readonly textPart?: string
  /** Offsets into the cited text part, in UTF-16 code units. */
  readonly startOffset?: number
  readonly endOffset?: number
  readonly snippet?: string
  /** How often it is cited, where only the summary of citations is known; `url` then is the source's domain. */
  readonly count?: number
}

/** A document that the answer draws on, without an address of its own. */
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
}

/** A file that the model made, or that a user attached; `reasoning-file` if the model made it while it reasoned. */
export interface FilePart {
  readonly id: string
  readonly type: 'file' | 'reasoning-file'
  /** IANA media type. */
  readonly mediaType: string
  /** An address, or the content itself as a `data:` URL; empty while `incomplete`. */
  readonly url: string
  readonly filename?: string
  /** Bytes. */
  readonly size?: number
  /** What the application's own store calls the file, where `url` expires. */
  readonly fileId?: string
  readonly incomplete?: Incomplete
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
  | DataPart<D>

/** One answer of the agent, as far as it is known. */
export interface ResponseState<T extends Tools = RegisteredTools, D extends DataTypes = RegisteredData> {
  readonly id: string
  readonly status: ResponseStatus
  /** All text parts, joined. */
  readonly text: string
  readonly parts: readonly Part<T, D>[]
  /** Where text is known to be missing; empty when nothing is. */
  readonly gaps: readonly Gap[]
  readonly hasGap: boolean
  /** Length and checksum agree: the text is what the model said. */
  readonly verified: boolean
  readonly promptId?: string
  /** The agent that answers, as Ably verified it. */
  readonly clientId?: string
  /** A client other than the agent that edited a part of it: a moderator. */
  readonly editedBy?: string
  /** Milliseconds since the epoch; 0 while unknown. */
  readonly createdAt: number
  /** Serial of the response's first message on the channel, where it has one. */
  readonly serial?: string
  /** Why the status is `error`, or the reason of a stop. */
  readonly error?: { readonly message: string; readonly code?: string }
  /** How the model ended; `length`, `content-filter` and `other` are ends of an answer that is not all of it. */
  readonly finishReason?: FinishReason
  /** The provider's own word for it. */
  readonly rawFinishReason?: string
  readonly usage?: Usage
  /** Facts about the answer from its agent: `{ model }`, and fields that an application adds. */
  readonly metadata?: Readonly<Record<string, unknown>>
  /** When anything of it last arrived, in milliseconds since the epoch; 0 while unknown. */
  readonly updatedAt: number
}

/** What a user gave beside the text: files and application data, in the AI SDK's shapes. */
export type PromptPart =
  | TextPart
  | FilePart
  | { readonly id: string; readonly type: `data-${string}`; readonly data: unknown }
/**
 * - `sent`: nothing has become of it yet;
 * - `queued`: it waits for its turn;
 * - `answering`, `answered`: it has an answer, see `responseId`;
 * - `steered`: a response that was running has taken it into account;
 * - `stopped`: it was cancelled, or its answer was;
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

/** What a user said. */
export interface PromptState {
  readonly id: string
  readonly text: string
  /** A text too long for one message has not come whole yet: `text` is its beginning. */
  readonly incomplete?: Incomplete
  /** All but the text. */
  readonly parts: readonly PromptPart[]
  /** Any JSON that the sender gave about it. */
  readonly metadata?: unknown
  /** Further fields of its message. */
  readonly data?: Readonly<Record<string, unknown>>
  readonly clientId?: string
  readonly createdAt: number
  readonly serial?: string
  /** The line of the conversation that it follows; `null`: it begins it. Absent where its sender did not say. */
  readonly parent?: string | null
  /** The prompt that this is another wording of, or that it asks again (PROTOCOL.md §2.4). */
  readonly replaces?: string
  /** The answer that it asks another one for: it is no line of its own. */
  readonly regenerate?: string
  /** What became of it, the same on every device; see `delivery` for the way to the channel. */
  readonly status: PromptStatus
  /** The response that answers it, or has taken it into account (`steered`). */
  readonly responseId?: string
  /** Of this session's own prompts: whether the channel has it. Others' prompts are `sent`. */
  readonly delivery: 'uploading' | 'sending' | 'sent' | 'failed'
  /** How far its files are uploaded, from 0 to 1, while `uploading`. */
  readonly progress?: number
  readonly error?: Error
}

/** One line of the conversation; render it with `useResponse(id)` or `usePrompt(id)`. */
export interface MessageRef {
  readonly id: string
  readonly role: 'user' | 'assistant'
}

/** What changed in a response since a listener's last call. */
export type ResponseChange =
  /** `appended` came after the first `from` code units of the part's text. */
  | { readonly part: string; readonly from: number; readonly appended: string }
  /** The part's text changed otherwise: read it again. */
  | { readonly part: string; readonly replaced: true }
  /** Something beside text: status, gaps, the list of parts, a tool's state. */
  | { readonly part?: undefined }

export type ResponseListener = (changes: readonly ResponseChange[]) => void

/** A message as an application keeps it in its own database (PROTOCOL.md §6). */
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
  /** Serial of the response's first message, where known: places the row among channel messages. */
  readonly serial?: string
  readonly error?: { readonly message: string; readonly code?: string }
  readonly finishReason?: FinishReason
  readonly rawFinishReason?: string
  readonly usage?: Usage
  readonly metadata?: Readonly<Record<string, unknown>>
  /** Ids of parts that were withdrawn (PROTOCOL.md §5.11). */
  readonly retracted?: readonly string[]
  /** Milliseconds since the epoch, or anything `Date` parses. */
  readonly updatedAt?: number | string | Date
}

/** A part in a row: as `Part`, where `id`, `state` and, in text parts, versions may be absent. */
export interface RowPart {
  readonly type: string
  readonly id?: string
  readonly text?: string
  /** `serial` of the Ably message that carried this part, where known. */
  readonly serial?: string
  /** `version.serial` of the last operation in it: a newer one on the channel replaces it. */
  readonly version?: string
  /** How many messages, or runs of tokens, it was too long for one of: an edit of one of them is for the database to tell. */
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
  /** Its final status, where it was stored. */
  readonly status?: PromptStatus
}
