/**
 * What a channel says, once its wire format is read: the reducer's whole input. Live messages, rewind, history
 * pages and another wire format's codec all become these.
 */

export interface EventMeta {
  /** Serial of the Ably message: its place on the channel. */
  serial: string
  /** Serial of this version of it; equal to `serial` for a first version. */
  version: string
  responseId: string | undefined
  promptId: string | undefined
  /** Name of the part within its response, where the agent gave one. */
  part: string | undefined
  clientId: string | undefined
  /** When the message was created, in milliseconds since the epoch. */
  timestamp: number
  /** The agent follows PROTOCOL.md: only an end marker ends a response. */
  strict: boolean
  /** It is present on the channel while it responds, so that its absence tells (PROTOCOL.md §6.6). */
  watched: boolean
  /** Set on live deliveries: the attachment that delivered it. */
  epoch?: number
}

export interface TextEvent extends EventMeta {
  type: 'text'
  kind: 'text' | 'reasoning' | 'tool'
  /** `token`: one of many messages that make up the text. `message`: one message that grows. */
  unit: 'token' | 'message'
  op: 'append' | 'full' | 'delete'
  /** The message's first version. */
  create: boolean
  text: string
  end: number | undefined
  checksum: string | undefined
  /** The part is done, or (false) is not; undefined where the operation says nothing of it. */
  done: boolean | undefined
  toolCallId?: string | undefined
  toolName?: string | undefined
  /** Serial of the message whose place this one takes. */
  continues?: string | undefined
}

/** An operation on a message whose kind only an earlier delivery told (its name or headers are gone). */
export interface ReviseEvent extends EventMeta {
  type: 'revise'
  op: 'append' | 'full' | 'delete'
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
}

export interface ToolEvent extends EventMeta {
  type: 'tool'
  toolCallId: string
  toolName: string | undefined
  change:
    | { kind: 'call'; input: unknown }
    | { kind: 'progress'; status?: string; percentComplete?: number }
    | { kind: 'result'; output: unknown }
    | { kind: 'failure'; errorText: string }
    /** `confirmed`: its agent will publish a confirmation of the decision that it takes (PROTOCOL.md §2.3). */
    | { kind: 'approval-request'; input: unknown; confirmed?: boolean }
    /** `confirms`: it is such a confirmation, if it comes from the agent; `decider` is then who decided. */
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
    startOffset?: number
    endOffset?: number
    snippet?: string
  }
}

export interface DataEvent extends EventMeta {
  type: 'data'
  /** Without the prefix `data-`. */
  name: string
  data: unknown
  deleted: boolean
}

export interface PromptEvent extends EventMeta {
  type: 'prompt'
  id: string
  text: string
  replaces?: string | undefined
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
  /** Of the source: its domain, mostly. */
  name: string
  /** Undefined: its annotator takes back its citations of that name. */
  source: SourceEvent['source'] | undefined
}

export type StreamEvent =
  | TextEvent
  | ReviseEvent
  | StartEvent
  | EndEvent
  | ToolEvent
  | SourceEvent
  | DataEvent
  | PromptEvent
  | SummaryEvent
  | CitationEvent
