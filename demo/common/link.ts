import type { Checkpoint } from '@rejoin/agent'
import type { Row, SeedPage } from '@rejoin/core'
import type { ClientOptions } from 'ably'
import type { ModelConfig } from '../server/config.ts'
import type { Pattern } from '../server/store.ts'

/** What the server asks of the agent's process. */
export type AgentCalls = {
  start(options: { client: ClientOptions; model: ModelConfig; longestPrompt: number }): Promise<void>
  /** Resolves when the agent listens to the conversation. */
  open(conversation: AgentConversation): Promise<void>
  /** Stops its answers, and listens to it no more. */
  close(conversationId: string): Promise<void>
}

/** What the agent's process asks of the server, which alone holds the database. */
export type ServerCalls = {
  save(conversationId: string, row: Row): Promise<Saved>
  /** Messages beyond what the channel retains. */
  page(conversationId: string, cursor: string | undefined): Promise<SeedPage>
  /** A file that a person attached; `undefined` when it is gone. */
  file(conversationId: string, fileId: string): Promise<StoredFile | undefined>
  loadCheckpoint(channel: string): Promise<Checkpoint | undefined>
  saveCheckpoint(channel: string, checkpoint: Checkpoint): Promise<unknown>
}

/** What became of a message. */
export interface Saved {
  /** Why it can never be stored: there is no use in trying again. */
  refused?: string
}

export interface StoredFile {
  mediaType: string
  name: string
  data: Uint8Array
}

export interface AgentConversation {
  id: string
  channel: string
  pattern: Pattern
}
