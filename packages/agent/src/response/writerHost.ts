import type { RejoinError, ResponseRow } from '@rejoin/core/protocol'
import type { Answers } from '../inbound/answers.ts'
import type { Prompt } from '../inbound/prompt.ts'
import type { PastResponse } from './pastResponse.ts'
import type { Publishing } from './responseBody.ts'
import type { UploadFile } from './values.ts'

/** The agent's services for a response. */
export interface WriterHost extends Publishing {
  readonly clientId: string | undefined
  readonly answers: () => Promise<Answers>
  report(error: RejoinError): void
  readonly uploadFile: UploadFile | undefined
  /** The response has taken a steering prompt, before part `part`. */
  steered(prompt: Prompt, responseId: string, part: string): void
  /** The application has closed its connection. */
  closed(): boolean
  /** Called once, at the end. `refused`: the application's store will never accept the response. */
  completed(row: ResponseRow): Promise<'stored' | 'refused' | 'failed'>
}

/** The answers that a suspended response waits for. */
export interface Suspension {
  readonly responseId: string
  readonly toolCallIds: readonly string[]
  /** Serial of the newest answer that was judged and does not count; '' if there was none. */
  readonly judged: string
}

/** The origin of a response. */
export interface Origin {
  prompt?: Prompt
  past?: PastResponse | undefined
  /**
   * Whether this process may still answer the prompt: asked before the response ends and before it is stored.
   * `undefined` if unknown; `patient`: the check may take a while.
   */
  holds?: ((patient: boolean) => Promise<boolean | undefined>) | undefined
}

export interface ResponseIds {
  /** Default: a random id. */
  responseId?: string
  promptId?: string
}
