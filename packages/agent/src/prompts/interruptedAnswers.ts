import { ErrorCode, wrapError, type RejoinError } from '@rejoin/core/protocol'
import type { Prompt } from '../inbound/prompt.ts'
import type { PastResponse } from '../response/pastResponse.ts'
import type { ResponseWriter } from '../response/responseWriter.ts'
import type { Interrupted, PromptOptions, Task } from './promptQueue.ts'

interface Host {
  respond(task: Task): ResponseWriter
  /** From now on the prompt counts as known. */
  begin(promptId: string): void
  settled(prompt: Prompt): Promise<void>
  withdraw(past: PastResponse): Promise<unknown>
  report(error: RejoinError): void
}

/** Answers that a process left unfinished. The application chooses: each is resumed, begun anew, or ended. */
export class InterruptedAnswers {
  readonly #choice: NonNullable<PromptOptions['interrupted']>
  readonly #host: Host

  constructor(choice: NonNullable<PromptOptions['interrupted']>, host: Host) {
    this.#choice = choice
    this.#host = host
  }

  /** All are ended. */
  get areMarked(): boolean {
    return this.#choice === 'mark'
  }

  choose(prompt: Prompt, left: { readonly text: string; readonly wasSuspended?: boolean }): Interrupted {
    const { text, wasSuspended } = left
    // Keep people's decisions: they must be neither lost nor requested again.
    if (wasSuspended) return 'resume'
    if (typeof this.#choice !== 'function') return this.#choice
    try {
      return this.#choice(prompt, { text })
    } catch (error) {
      this.#host.report(wrapError('call interrupted', error, ErrorCode.CallbackFailed))
      return 'mark'
    }
  }

  /** Discards an answer: this process answers anew. */
  withdraw(past: PastResponse): void {
    this.#host.withdraw(past).catch(() => {})
  }

  /** Ends an answer. */
  mark(task: Task): void {
    const { prompt } = task
    this.#host.begin(prompt.id)
    const reason = { message: 'the agent was restarted before it had finished', code: 'interrupted' }
    void this.#host
      .respond(task)
      .fail(reason)
      .catch(() => {})
      .then(() => this.#host.settled(prompt))
  }
}
