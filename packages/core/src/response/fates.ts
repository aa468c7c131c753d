import type { Entry } from './entry.ts'
import type { PromptStatus, ResponseState } from '../types/types.ts'

/** What an agent says of a prompt without answering it (PROTOCOL.md §2.5). */
export interface Hint {
  readonly status: PromptStatus
  readonly responseId: string | undefined
  /** The newest counts. */
  readonly version: string
}

export interface Answer {
  readonly id: string
  readonly status: ResponseState['status']
  readonly serial: string
}

/** What became of a prompt, independent of the order in which the messages arrive. */
export interface Fate {
  /** In the order of their serials. */
  readonly answers: readonly Answer[]
  /** Clients that asked to cancel it. */
  readonly cancels: readonly string[]
  readonly hint: Hint | undefined
}

export const noFate: Fate = Object.freeze({ answers: [], cancels: [], hint: undefined })

/** An event that may change the fate of a prompt. */
export type FateEvent =
  /** A response shows for the first time, or was found to begin elsewhere. */
  | { readonly type: 'response'; readonly response: ShownLine }
  /** A response turned out to be another one. */
  | { readonly type: 'forgotten'; readonly id: string }
  | { readonly type: 'cancel'; readonly promptId: string; readonly clientId: string | undefined }
  | ({ readonly type: 'hint'; readonly promptId: string } & Hint)

/** The fields of a response that the structure depends on. */
export type ShownLine = Pick<ResponseState, 'id' | 'serial' | 'createdAt' | 'promptId' | 'status'>

/** Follows what becomes of prompts. */
export interface Fates {
  after(fate: Fate, event: FateEvent): Fate
  /** A prompt's line, where it belongs. */
  place(entry: Entry, fate: Fate, lines: { lineOf(answer: Answer): Entry | undefined }): Entry
  outcomeOf(
    prompt: { readonly clientId?: string | undefined; readonly status?: PromptStatus | undefined },
    fate: Fate,
  ): { status: PromptStatus; responseId?: string | undefined }
}
