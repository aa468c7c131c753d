import type { InboundMessage } from 'ably'
import { Header } from '@rejoin/core/protocol'
import { headersOf } from '../inbound/fields.ts'
import { isAnswerTo } from '../inbound/answers.ts'
import type { Prompt } from '../inbound/prompt.ts'
import type { PastResponse } from '../response/pastResponse.ts'
import type { Suspension } from '../response/writerHost.ts'

interface Suspended extends Suspension {
  readonly prompt: Prompt
}

/** Prompts whose answers wait for people while no handler runs for them. */
export class SuspendedPrompts {
  readonly #kept = new Map<string, Suspended>()

  add(prompt: Prompt, suspension: Suspension): void {
    this.#kept.set(prompt.id, { prompt, ...suspension })
  }

  delete(promptId: string): void {
    this.#kept.delete(promptId)
  }

  /** Removes and returns the prompts whose answers continue because of a decision or a result. */
  answered(message: InboundMessage): Prompt[] {
    return this.#take(({ toolCallIds, judged }) => isAnswerTo(message, toolCallIds, judged))
  }

  /** Removes and returns the prompts that a cancel names. */
  cancelled(message: InboundMessage, mayCancel: (prompt: Prompt) => boolean): Prompt[] {
    const { [Header.ResponseId]: responseId, [Header.PromptId]: promptId } = headersOf(message)
    const meant = (one: Suspended) =>
      responseId === undefined
        ? promptId === undefined || promptId === one.prompt.id
        : responseId === one.responseId
    return this.#take((one) => meant(one) && mayCancel(one.prompt))
  }

  #take(test: (suspended: Suspended) => boolean): Prompt[] {
    const taken = [...this.#kept.values()].filter(test)
    for (const { prompt } of taken) this.#kept.delete(prompt.id)
    return taken.map(({ prompt }) => prompt)
  }
}

/** What an answer of the past waits for. */
export function suspensionOf({ responseId, suspendedFor, judged }: PastResponse): Suspension {
  return { responseId, toolCallIds: suspendedFor ?? [], judged }
}
