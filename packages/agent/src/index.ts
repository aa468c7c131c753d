export { createAgent, type Agent, type AgentEvents } from './agent.ts'
export type { AgentOptions } from './agentOptions.ts'
export type { RetryOptions } from './publish/backoff.ts'
export {
  memoryCheckpoints,
  type Checkpoint,
  type CheckpointStore,
  type OpenPrompt,
} from './prompts/checkpoint.ts'
export { mergeCheckpoints } from './prompts/mergeCheckpoints.ts'
export { memoryClaims, type ClaimRequest, type ClaimStore, type HeldClaim } from './prompts/claims.ts'
export type { Who } from './inbound/fields.ts'
export { DeliveryError } from './publish/deliveryError.ts'
export type {
  DroppedEvent,
  EndEvent,
  FileEvent,
  FinishReason,
  ModelEvent,
  PartMetadataEvent,
  ProviderMetadata,
  SourceDocumentEvent,
  SourceEvent,
  StepEvent,
  ToolEvent,
  ToolFields,
  Usage,
} from './response/modelEvent.ts'
export { asObject } from './response/asObject.ts'
export type { ObjectOptions, ObjectWriter, StandardSchema } from './response/objectWriter.ts'
export type { PipeResult } from './response/pipe.ts'
export type { Prompt } from './inbound/prompt.ts'
export type { Bounds, Conversation, ConversationMessage, PendingCall } from './memory/conversation.ts'
export type { RecallOptions } from './memory/recall.ts'
export type {
  Active,
  AllowCancel,
  AskedPrompt,
  Interrupted,
  PromptHandler,
  PromptOptions,
  Steering,
} from './prompts/promptQueue.ts'
export type {
  ApprovalDecision,
  ApprovalOptions,
  ClientToolOptions,
  ClientToolResult,
} from './response/question.ts'
export type { EndResult } from './response/responseResult.ts'
export type { ResponseWriter } from './response/responseWriter.ts'
export type { ResponseIds } from './response/writerHost.ts'
export type { FileInput, FileUpload, UploadFile } from './response/values.ts'
export type { Pattern } from './response/runWire.ts'
export type { ToolCall } from './response/toolCalls.ts'
export { ErrorCode, RejoinError } from '@rejoin/core/protocol'
export type { ResponseRow, RowPart, Wake } from '@rejoin/core/protocol'
export {
  createAgentHost,
  type AgentHost,
  type AgentHostEvents,
  type AgentHostOptions,
} from './host/agentHost.ts'
export { answerMissed, type AnswerMissedOptions } from './wake/answerMissed.ts'
export { answerPrompt, type AnswerOutcome, type AnswerPromptOptions } from './wake/answerPrompt.ts'
export { promptRoute, type PromptRouteOptions, type RouteContext } from './wake/promptRoute.ts'
export { readWake, type WakeSecrets } from './wake/readWake.ts'
