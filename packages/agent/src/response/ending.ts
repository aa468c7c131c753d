import {
  ErrorCode,
  Header,
  MessageName,
  RejoinError,
  type EndStatus,
  type ResponseRow,
} from '@rejoin/core/protocol'
import { DeliveryError } from '../publish/deliveryError.ts'
import type { LastMessage } from '../publish/lastMessage.ts'
import { wrapRefusal } from '../publish/rights.ts'
import type { Outcome } from './outcome.ts'
import type { ResponseBody } from './responseBody.ts'
import { resultOf, rowOf, type EndResult } from './responseResult.ts'
import type { MessageParts } from './toolCalls.ts'
import type { Origin, Suspension, WriterHost } from './writerHost.ts'

/** The response that ends. */
export interface EndingResponse {
  readonly responseId: string
  readonly promptId: string | undefined
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly body: ResponseBody
  readonly outcome: Outcome
}

/** How this process's part in a response ends: for good, until a person decides, or because another took over. */
export class Ending {
  /** The response has ended and leaves no work for a later process. */
  settled = false
  /** The end marker is published. */
  delivered = false
  /** This run of the handler has ended; the next begins when one of these calls is answered. */
  suspended: Suspension | undefined
  readonly #host: WriterHost
  readonly #response: EndingResponse
  readonly #holds: Origin['holds']
  /** Grows with each process that answers the prompt. */
  readonly #fence: number | undefined
  /** Serial of the newest answer that a former run judged. */
  readonly #judged: string
  /** Calls that the handler waits for and for which it may be suspended. */
  readonly #questions = new Set<string>()
  readonly #abort = new AbortController()
  /** Ends every wait for an answer. */
  readonly #asking = new AbortController()
  #pausing = false
  #abandoned = false
  #withdrawn = false
  /** The end marker is on its way, or published. */
  #ending = false
  #end: Promise<EndResult> | undefined
  #markEnded = () => {}
  /** Resolves when the response has ended, with any status. */
  readonly ended = new Promise<void>((resolve) => (this.#markEnded = resolve))

  constructor(host: WriterHost, response: EndingResponse, { prompt, past, holds }: Origin) {
    this.#host = host
    this.#response = response
    this.#holds = holds
    this.#fence = prompt?.fence
    this.#judged = past?.judged ?? ''
  }

  get open(): boolean {
    return !this.#end
  }

  /** Aborts when the response is stopped or taken over. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Aborts when nobody waits for an answer any more. */
  get asking(): AbortSignal {
    return this.#asking.signal
  }

  /** Records whether the handler waits for an answer for which it may be suspended. */
  waits(toolCallId: string, waits: boolean): void {
    if (waits) this.#questions.add(toolCallId)
    else this.#questions.delete(toolCallId)
  }

  end(): Promise<EndResult> {
    if (this.#end) return this.#end
    const { body, outcome } = this.#response
    outcome.conclude(body.parts.empty)
    this.#end = this.#finish()
    // A caller that ignores the result sees the failure in the agent's `error` event.
    this.#end.then(this.#markEnded, this.#markEnded)
    return this.#end
  }

  stop(status: EndStatus, reason: unknown): Promise<EndResult> {
    if (this.#end) return this.#end
    this.#response.outcome.mark(status, reason)
    const result = this.end()
    this.#abort.abort(reason ?? new DOMException('The response was stopped', 'AbortError'))
    return result
  }

  cancel(reason: unknown): Promise<EndResult> {
    if (!this.#end) this.#response.outcome.cancelled = true
    return this.stop('stopped', reason)
  }

  /** Suspends the response if it waits for an answer for which it may be; resolves to whether it is. */
  async trySuspend(): Promise<boolean> {
    if (this.#end || this.#questions.size === 0) return this.suspended !== undefined
    this.suspend()
    await this.#end!.catch(() => {})
    return true
  }

  /** Ends this run of the handler; returns what to end it with. */
  suspend(): RejoinError {
    const reason = new RejoinError(
      ErrorCode.Suspended,
      'unable to go on; nobody has answered yet. The handler is called again when someone has',
    )
    if (this.#end) return reason
    this.#pausing = true
    this.#end = this.#pause([...this.#questions])
    this.#end.then(this.#markEnded, this.#markEnded)
    this.#abort.abort(reason)
    queueMicrotask(() => this.#asking.abort(reason))
    return reason
  }

  /** Another process took over, `resumed` in place or from the start. This one publishes and stores nothing more. */
  overtaken(resumed: boolean): void {
    this.#abandoned = true
    // The other process may have found the answer complete: only it knows whether the answer stands.
    if (!resumed && !this.#ending) this.#withdrawAll()
    else this.#response.body.abandon()
    void this.stop('stopped', new DOMException('Another process has taken over', 'AbortError')).catch(
      () => {},
    )
  }

  /** Withdraws the whole response. */
  async withdraw(): Promise<void> {
    this.#withdrawn = true
    this.#withdrawAll()
    await this.cancel(undefined)
  }

  /** Messages to publish if the process exits now: ended as `reason` says, or with the end already chosen. */
  lastWords(reason: { message: string; code: string }): LastMessage[] {
    const { body, outcome } = this.#response
    // The response is or becomes suspended: leave it for the next process.
    if (!body.begun || this.#pausing) return []
    if (this.open || !body.lasts) outcome.mark('error', reason)
    return body.lastWords(outcome.status, ...this.#endMarker())
  }

  row(status: EndStatus = this.#response.outcome.status): ResponseRow {
    const { body, outcome, ...ids } = this.#response
    return rowOf({ ...ids, clientId: this.#host.clientId, fence: this.#fence }, body, outcome, status)
  }

  /** Some text could not be delivered. */
  undelivered(cause: unknown, stored = false): DeliveryError {
    const { body, responseId } = this.#response
    const {
      code,
      message,
      cause: beneath,
    } = wrapRefusal('publish', cause, 'publish', this.#host.channel.name)
    return new DeliveryError(code, message, {
      text: body.parts.text,
      responseId,
      stored,
      cause: beneath ?? cause,
    })
  }

  #withdrawAll(): void {
    const { body } = this.#response
    body.retract(0)
    body.publish(MessageName.Retract, { all: true }, {})
  }

  async #pause(toolCallIds: readonly string[]): Promise<EndResult> {
    const { body, outcome, responseId } = this.#response
    body.pause()
    const text = await attempt(body.settled())
    if ((await this.#holds?.(false)) === false) this.#abandoned = true
    if (this.#abandoned) return { ...this.#result(false), status: 'suspended' }
    const known = (await this.#host.answers()).judgedUpTo(toolCallIds)
    const judged = known > this.#judged ? known : this.#judged
    const { usage } = outcome
    const data = { toolCallIds, ...(judged && { judged }), ...(usage && { usage }) }
    const marker = await attempt(body.deliver(MessageName.Suspend, data, { [Header.Presence]: 'none' }))
    if (text.failed || marker.failed) {
      const failure = this.undelivered(text.error ?? marker.error)
      this.#host.report(failure)
      throw failure
    }
    this.suspended = { responseId, toolCallIds, judged }
    return { ...this.#result(false), status: 'suspended' }
  }

  async #finish(): Promise<EndResult> {
    const { body, outcome } = this.#response
    body.seal(outcome.status)
    queueMicrotask(() => {
      const over = new RejoinError(ErrorCode.Closed, 'unable to get an answer; the response has ended')
      this.#asking.abort(this.signal.reason ?? over)
    })
    const { status } = outcome
    const text = await attempt(body.settled())
    if (text.failed) outcome.mark('error', this.undelivered(text.error))
    // Another process answers the prompt and ends the response.
    if (!this.#withdrawn && (await this.#holds?.(false)) === false) this.#abandoned = true
    if (this.#abandoned) return this.#result(false)
    this.#ending = true
    const marker = await attempt(body.deliver(...this.#endMarker()))
    this.delivered = !marker.failed
    // The application closed its connection: its next process ends the response.
    const stored = marker.failed && this.#host.closed() ? 'failed' : await this.#store(status)
    this.settled = !marker.failed && stored !== 'failed'
    if ((text.failed || marker.failed) && !this.#abandoned) {
      const failure = this.undelivered(text.error ?? marker.error, stored === 'stored')
      this.#host.report(failure)
      throw failure
    }
    return this.#result(stored === 'stored')
  }

  #result(stored: boolean): EndResult {
    const { responseId, body, outcome } = this.#response
    return resultOf(responseId, body, outcome, stored)
  }

  async #store(status: EndStatus): Promise<'stored' | 'refused' | 'failed'> {
    if (this.#withdrawn) return 'stored'
    if (this.#holds && !(await this.#holds(true))) return 'failed'
    if (this.#abandoned) return 'failed'
    return this.#host.completed(this.row(status))
  }

  #endMarker(): MessageParts {
    const { outcome } = this.#response
    const name = outcome.marker(this.#host.pattern === 'message-per-token')
    return [name, outcome.data, { [Header.Status]: outcome.status }]
  }
}

async function attempt(promise: Promise<unknown>): Promise<{ failed: boolean; error?: unknown }> {
  try {
    await promise
    return { failed: false }
  } catch (error) {
    return { failed: true, error }
  }
}
