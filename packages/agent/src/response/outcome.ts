import { ErrorCode, MessageName, reasonOf, type EndStatus } from '@rejoin/core/protocol'
import type { FinishReason, Usage } from './modelEvent.ts'
import type { PastResponse } from './pastResponse.ts'
import type { PipeEnd } from './pipe.ts'

interface Reason {
  message: string
  code?: string
}

/** How a response ends, and what its model reported about the end. */
export class Outcome {
  status: EndStatus = 'complete'
  /** A person asked to stop it. */
  cancelled = false
  finishReason: FinishReason | undefined
  rawFinishReason: string | undefined
  /** Tokens of all its model calls together. */
  usage: Usage | undefined
  #reason: Reason | undefined
  /** How the response ends, by its last stream, if no other stream follows. */
  #unfinished: { status: EndStatus; reason: unknown } | undefined

  /** A former process had ended the response, or only published facts about it. */
  adopt({ status, fields, reason }: PastResponse): void {
    if (status !== undefined) this.mark(status, reason)
    Object.assign(this, fields)
  }

  mark(status: EndStatus, reason: unknown): void {
    this.status = status
    if (reason !== undefined) this.#reason = reasonFor(reason)
  }

  /** Another stream begins: the end of the previous one no longer counts. */
  streamBegan(): void {
    this.#unfinished = undefined
  }

  /** Mappers always report how their stream ended; events that an application makes by hand need not. */
  streamEnded({ finish, stopped, brokenOff }: PipeEnd): void {
    this.finishReason = finish?.finishReason ?? this.finishReason
    this.rawFinishReason = finish ? finish.rawFinishReason : this.rawFinishReason
    if (finish?.usage) this.usage = sum(this.usage, finish.usage)
    if (stopped) this.#unfinished = { status: 'stopped', reason: stopped.reason }
    else if (!finish && brokenOff)
      this.streamFailed({ message: "the model's stream broke off", code: ErrorCode.ModelFailed })
    else if (finish?.finishReason === 'error')
      this.streamFailed({ message: 'the model stopped because of an error', code: ErrorCode.ModelFailed })
  }

  streamFailed(reason: unknown): void {
    this.#unfinished = { status: 'error', reason }
  }

  /** An answer that the model did not finish, or an empty one, is not complete. */
  conclude(empty: boolean): void {
    if (this.status !== 'complete') return
    if (this.#unfinished) this.mark(this.#unfinished.status, this.#unfinished.reason)
    else if (empty) this.mark('error', { message: 'the response is empty', code: ErrorCode.ModelFailed })
  }

  /** Why the response failed or was stopped. */
  get error(): Reason | undefined {
    return this.#reason
  }

  /** Data of the end marker. */
  get data(): object | undefined {
    const data = { ...this.fields, ...this.#reason }
    return Object.keys(data).length > 0 ? data : undefined
  }

  /** What a database stores of the outcome beside the status. */
  get fields(): { finishReason?: FinishReason; rawFinishReason?: string; usage?: Usage } {
    const { finishReason, rawFinishReason, usage } = this
    return {
      ...(finishReason !== undefined && { finishReason }),
      ...(rawFinishReason !== undefined && { rawFinishReason }),
      ...(usage && { usage }),
    }
  }

  /** Name of the end marker. */
  marker(perToken: boolean): string {
    if (this.cancelled) return MessageName.Cancelled
    return perToken ? MessageName.Stop : MessageName.ResponseEnd
  }
}

function reasonFor(thrown: unknown): Reason {
  const { code, name } = Object(thrown) as Record<'code' | 'name', unknown>
  const reason: Reason = { message: reasonOf(thrown) }
  // Ignore DOMException's legacy numeric code.
  if (name !== 'AbortError' && (typeof code === 'string' || typeof code === 'number')) reason.code = `${code}`
  return reason
}

type Counts = { [name: string]: number | Counts | undefined }

function sum<T extends object>(before: T | undefined, more: T): T {
  const total: Counts = { ...(before as Counts) }
  for (const [name, count] of Object.entries(more as Counts)) {
    const known = total[name]
    if (typeof count === 'number') total[name] = count + (typeof known === 'number' ? known : 0)
    else if (typeof count === 'object')
      total[name] = sum(typeof known === 'object' ? known : undefined, count)
  }
  return total as T
}
