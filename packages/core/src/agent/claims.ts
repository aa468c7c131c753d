import type { InboundMessage } from 'ably'
import { ErrorCode, RejoinError } from '../errors.ts'
import { Header } from '../protocol.ts'
import { headersOf, userClaimOf } from './prompt.ts'

/** Who sent a message, as Ably verified it. */
export interface Who {
  readonly clientId: string | undefined
  /** Their role, from the claim `ably.channel.*` of their token. */
  readonly userClaim: string | undefined
}

export interface ClaimOptions<T> {
  name: string
  toolCallId: string
  /** Reads an answer; `undefined` if it is none. */
  read(message: InboundMessage): T | undefined
  allow(who: Who, answer: T): boolean
  /** Milliseconds. */
  timeout: number | undefined
  signal: AbortSignal
}

interface Claim {
  offer(message: InboundMessage): void
}

/** Answers kept for a claim that is not there yet: after a restart, the answer may come before the question. */
const KEPT = 500

/** Waits for what people send about tool calls: results of client-side tools, decisions. */
export class Claims {
  readonly #waiting = new Map<string, Set<Claim>>()
  readonly #kept = new Map<string, InboundMessage[]>()
  readonly #report: (error: RejoinError) => void

  constructor(report: (error: RejoinError) => void) {
    this.#report = report
  }

  receive(message: InboundMessage): void {
    const key = keyOf(message.name!, headersOf(message)[Header.ToolCallId])
    const claims = this.#waiting.get(key)
    if (claims) for (const claim of claims) claim.offer(message)
    else {
      this.#kept.set(key, [...(this.#kept.get(key) ?? []), message])
      if (this.#kept.size > KEPT)
        for (const oldest of this.#kept.keys()) return void this.#kept.delete(oldest)
    }
  }

  /** Resolves with the first answer of someone who may give it. Others are ignored and reported. */
  wait<T>(options: ClaimOptions<T>): Promise<T & Who> {
    const { name, toolCallId, timeout, signal } = options
    const key = keyOf(name, toolCallId)
    return new Promise((resolve, reject) => {
      const claims = this.#waiting.get(key) ?? new Set()
      this.#waiting.set(key, claims)
      const stop = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', aborted)
        claims.delete(claim)
        if (claims.size === 0) this.#waiting.delete(key)
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
      const claim: Claim = {
        offer: (message) => {
          const answer = this.#judge(options, message)
          if (!answer) return
          stop()
          resolve(answer)
        },
      }
      claims.add(claim)
      signal.addEventListener('abort', aborted)
      if (signal.aborted) return aborted()
      const kept = this.#kept.get(key) ?? []
      this.#kept.delete(key)
      for (const message of kept) claim.offer(message)
    })
  }

  #judge<T>(options: ClaimOptions<T>, message: InboundMessage): (T & Who) | undefined {
    const who = { clientId: message.clientId, userClaim: userClaimOf(message) }
    try {
      const answer = options.read(message)
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

function keyOf(name: string, toolCallId: string | undefined): string {
  return `${name} ${toolCallId}`
}
