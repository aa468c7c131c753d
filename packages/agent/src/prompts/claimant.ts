import { ErrorCode, newId, wrapError, type RejoinError } from '@rejoin/core/protocol'
import type { Prompt } from '../inbound/prompt.ts'
import { unref } from '../publish/uplink.ts'
import type { ClaimStore, HeldClaim } from './claims.ts'

export interface ClaimantHost {
  readonly store: ClaimStore
  readonly channelName: string
  /** Milliseconds that a claim holds without being renewed. */
  readonly ttl: number
  /** Whether this process can answer at all. */
  alive(): boolean
  /** The prompt is this process's to answer. `review`: another one may have begun, or ended, an answer. */
  won(prompt: Prompt, review: boolean): Promise<void>
  /** Another process has the claim now. */
  lost(prompt: Prompt): void
  /** Another process has answered it. */
  answered(prompt: Prompt): void
  report(error: RejoinError): void
}

interface Holding {
  readonly prompt: Prompt
  readonly claim: HeldClaim
  readonly renewal: ReturnType<typeof setInterval>
}

/** Prompts of which it is remembered that their answers have ended. */
const ENDED = 10_000

/** After the end of an answer: a claim refused so often is settled, or held by a process that lives. */
const REFUSALS = 3

/** Claims prompts for one agent: renews what it holds, and waits beside what others hold in case they die. */
export class Claimant {
  readonly #host: ClaimantHost
  readonly #owner = newId()
  readonly #claiming = new Set<string>()
  readonly #holding = new Map<string, Holding>()
  readonly #standby = new Map<string, { prompt: Prompt; timer: ReturnType<typeof setTimeout> }>()
  /** Prompts whose answers have ended, and how often their claims were refused since. */
  readonly #ended = new Map<string, number>()
  #closed = false

  constructor(host: ClaimantHost) {
    this.#host = host
  }

  /** Tries to get the prompt; goes on trying until it is answered. */
  async take(prompt: Prompt, review = false): Promise<void> {
    const { id } = prompt
    if (this.#closed || this.#claiming.has(id) || this.#holding.has(id) || this.#standby.has(id)) return
    this.#claiming.add(id)
    try {
      const { store, channelName, ttl } = this.#host
      const request = { channelName, promptId: id, owner: this.#owner, ttl, after: prompt.serial }
      const granted = await store.claim(request)
      if (!granted) this.#standBy(prompt)
      else {
        const { fence } = granted
        const claim = { channelName, promptId: id, owner: this.#owner, fence }
        const renewal = setInterval(() => void this.#renew(id), ttl / 3)
        unref(renewal)
        this.#holding.set(id, { prompt, claim, renewal })
        await this.#host.won({ ...prompt, fence }, review || fence > 1)
      }
    } catch (error) {
      this.#host.report(wrapError(`claim prompt "${id}"`, error, ErrorCode.CallbackFailed))
      this.release(id)
      this.#standBy(prompt)
    } finally {
      this.#claiming.delete(id)
    }
  }

  /** Whether the claim still holds: asked before anything that must happen once. */
  async holds(promptId: string): Promise<boolean> {
    await this.#renew(promptId)
    return this.#holding.has(promptId)
  }

  /** The prompt needs nothing more. */
  async settle(promptId: string): Promise<void> {
    const holding = this.#holding.get(promptId)
    this.release(promptId)
    if (!holding) return
    try {
      await this.#host.store.settle(holding.claim)
    } catch (error) {
      this.#host.report(wrapError(`settle prompt "${promptId}"`, error, ErrorCode.CallbackFailed))
    }
  }

  /** Lets the claim expire: another process, or this one later, takes the prompt up. */
  release(promptId: string): void {
    clearInterval(this.#holding.get(promptId)?.renewal)
    this.#holding.delete(promptId)
  }

  /** An end marker of another process: it may die before it has stored its answer, so its claim is tried still. */
  heardEnd(promptId: string): void {
    this.#ended.set(promptId, 0)
    if (this.#ended.size > ENDED)
      for (const oldest of this.#ended.keys()) return void this.#ended.delete(oldest)
  }

  close(): void {
    this.#closed = true
    for (const { timer } of this.#standby.values()) clearTimeout(timer)
    this.#standby.clear()
  }

  #standBy(prompt: Prompt): void {
    if (this.#closed) return
    const refusals = this.#ended.get(prompt.id)
    if (refusals === REFUSALS) {
      this.#ended.delete(prompt.id)
      return this.#host.answered(prompt)
    }
    if (refusals !== undefined) this.#ended.set(prompt.id, refusals + 1)
    const again = () => {
      this.#standby.delete(prompt.id)
      void this.take(prompt, true)
    }
    // Not all that wait come at once.
    const timer = setTimeout(again, this.#host.ttl * (1 + Math.random() / 4))
    unref(timer)
    this.#standby.set(prompt.id, { prompt, timer })
  }

  async #renew(promptId: string): Promise<void> {
    const holding = this.#holding.get(promptId)
    if (!holding) return
    if (!this.#host.alive()) return this.release(promptId)
    try {
      if (await this.#host.store.renew({ ...holding.claim, ttl: this.#host.ttl })) return
    } catch (error) {
      // Not known: as long as the store does not say otherwise, the next renewal may succeed.
      this.#host.report(wrapError(`renew the claim of prompt "${promptId}"`, error, ErrorCode.CallbackFailed))
      return
    }
    if (this.#holding.get(promptId) !== holding) return
    this.release(promptId)
    this.#host.lost(holding.prompt)
    this.#standBy(holding.prompt)
  }
}
