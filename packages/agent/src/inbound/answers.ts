import type { InboundMessage } from 'ably'
import { ErrorCode, RejoinError, Header, MessageName } from '@rejoin/core/protocol'
import { headersOf, senderOf, type Who } from './fields.ts'
import { GivenValues } from './givenValues.ts'

export interface WaitOptions<T> {
  name: string
  toolCallId: string
  /** Reads an answer; `undefined` if the message is not one. */
  read(message: InboundMessage): T | undefined
  allow(who: Who, answer: T): boolean
  /** Milliseconds. */
  timeout: number | undefined
  signal: AbortSignal
}

interface Waiter {
  offer(message: InboundMessage): void
}

/** Answers kept for questions not asked yet: after a restart, the answer may come before the question. */
const KEPT = 500

/** Waits for people's messages about tool calls: results of client-side tools, decisions. */
export class Answers {
  readonly #waiting = new Map<string, Set<Waiter>>()
  readonly #values = new GivenValues()
  #kept: InboundMessage[] = []
  /** By tool call: serial of the newest answer that was judged. */
  readonly #judged = new Map<string, string>()
  readonly #report: (error: RejoinError) => void

  constructor(report: (error: RejoinError) => void) {
    this.#report = report
  }

  receive(message: InboundMessage): void {
    if (message.name === MessageName.Value) return this.#values.add(message)
    const waiters = this.#waiting.get(keyOf(message))
    if (waiters) for (const waiter of waiters) waiter.offer(message)
    else if (this.#kept.push(message) > KEPT) this.#kept.shift()
  }

  /** Serial of the newest answer to these calls that was judged; '' if none was. */
  judgedUpTo(toolCallIds: readonly string[]): string {
    return toolCallIds.map((id) => this.#judged.get(id) ?? '').reduce((a, b) => (a > b ? a : b), '')
  }

  /** Whether a newer answer than `serial` to one of these calls has come. */
  hasKept(toolCallIds: readonly string[], serial: string): boolean {
    return this.#kept.some((message) => isAnswerTo(message, toolCallIds, serial))
  }

  /** Resolves with the first answer from a client that may give it. Other answers are ignored and reported. */
  wait<T>(options: WaitOptions<T>): Promise<T & Who> {
    const { name, toolCallId, timeout, signal } = options
    const key = `${name} ${toolCallId}`
    return new Promise((resolve, reject) => {
      const waiters = this.#waiting.get(key) ?? new Set()
      this.#waiting.set(key, waiters)
      const stop = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', aborted)
        waiters.delete(waiter)
        if (waiters.size === 0) this.#waiting.delete(key)
      }
      const aborted = () => {
        stop()
        reject(signal.reason as Error)
      }
      const late = () => {
        stop()
        const message = `unable to get an answer for tool call "${toolCallId}"; nobody sent one within ${timeout} ms`
        reject(new RejoinError(ErrorCode.Timeout, message))
      }
      const timer = timeout === undefined ? undefined : setTimeout(late, timeout)
      const waiter: Waiter = {
        offer: (message) => {
          const answer = this.#judge(options, message)
          if (!answer) return
          stop()
          resolve(answer)
        },
      }
      waiters.add(waiter)
      signal.addEventListener('abort', aborted)
      if (signal.aborted) return aborted()
      const kept = this.#kept
      this.#kept = kept.filter((message) => keyOf(message) !== key)
      for (const message of kept) if (keyOf(message) === key) waiter.offer(message)
    })
  }

  #note(toolCallId: string, serial: string): void {
    if (serial <= (this.#judged.get(toolCallId) ?? '')) return
    this.#judged.delete(toolCallId)
    this.#judged.set(toolCallId, serial)
    if (this.#judged.size > KEPT)
      for (const oldest of this.#judged.keys()) return void this.#judged.delete(oldest)
  }

  #judge<T>(options: WaitOptions<T>, message: InboundMessage): (T & Who) | undefined {
    const who = senderOf(message)
    this.#note(options.toolCallId, message.serial ?? '')
    try {
      const answer = options.read(this.#values.whole(message))
      if (answer === undefined) return undefined
      if (options.allow(who, answer)) return { ...answer, ...who }
      const { name, toolCallId } = options
      throw new Error(
        `"${who.clientId ?? 'someone anonymous'}" may not send ${name} for tool call "${toolCallId}"`,
      )
    } catch (error) {
      const { message: reason } = error as Error
      this.#report(
        new RejoinError(ErrorCode.NotAllowed, `unable to take an answer; ${reason}`, { cause: error }),
      )
      return undefined
    }
  }
}

/** A decision or a result newer than `serial`. */
export function isAnswerTo(message: InboundMessage, toolCallIds: readonly string[], serial: string): boolean {
  const { name, serial: own = '' } = message
  if (name !== MessageName.ApprovalResponse && name !== MessageName.ToolResult) return false
  return own > serial && toolCallIds.includes(headersOf(message)[Header.ToolCallId] ?? '')
}

function keyOf(message: InboundMessage): string {
  return `${message.name} ${headersOf(message)[Header.ToolCallId]}`
}
