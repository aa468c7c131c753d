import type { Conversation, Prompt, ResponseWriter } from '@rejoin/agent'
import type { Files } from './files.ts'
import type { Model } from './model.ts'
import type { Pace } from './pace.ts'

/** A prompt that is being answered. */
export interface Asking {
  model: Model
  prompt: Prompt
  response: ResponseWriter
  /** What the one who asked saw, up to the prompt. */
  conversation: Conversation
  files: Files
  pace: Pace
}
