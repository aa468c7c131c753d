import type { FinishReason, PromptPart, ProviderMetadata, Usage } from '../types/types.ts'

/**
 * The reducer's whole input. Live messages, rewound ones, history pages and messages of another wire format all become
 * these events.
 */

export interface EventMeta {
  /** Serial of the Ably message: its place on the channel. */
  serial: string
  /** Serial of this version of it; equal to `serial` for a first version. */
  version: string
  responseId: string | undefined
  promptId: string | undefined
  /** Name of the part within its response, if the agent gave one. */
  part: string | undefined
  clientId: string | undefined
  /** When the message was created, in milliseconds since the epoch. */
  timestamp: number
  /** When this version of it was made, in milliseconds since the epoch. */
  updatedAt: number
  /** The agent follows PROTOCOL.md: only an end marker ends a response. */
  strict: boolean
  /** The agent is present on the channel while it responds, so its absence means something (PROTOCOL.md §6.6). */
  watched: boolean
  /** Set on live deliveries: the attachment that delivered it. */
  epoch?: number
  /** Its publisher's claim, as Ably verified it (`extras.userClaim`). Set by the reader, as is `editor`. */
  userClaim?: string | undefined
  /** On an operation: the client that edited another's message. */
  editor?: string | undefined
}

/** The fields that every event has. */
export type Met = EventMeta & { readonly type: StreamEvent['type'] }

/**
 * A copy of the fields that every event has. Code that sees objects of many shapes is slow, and what is known of every
 * message is read for every token: so it sees texts, and of other events this copy.
 */
export const metOf = ({
  type,
  serial,
  version,
  responseId,
  promptId,
  part,
  clientId,
  timestamp,
  updatedAt,
  strict,
  watched,
  epoch,
  userClaim,
  editor,
}: StreamEvent): Met => ({
  type,
  serial,
  version,
  responseId,
  promptId,
  part,
  clientId,
  timestamp,
  updatedAt,
  strict,
  watched,
  epoch,
  userClaim,
  editor,
})

export interface TextEvent extends EventMeta {
  type: 'text'
  kind: 'text' | 'reasoning' | 'tool'
  /** `token`: one of many messages that make up the text. `message`: one message that grows. */
  unit: 'token' | 'message'
  /** `lost`: text that cannot be read. */
  op: 'append' | 'full' | 'delete' | 'lost'
  /** The message's first version. */
  create: boolean
  /** The connection that published it; undefined: unknown, as over REST. */
  connectionId: string | undefined
  text: string
  end: number | undefined
  checksum: string | undefined
  /** Whether the part is done; undefined if the operation does not say. */
  done: boolean | undefined
  toolCallId?: string | undefined
  toolName?: string | undefined
  /** Serial of the message whose place this one takes. */
  continues?: string | undefined
}

/** An operation that lacks its message's name or headers: only an earlier delivery told the kind. */
export interface ReviseEvent extends EventMeta {
  type: 'revise'
  op: TextEvent['op']
  text: string
  end: number | undefined
  checksum: string | undefined
  done: boolean | undefined
}

export interface StartEvent extends EventMeta {
  type: 'start'
}

export interface EndEvent extends EventMeta {
  type: 'end'
  status: 'complete' | 'stopped' | 'error'
  error: { message: string; code?: string } | undefined
  finishReason?: FinishReason | undefined
  rawFinishReason?: string | undefined
  usage?: Usage | undefined
}

/** A message's reference to a value that was published in pieces (PROTOCOL.md §1.5). */
export interface ValueRef {
  readonly id: string
  /** UTF-16 code units of its JSON text. */
  readonly length: number
  readonly checksum: string
}

/** A piece of a value. */
export interface ValueEvent extends EventMeta {
  type: 'value'
  id: string
  text: string
  end: number
  /** On a piece of what a client gives: the call that it is for. */
  toolCallId: string | undefined
}

/** Fields of a call beside its name and arguments. */
export interface CallFields {
  dynamic?: boolean
  providerExecuted?: boolean
  title?: string
  /** The client runs it, so others than the agent may publish results. `asker`: only the prompt's sender may. */
  client?: boolean | 'asker'
}

export interface ToolEvent extends EventMeta {
  type: 'tool'
  toolCallId: string
  toolName: string | undefined
  /** Stands for `input` or `output`. */
  value?: ValueRef | undefined
  change:
    | ({ kind: 'call'; input: unknown } & CallFields)
    /** The arguments grow as text. */
    | ({ kind: 'call-fields' } & CallFields)
    | { kind: 'progress'; status?: string; percentComplete?: number }
    | { kind: 'result'; output: unknown }
    | { kind: 'preliminary'; output: unknown }
    | { kind: 'call-metadata'; providerMetadata: unknown }
    | { kind: 'result-metadata'; providerMetadata: unknown }
    | { kind: 'tool-metadata'; toolMetadata: unknown }
    | { kind: 'failure'; errorText: string }
    /** `confirmed`: the agent will confirm the decision that it accepts (PROTOCOL.md §2.3). */
    | { kind: 'approval-request'; input: unknown; confirmed?: boolean }
    /** `confirms`: such a confirmation, if the agent published it; `decider` is the client that decided. */
    | {
        kind: 'approval-response'
        approved: boolean
        reason?: string
        confirms?: boolean
        decider?: string | undefined
      }
}

export interface SourceEvent extends EventMeta {
  type: 'source'
  source: {
    sourceId: string
    url: string
    title?: string
    /** `id` of the text part that the offsets count in. */
    textPart?: string
    startOffset?: number
    endOffset?: number
    snippet?: string
    providerMetadata?: ProviderMetadata
  }
}

export interface DocumentEvent extends EventMeta {
  type: 'document'
  document: {
    sourceId: string
    mediaType: string
    title: string
    filename?: string
    textPart?: string
    startOffset?: number
    endOffset?: number
    snippet?: string
    providerMetadata?: ProviderMetadata
  }
}

export interface FileEvent extends EventMeta {
  type: 'file'
  /** Stands for `file.url`. */
  value?: ValueRef | undefined
  file: {
    mediaType: string
    url: string
    filename?: string
    reasoning?: boolean
    providerMetadata?: ProviderMetadata
  }
}

/** Content of a kind that only one provider knows. */
export interface CustomEvent extends EventMeta {
  type: 'custom'
  custom: { kind: string; providerMetadata?: ProviderMetadata }
}

export interface DataEvent extends EventMeta {
  type: 'data'
  /** Without the prefix `data-`. */
  name: string
  data: unknown
  deleted: boolean
  /** Stands for `data`. */
  value?: ValueRef | undefined
}

/** Application data for the clients now present; not part of the response. */
export interface TransientEvent extends EventMeta {
  type: 'transient'
  /** Without the prefix `transient-`. */
  name: string
  data: unknown
}

/** Facts about the response; newer ones replace older ones. */
export interface MetadataEvent extends EventMeta {
  type: 'metadata'
  metadata: Readonly<Record<string, unknown>>
}

/** Provider metadata of the text or reasoning part that `part` names. */
export interface PartMetadataEvent extends EventMeta {
  type: 'part-metadata'
  providerMetadata: unknown
}

/** Withdraws parts; `all`: the whole response. */
export interface RetractEvent extends EventMeta {
  type: 'retract'
  parts: readonly string[] | 'all'
}

/** The response waits for a person; its agent may be gone meanwhile. */
export interface SuspendEvent extends EventMeta {
  type: 'suspend'
  toolCallIds: readonly string[]
}

export interface PromptEvent extends EventMeta {
  type: 'prompt'
  id: string
  text: string
  parent?: string | null | undefined
  replaces?: string | undefined
  regenerate?: string | undefined
  parts: readonly PromptPart[]
  metadata?: unknown
  /** Further fields of the message. */
  data?: Readonly<Record<string, unknown>> | undefined
  /**
   * Length and checksum of a text whose first pieces were published before this message. With `text`, the text is only
   * so long, and the JSON of the prompt's other fields follows it.
   */
  whole?: { readonly length: number; readonly checksum: string; readonly text?: number }
}

/** Stops a prompt, whether or not its answer has begun. */
export interface CancelEvent extends EventMeta {
  type: 'cancel'
}

/** The status of a prompt without an answer (PROTOCOL.md §2.5). */
export interface PromptStatusEvent extends EventMeta {
  type: 'prompt-status'
  status: 'queued' | 'steered' | 'ignored' | 'failed'
}

/** A piece of a prompt's text that is too long for one message. */
export interface PromptTextEvent extends EventMeta {
  type: 'prompt-text'
  /** Serial of the prompt. */
  id: string
  text: string
  end: number
}

/** How often each source of a message is cited, by its name: a summary of annotations. */
export interface SummaryEvent extends EventMeta {
  type: 'summary'
  counts: Readonly<Record<string, number>>
}

/** One citation of a message: an annotation. */
export interface CitationEvent extends EventMeta {
  type: 'citation'
  /** Serial of the annotation. */
  annotation: string
  /** Client that published it. */
  annotator: string | undefined
  /** Name of the source: usually its domain. */
  name: string
  /** Undefined: the annotator withdraws its citations of that name. */
  source: SourceEvent['source'] | undefined
}

export type StreamEvent =
  | TextEvent
  | ReviseEvent
  | StartEvent
  | EndEvent
  | ToolEvent
  | SourceEvent
  | DocumentEvent
  | FileEvent
  | CustomEvent
  | DataEvent
  | TransientEvent
  | ValueEvent
  | MetadataEvent
  | PartMetadataEvent
  | RetractEvent
  | SuspendEvent
  | PromptEvent
  | PromptTextEvent
  | CancelEvent
  | PromptStatusEvent
  | SummaryEvent
  | CitationEvent
