import { ErrorCode, wrapError, type RejoinError } from '@rejoin/core/protocol'
import type { Conversation } from '../memory/conversation.ts'
import type { RecallOptions } from '../memory/recall.ts'
import type { Who } from '../inbound/fields.ts'
import { DeliveryError } from '../publish/deliveryError.ts'
import type { PastResponse } from '../response/pastResponse.ts'
import type { Prompt } from '../inbound/prompt.ts'
import type { ResponseWriter } from '../response/responseWriter.ts'

/** A prompt to answer, with the conversation to which it belongs. */
export interface AskedPrompt extends Prompt {
  /**
   * The conversation that the prompt's sender saw, up to this prompt. Converters (`@rejoin/agent/convert/*`) turn it
   * into a model's input.
   */
  conversation(options?: RecallOptions): Promise<Conversation>
}

/** Answers a prompt. When it returns, the response ends; when it throws, the response ends as `error`. */
export type PromptHandler = (prompt: AskedPrompt, response: ResponseWriter) => unknown

/** A prompt being answered. */
export interface Active {
  readonly prompt: Prompt
  readonly response: ResponseWriter
}

/** The state of a prompt without an answer of its own, or before it has one. */
export type PromptNews = 'queued' | 'ignored' | 'steered' | 'failed'

export type Steering = 'parallel' | 'queue' | 'interrupt' | 'ignore' | 'steer'

/** How to treat an unfinished answer. */
export type Interrupted = 'mark' | 'resume' | 'restart'

export interface PromptOptions {
  /** Maximum number of prompts answered at the same time. Further prompts wait, in order. Default: no limit. */
  concurrency?: number
  /**
   * How to treat a prompt that arrives while others are being answered:
   * - `parallel` (default): answer it at once, beside them;
   * - `queue`: answer it when they are done;
   * - `interrupt`: stop them and the waiting prompts, then answer it;
   * - `ignore`: do not answer it;
   * - `steer`: let the current answer take it (`response.takeSteering()`), or else answer it afterwards;
   * - or a function that chooses.
   */
  whileBusy?: Steering | ((prompt: Prompt, active: readonly Active[]) => Steering)
  /**
   * With checkpoints or claims: how to treat an answer that another process left unfinished.
   * - `mark` (default without claims): end it with status `error`;
   * - `resume`: call the handler with a response that is `resumed`, whose `text` is the text so far, to continue it;
   * - `restart` (default with claims): withdraw it, and answer anew.
   *
   * A prompt whose answer had not begun is answered normally, and a `suspended` answer is always resumed.
   */
  interrupted?: Interrupted | ((prompt: Prompt, left: { text: string }) => Interrupted)
  /** Which prompts this agent answers. Default: all. */
  accept?: (prompt: Prompt) => boolean
  /** Who may cancel which response. Default: the agent's `allowCancel`. */
  allowCancel?: AllowCancel
}

/**
 * Called for every cancel, live or from history. `prompt` is absent for a response that the application began itself,
 * `response` for a prompt whose answer has not begun.
 */
export type AllowCancel = (who: Who, answer: { prompt?: Prompt; response?: ResponseWriter }) => boolean

/** A prompt to answer, with a former process's answer so far. */
export interface Task {
  readonly prompt: Prompt
  readonly responseId?: string | undefined
  readonly past?: PastResponse | undefined
}

export interface QueueHost {
  respond(task: Task): ResponseWriter
  mayCancel: AllowCancel
  /** Publishes the prompt's state for waiting readers. */
  announce(promptId: string, status: PromptNews): void
  report(error: RejoinError): void
  /** Called before the handler runs. */
  started(prompt: Prompt, response: ResponseWriter): Promise<void>
  /** Called after the response has ended, with any status. */
  settled(prompt: Prompt): Promise<void>
  /** The response ended and leaves work for a later process. */
  unsettled(prompt: Prompt, response: ResponseWriter): void
}

/** Number of prompts remembered to recognize duplicates. */
const REMEMBERED = 10_000

const UNWRITTEN =
  'the handler returned its answer, and wrote nothing; call response.append(text), or await response.pipe(stream)'

/** A text or a stream: some frameworks publish what a handler returns. */
const isAnswer = (value: unknown): boolean =>
  (typeof value === 'string' && value !== '') ||
  typeof (Object(value) as AsyncIterable<unknown>)[Symbol.asyncIterator] === 'function'

/** Number of cancels kept for prompts that have not arrived yet. */
const EARLY = 1000

/** Orders prompts and their answers: concurrency, steering, duplicates. Independent of channels. */
export class PromptQueue {
  readonly active = new Set<Active>()
  readonly #handler: (prompt: Prompt, response: ResponseWriter) => unknown
  readonly #options: PromptOptions
  readonly #host: QueueHost
  readonly #waiting: (Task & { alone: boolean })[] = []
  readonly #seen = new Set<string>()
  readonly #running = new Set<Promise<void>>()
  /** Prompts that current answers have taken. */
  readonly #taken = new Map<string, { prompt: Prompt; responseId: string }>()
  readonly #early: { promptId: string; who: Who }[] = []
  #closed = false
  #kept = false

  constructor(
    handler: (prompt: Prompt, response: ResponseWriter) => unknown,
    options: PromptOptions,
    host: QueueHost,
  ) {
    this.#handler = handler
    this.#options = options
    this.#host = host
  }

  /**
   * Takes a prompt; `false` if it is a duplicate or not for this agent. A prompt whose answer was suspended continues.
   */
  add(prompt: Prompt, left: Omit<Task, 'prompt'> = {}): boolean {
    const goesOn = left.past?.wasSuspended === true && !this.#isBusyWith(prompt.id)
    if (this.#closed || !this.accepts(prompt) || !(this.remember(prompt.id) || goesOn)) return false
    const { whileBusy = 'parallel' } = this.#options
    let choice: Steering = 'parallel'
    if (!goesOn && (this.active.size > 0 || this.#waiting.length > 0)) {
      choice = typeof whileBusy === 'function' ? this.#choose(whileBusy, prompt) : whileBusy
    }
    if (choice === 'ignore') {
      this.#host.announce(prompt.id, 'ignored')
      void this.#host.settled(prompt)
      return false
    }
    if (choice === 'steer' && !this.#cancelledBefore(prompt) && this.#steer(prompt)) return true
    if (choice === 'interrupt') {
      const reason = new DOMException('A newer prompt took over', 'AbortError')
      for (const waiting of this.#waiting.splice(0)) this.#skip(waiting, (response) => response.abort(reason))
      for (const { response } of this.active) void response.abort(reason).catch(() => {})
    }
    const task = { prompt, ...left, alone: choice !== 'parallel' }
    if (this.#cancelledBefore(prompt)) this.#skip(task, (response) => response.cancel())
    else this.#waiting.push(task)
    this.#next()
    if (this.#waiting.includes(task)) this.#host.announce(prompt.id, 'queued')
    return true
  }

  #isBusyWith(promptId: string): boolean {
    const same = ({ prompt }: { readonly prompt: Prompt }) => prompt.id === promptId
    return [...this.active].some(same) || this.#waiting.some(same)
  }

  /** Gives the prompt to the newest current answer. */
  #steer(prompt: Prompt): boolean {
    const active = [...this.active].findLast(({ response }) => response.open)
    active?.response.steer(prompt)
    return active !== undefined
  }

  /** An answer has taken a prompt: the prompt is settled with that answer. */
  steered(prompt: Prompt, responseId: string): void {
    for (const { response } of this.active)
      if (response.responseId === responseId) this.keep(prompt, responseId)
  }

  /** The prompt is settled when the response ends. */
  keep(prompt: Prompt, responseId: string): void {
    this.#taken.set(prompt.id, { prompt, responseId })
  }

  /** Whether a prompt is for this agent and not handled yet. */
  isNew(prompt: Prompt): boolean {
    return !this.#closed && !this.#seen.has(prompt.id) && this.accepts(prompt)
  }

  /** Marks a prompt as handled; `false` if it already was. */
  remember(promptId: string): boolean {
    if (this.#seen.has(promptId)) return false
    this.#seen.add(promptId)
    if (this.#seen.size > REMEMBERED) for (const oldest of this.#seen) return this.#seen.delete(oldest)
    return true
  }

  /** The cancel arrived before the prompt. */
  #cancelledBefore(prompt: Prompt): boolean {
    return this.#early.some(
      ({ promptId, who }) => promptId === prompt.id && this.#host.mayCancel(who, { prompt }),
    )
  }

  /** A cancel of a response by its id, by its prompt's id, or (with neither) of all responses. */
  cancel(target: { responseId?: string | undefined; promptId?: string | undefined }, who: Who): void {
    const { responseId, promptId } = target
    const meant = (prompt: string | undefined, response?: string) =>
      responseId !== undefined ? response === responseId : promptId === undefined || prompt === promptId
    for (const active of this.active) {
      this.#cancelSteering(active, meant, who)
      if (!meant(active.prompt.id, active.response.responseId) || !this.#host.mayCancel(who, active)) continue
      void active.response.cancel(new DOMException('Cancelled', 'AbortError')).catch(() => {})
    }
    if (responseId !== undefined) return
    if (promptId !== undefined && !this.#seen.has(promptId)) {
      this.#early.push({ promptId, who })
      if (this.#early.length > EARLY) this.#early.shift()
    }
    for (const waiting of this.#waiting.slice()) {
      if (!meant(waiting.prompt.id)) continue
      if (!this.#host.mayCancel(who, { prompt: waiting.prompt })) continue
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
      this.#skip(waiting, (response) => response.cancel())
    }
  }

  #cancelSteering({ response }: Active, meant: (prompt: string) => boolean, who: Who): void {
    for (const prompt of response.steering.filter(({ id }) => meant(id))) {
      if (!this.#host.mayCancel(who, { prompt })) continue
      response.unsteer(prompt.id)
      this.#skip({ prompt }, (skipped) => skipped.cancel())
    }
  }

  /** Ends prompts whose answers had not begun, so that no reader waits for them. */
  #skip(task: Task, end: (response: ResponseWriter) => Promise<unknown>): void {
    void end(this.#host.respond(task))
      .catch(() => {})
      .then(() => this.#host.settled(task.prompt))
  }

  /**
   * Another process answers the prompt: this one stops. Its output is withdrawn, unless the other process resumes it.
   */
  abandon(promptId: string, goesOn: (active: Active) => boolean): void {
    const waiting = this.#waiting.findIndex(({ prompt }) => prompt.id === promptId)
    if (waiting >= 0) this.#waiting.splice(waiting, 1)
    for (const active of this.active)
      if (active.prompt.id === promptId) active.response.overtaken(goesOn(active))
    this.#seen.delete(promptId)
  }

  has(response: ResponseWriter): boolean {
    for (const active of this.active) if (active.response === response) return true
    return false
  }

  /** Accepts no more prompts. Waiting prompts become open responses, to be ended, unless they are `kept` elsewhere. */
  close(kept: boolean): void {
    this.#closed = true
    this.#kept = kept
    for (const task of this.#waiting.splice(0)) if (!kept) this.#host.respond(task)
  }

  /** Resolves when every handler that runs has returned and its response has ended. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  /** Whether the application accepts the prompt for this agent. */
  accepts(prompt: Prompt): boolean {
    return this.#call(
      'accept',
      () => this.#options.accept?.(prompt) ?? true,
      () => {
        this.#host.announce(prompt.id, 'failed')
        return false
      },
    )
  }

  #choose(whileBusy: (prompt: Prompt, active: readonly Active[]) => Steering, prompt: Prompt): Steering {
    return this.#call(
      'whileBusy',
      () => whileBusy(prompt, [...this.active]),
      () => 'queue',
    )
  }

  #call<T>(name: string, callback: () => T, failed: () => T): T {
    try {
      return callback()
    } catch (error) {
      this.#host.report(wrapError(`call ${name}`, error, ErrorCode.CallbackFailed))
      return failed()
    }
  }

  #next(): void {
    const { concurrency = Infinity } = this.#options
    while (this.#waiting.length > 0 && this.active.size < concurrency) {
      const task = this.#waiting[0]!
      if (task.alone && this.active.size > 0) return
      this.#waiting.shift()
      const run = this.#answer(task).finally(() => this.#running.delete(run))
      this.#running.add(run)
    }
  }

  /** Settles the prompts that a response has taken. A response that was suspended goes on, and keeps them. */
  async #settleTaken(response: ResponseWriter, settled: boolean): Promise<void> {
    if (response.suspended) return
    for (const prompt of this.#released(response.responseId))
      if (settled) await this.#host.settled(prompt)
      else this.#host.unsettled(prompt, response)
  }

  /** Another process has ended a response. */
  endedElsewhere(responseId: string): void {
    for (const prompt of this.#released(responseId)) void this.#host.settled(prompt)
  }

  #released(responseId: string): Prompt[] {
    const taken = [...this.#taken.values()].filter((one) => one.responseId === responseId)
    for (const { prompt } of taken) this.#taken.delete(prompt.id)
    return taken.map(({ prompt }) => prompt)
  }

  async #answer(task: Task): Promise<void> {
    const { prompt } = task
    const response = this.#host.respond(task)
    const active = { prompt, response }
    this.active.add(active)
    let settled = false
    try {
      await this.#host.started(prompt, response)
      if (response.open) {
        response.begin()
        const returned = await this.#handler(prompt, response)
        if (isAnswer(returned) && !response.row().parts?.length) throw new TypeError(UNWRITTEN)
      }
      await response.end()
      settled = response.settled
    } catch (error) {
      // After an abort, the error of the model's client is the abort itself.
      // `end` reports a text that cannot be delivered.
      if (!response.signal.aborted && !(error instanceof DeliveryError))
        this.#host.report(wrapError('answer a prompt', error, ErrorCode.CallbackFailed))
      await response.fail(error).catch(() => {})
      settled = response.settled
    }
    this.active.delete(active)
    const left = response.steering.map((steering) => ({ prompt: steering, alone: true }))
    if (!this.#closed) this.#waiting.unshift(...left)
    else if (!this.#kept) for (const one of left) this.#skip(one, (skipped) => skipped.abort())
    await this.#settleTaken(response, settled)
    // Not delivered or not stored: the prompt stays in the checkpoint for the next process.
    if (settled) await this.#host.settled(prompt)
    else this.#host.unsettled(prompt, response)
    this.#next()
  }
}
