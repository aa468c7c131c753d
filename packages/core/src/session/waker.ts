import type { Wake } from '../protocol/wake.ts'
import type { Store } from '../store/store.ts'
import { RejoinError, wrapError } from '../types/errors.ts'
import type { PromptState, ResponseState } from '../types/types.ts'

/** Tells an agent that there is something to answer. When it throws, or rejects, it is called again. */
export type WakeAgent = (wake: Wake) => unknown

/** Calls for one prompt, at most: a minute's worth. */
const CALLS = 9
const MIN_DELAY = 250
const MAX_DELAY = 30_000

/** Wakes agents that do not run: calls the application, and again for as long as that may help. */
export class Waker {
  readonly #wake: WakeAgent
  readonly #channelName: string
  readonly #store: Store
  readonly #report: (error: RejoinError) => void
  /** Calls made for each prompt of this session. */
  readonly #calls = new Map<string, number>()
  /** What will be called again, with its timer. */
  readonly #waiting = new Map<string, ReturnType<typeof setTimeout>>()
  #closed = false

  constructor(wake: WakeAgent, channelName: string, store: Store, report: (error: RejoinError) => void) {
    this.#wake = wake
    this.#channelName = channelName
    this.#store = store
    this.#report = report
  }

  /** The channel has the prompt. */
  prompted(promptId: string): void {
    this.#calls.set(promptId, 0)
    void this.#call({ channelName: this.#channelName, promptId, reason: 'prompt' }, promptId)
  }

  /** The agent that was answering is gone. */
  interrupted(promptId: string | undefined): void {
    if (this.#closed || promptId === undefined) return
    if (this.#calls.has(promptId) && !this.#waiting.has(promptId))
      void this.#call({ channelName: this.#channelName, promptId, reason: 'prompt' }, promptId)
  }

  /** An agent that runs hears what a person decided. One that suspended its answer is woken, now or when it has. */
  decided(responseId: string, reason: Wake['reason']): void {
    const look = (): void => {
      const response = this.#store.getResponse(responseId)
      if (response?.status === 'streaming' && !this.#closed) return
      stop()
      if (!isLeft(response)) return
      const { promptId } = response
      const wake = { channelName: this.#channelName, responseId, reason, ...(promptId && { promptId }) }
      const key = `${responseId} ${reason}`
      this.#calls.set(key, 0)
      void this.#call(wake, key)
    }
    const stop = this.#store.subscribeResponse(responseId, look)
    look()
  }

  /** Calls under way go on; none is repeated. */
  close(): void {
    this.#closed = true
    for (const timer of this.#waiting.values()) clearTimeout(timer)
    this.#waiting.clear()
  }

  async #call(wake: Wake, key: string): Promise<void> {
    for (;;) {
      const calls = (this.#calls.get(key) ?? 0) + 1
      if (calls > CALLS) return
      this.#calls.set(key, calls)
      try {
        await this.#wake(wake)
        return
      } catch (cause) {
        const final = cause instanceof RejoinError && cause.code !== 'wake_failed'
        if (final || calls === CALLS)
          return this.#report(
            wrapError(`wake an agent for prompt "${wake.promptId ?? ''}"`, cause, 'wake_failed'),
          )
      }
      const delay = Math.min(MAX_DELAY, MIN_DELAY * 2 ** (calls - 1)) * (1 + Math.random() / 4)
      if (this.#closed) return
      await new Promise((resolve) => this.#waiting.set(key, setTimeout(resolve, delay)))
      this.#waiting.delete(key)
      if (!this.#isNeeded(wake)) return
    }
  }

  /** No agent is answering. If one is and dies, `interrupted` is called. */
  #isNeeded({ promptId = '', responseId }: Wake): boolean {
    const prompt: PromptState | undefined = this.#store.getPrompt(promptId)
    const response = this.#store.getResponse(responseId ?? prompt?.responseId ?? '')
    return response ? isLeft(response) : prompt?.status === 'sent'
  }
}

/** Open, and its agent does not run. */
function isLeft(response: ResponseState | undefined): response is ResponseState {
  return response?.status === 'suspended' || response?.status === 'interrupted'
}
