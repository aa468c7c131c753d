import type { PromptState, PromptStatus } from '../types/types.ts'
import type { Fates } from './fates.ts'

/** A prompt as it was told; what became of it is derived. */
export type ToldPrompt = Omit<PromptState, 'status' | 'responseId'> & {
  readonly status?: PromptStatus | undefined
}

export interface Told {
  readonly told: ToldPrompt
  /** The channel has told of it, not a database alone. */
  readonly heard: boolean
}

/** A prompt and what became of it. A class, so that all have one shape: a conversation has thousands. */
export class KnownPrompt implements Told {
  declare readonly told: ToldPrompt
  declare readonly heard: boolean
  declare readonly status: PromptStatus
  declare readonly responseId: string | undefined
  declare private shown: PromptState | undefined

  constructor({ told, heard }: Told, { status, responseId }: ReturnType<Fates['outcomeOf']>) {
    this.told = told
    this.heard = heard
    this.status = status
    this.responseId = responseId
    this.shown = undefined
  }

  /** What a view sees of it: made when it is first read. */
  get state(): PromptState {
    const { told, status, responseId } = this
    return (this.shown ??= responseId === undefined ? { ...told, status } : { ...told, status, responseId })
  }
}
