/**
 * The names that streams carry: PROTOCOL.md in code. No other file spells one of them out.
 */

/** Version of our conventions (header `rejoin`, PROTOCOL.md §7). */
export const PROTOCOL_VERSION = '1'

/** Message names (PROTOCOL.md §2). Each is a documented Ably AI Transport name unless marked "ours". */
export const MessageName = {
  /** Message per token: one fragment of text. */
  Token: 'token',
  /** Message per token: a response begins. */
  Start: 'start',
  /** Message per token: a response is over. */
  Stop: 'stop',
  /** Message per token: the full text; replaces what had accumulated. */
  ResponseComplete: 'response-complete',
  /** Message per token, ours: the full reasoning; replaces what had accumulated. */
  ReasoningComplete: 'reasoning-complete',
  /** Message per response: one text part that grows by appends. */
  Response: 'response',
  /** A whole text part, or one that grows by appends. */
  Message: 'message',
  /** A complete, unstreamed answer. */
  AgentResponse: 'agent-response',
  /** Reasoning: a fragment per message, or one message that grows by appends. */
  Reasoning: 'reasoning',
  /** Every part of a response is done. */
  ResponseEnd: 'response-end',
  /** Anyone asks the agent to stop a response. */
  Cancel: 'cancel',
  /** The agent has stopped it. */
  Cancelled: 'cancelled',
  /** A user's prompt. */
  UserInput: 'user-input',
  ToolCall: 'tool_call',
  ToolProgress: 'tool_progress',
  ToolResult: 'tool_result',
  ApprovalRequest: 'approval-request',
  ApprovalResponse: 'approval-response',
  /** Ours: a source that an answer cites, `{ sourceId, url, title }`. */
  Source: 'source',
  /** Ours: a document that an answer draws on, `{ sourceId, mediaType, title, filename? }`. */
  SourceDocument: 'source-document',
  /** Ours: a file that the model made, `{ mediaType, url, filename?, reasoning? }`. */
  File: 'file',
  /** Ours: content of a kind that only one provider knows, `{ kind, providerMetadata? }`. */
  Custom: 'custom',
  /** Ours: prefix of application data parts, `data-weather`. */
  DataPrefix: 'data-',
  /** Ours: prefix of application data that only clients now present see; published as `ephemeral`. */
  TransientPrefix: 'transient-',
  /** Ours: a piece of a value too large for one message (PROTOCOL.md §1.5). */
  Value: 'value',
  /** Ours: facts about a response, as one object; newer ones replace older ones. */
  ResponseMetadata: 'response-metadata',
  /**
   * Ours: provider metadata of a part, for the model's next call: `{ providerMetadata }`, or `{ resultProviderMetadata }`
   * of a tool's result. Header `part` names a text or reasoning part, `toolCallId` a call.
   */
  PartMetadata: 'part-metadata',
  /** Ours: withdraws parts of a response, `{ parts: ['3'] }`, or `{ all: true }`. */
  Retract: 'retract',
  /** Ours: the response waits for a person; its agent may be gone meanwhile. */
  Suspend: 'suspend',
  /** Ours: what became of a prompt, `{ status, responseId?, part? }`. */
  PromptStatus: 'prompt-status',
  /** Ours: a piece of a prompt's text that is too long for one message; pieces come before `user-input`. */
  PromptText: 'prompt-text',
  /** Ours: a replica of the agent claims a prompt. */
  Claim: 'claim',
} as const

/** Keys in `extras.headers` (PROTOCOL.md §3). Values are strings. */
export const Header = {
  ResponseId: 'responseId',
  PromptId: 'promptId',
  ToolCallId: 'toolCallId',
  /** Ours: tool name on a `tool_call` whose data is the argument text itself. */
  ToolName: 'toolName',
  /** Ours: which part of the response a message belongs to. */
  Part: 'part',
  /** Ours: length of the part's text after this message, in UTF-16 code units (message per token). */
  End: 'end',
  /** Ours: CRC-32 of the part's whole text, on the closing message (message per token). */
  Checksum: 'checksum',
  /** Documented for operation metadata; ours as a header in message per token. */
  Phase: 'phase',
  /** Ours: names a value that came in pieces; beside `length` and `checksum` where it is used (PROTOCOL.md §1.5). */
  Value: 'value',
  /** Ours: length of a whole text or value, in UTF-16 code units. */
  Length: 'length',
  /** Ours: `true` on a `tool_call` that the client runs: others than the agent may publish its result. */
  Client: 'client',
  /** Ours: `true` on a `tool_call` of a tool that was not declared beforehand. */
  Dynamic: 'dynamic',
  /** Ours: `true` on a `tool_call` that the model's provider runs. */
  ProviderExecuted: 'providerExecuted',
  /** Ours: name of the tool to show to people. */
  Title: 'title',
  /** Ours: how a response ended, on `stop` and `response-end`. */
  Status: 'status',
  /** Ours: `none`: the agent is not present on the channel while it responds. */
  Presence: 'presence',
  /** Ours: serial of the message, now gone, whose place this one takes (message per response). */
  Continues: 'continues',
  /** Ours: version of these conventions; with it, only the end marker ends a response. */
  Rejoin: 'rejoin',
} as const

/** Keys in an operation's metadata, `version.metadata` (PROTOCOL.md §3, message per response). */
export const Metadata = {
  /** Ours: length of the message's text after this operation, in UTF-16 code units. */
  End: 'end',
  /** Ours: CRC-32 of the message's whole text, on the closing operation. */
  Checksum: 'checksum',
  /** `streaming` or `done`. */
  Phase: 'phase',
} as const

/** Annotation type of citations. Readers get a summary per message, and each citation on request. */
export const CITATIONS = 'citations:multiple.v1'

export const Phase = { Streaming: 'streaming', Done: 'done' } as const

/** Values of header `status` on an end marker. */
export type EndStatus = 'complete' | 'stopped' | 'error'
