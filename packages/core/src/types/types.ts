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
 * - `interrupted`: the agent left without a word. It returns to `streaming` if the agent resumes.
 */
export type ResponseStatus = 'streaming' | 'complete' | 'stopped' | 'error' | 'interrupted'

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

interface TextFields {
  /** Stable while the response lives: fit for a React or Vue key. */
  readonly id: string
  readonly text: string
  readonly state: 'streaming' | 'done'
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

export interface ToolPartOf<Name extends string, Input, Output> {
  readonly id: string
  readonly type: `tool-${Name}`
  readonly toolCallId: string
  readonly state: ToolState
  /** The arguments; while they stream, as much of them as could be parsed. */
  readonly input: Input | undefined
  /** The argument text, while it streams. */
  readonly inputText?: string
  readonly output?: Output
  readonly errorText?: string
  readonly progress?: ToolProgress
  readonly approval?: {
    readonly id: string
    /** A decision that somebody sent and the agent has not confirmed yet (PROTOCOL.md §2.3). */
    readonly pending?: { readonly approved: boolean; readonly reason?: string; readonly clientId?: string }
    readonly approved?: boolean
    readonly reason?: string
    readonly clientId?: string
  }
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
  /** Offsets into the cited text part, in UTF-16 code units. */
  readonly startOffset?: number
  readonly endOffset?: number
  readonly snippet?: string
  /** How often it is cited, where only the summary of citations is known; `url` then is the source's domain. */
  readonly count?: number
}

export type DataPart<D extends DataTypes = RegisteredData> = {
  [Name in keyof D & string]: { readonly id: string; readonly type: `data-${Name}`; readonly data: D[Name] }
}[keyof D & string]

export type Part<T extends Tools = RegisteredTools, D extends DataTypes = RegisteredData> =
  | TextPart
  | ReasoningPart
  | ToolPart<T>
  | SourcePart
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
  /** Length and checksum agree: what is shown is what the model said. */
  readonly verified: boolean
  readonly promptId?: string
  /** The agent that answers, as Ably verified it. */
  readonly clientId?: string
  /** Milliseconds since the epoch; 0 while unknown. */
  readonly createdAt: number
  /** Serial of the response's first message on the channel, where it has one. */
  readonly serial?: string
  /** Why the status is `error`, or the reason of a stop. */
  readonly error?: { readonly message: string; readonly code?: string }
}

/** What a user said. */
export interface PromptState {
  readonly id: string
  readonly text: string
  readonly clientId?: string
  readonly createdAt: number
  readonly serial?: string
  /** The prompt that this is another attempt at, edited or asked again (PROTOCOL.md §2.4). */
  readonly replaces?: string
  /** Of this session's own prompts: whether the channel has it. Others' prompts are `sent`. */
  readonly delivery: 'sending' | 'sent' | 'failed'
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
  readonly parts?: readonly RowPart[]
  readonly clientId?: string
  readonly createdAt?: number | string | Date
  readonly serial?: string
  readonly replaces?: string
}
