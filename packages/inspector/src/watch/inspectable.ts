import type { PromptState, Reader, ResponseState, SessionState } from '@rejoin/core'

/** What an inspector needs of a session or reader. */
export interface Inspectable {
  readonly ignored: number
  getSnapshot(): SessionState
  subscribe(listener: () => void): () => void
  getResponse(id: string): Pick<ResponseState, 'hasGap' | 'gaps' | 'healed'> | undefined
  getPrompt(id: string): PromptState | undefined
  on: Reader['on']
}
