import { ErrorCode, newId, wrapError, RejoinError } from '@rejoin/core/protocol'
import type { Prompt } from '../inbound/prompt.ts'
import { Backoff } from '../publish/backoff.ts'
import { unref } from '../publish/uplink.ts'
import type { ClaimStore, HeldClaim } from './claims.ts'

export interface ClaimantHost {
  readonly store: ClaimStore
  readonly channelName: string
  /** Milliseconds for which a claim holds unless renewed. */
  readonly ttl: number
  /** Whether this process can currently answer. */
  alive(): boolean
  /** This process now has the claim. `review`: another process may have begun or ended an answer. */
  won(prompt: Prompt, review: boolean): Promise<void>
  /** Another process now has the claim. */
  lost(prompt: Prompt): void
  /** Another process has answered the prompt. */
  answered(prompt: Prompt): void
  report(error: RejoinError): void
}

interface Holding {
  readonly prompt: Prompt
  readonly claim: HeldClaim
  readonly renewal: ReturnType<typeof setInterval>
}

/** Number of ended prompts that are remembered. */
const ENDED = 10_000

/** After an answer's end: a claim refused this often is settled, or held by a live process. */
const REFUSALS = 3

/** Milliseconds for which a failing store is asked again before a response is stored or settled. */
const STORE_PATIENCE = 10_000

/** Milliseconds before a claim that the store failed to grant is requested again; doubles with each further failure. */
const SOON = 100

/** Claims prompts for one agent: renews its own claims, and takes over those of processes that die. */
export class Claimant {
  readonly #host: ClaimantHost
  readonly #owner = newId()
  readonly #claiming = new Set<string>()
  readonly #givingUp = new Set<Promise<unknown>>()
  readonly #holding = new Map<string, Holding>()
  readonly #standby = new Map<string, { prompt: Prompt; timer: ReturnType<typeof setTimeout> }>()
  /** Prompts whose answers have ended, with the number of refusals since. */
  readonly #ended = new Map<string, number>()
  /** Prompts whose claims the store failed to grant, with the number of failures in a row. */
  readonly #failures = new Map<string, number>()
  #closed = false

  constructor(host: ClaimantHost) {
    this.#host = host
  }

  /** Claims the prompt; keeps trying until the prompt is answered. */
  async take(prompt: Prompt, review = false): Promise<void> {
    const { id } = prompt
    if (this.#closed || this.#claiming.has(id) || this.#holding.has(id) || this.#standby.has(id)) return
    this.#claiming.add(id)
    try {
      const { store, channelName, ttl } = this.#host
      const request = { channelName, promptId: id, owner: this.#owner, ttl, after: prompt.serial }
      const granted = await store.claim(request)
      this.#failures.delete(id)
      if (granted) await this.#granted(prompt, granted.fence, review)
      else this.standBy(prompt)
    } catch (error) {
      this.#host.report(wrapError(`claim prompt "${id}"`, error, ErrorCode.CallbackFailed))
      this.release(id)
      this.#failures.set(id, (this.#failures.get(id) ?? 0) + 1)
      this.standBy(prompt)
    } finally {
      this.#claiming.delete(id)
    }
  }

  async #granted(prompt: Prompt, fence: number, review: boolean): Promise<void> {
    const { id } = prompt
    const { channelName, ttl } = this.#host
    const claim = { channelName, promptId: id, owner: this.#owner, fence }
    const renewal = setInterval(() => void this.#renew(id), ttl / 3)
    unref(renewal)
    this.#holding.set(id, { prompt, claim, renewal })
    // The claimant was closed, or lost its connection, during the request to the store.
    if (this.#closed || !this.#host.alive()) this.release(id)
    else await this.#host.won({ ...prompt, fence }, review || fence > 1)
  }

  /**
   * Whether the claim still holds: checked before anything that must happen once. `undefined` if the store cannot say;
   * with `patient`, the store is asked again for a while first.
   */
  async holds(promptId: string, patient: boolean): Promise<boolean | undefined> {
    const backoff = new Backoff({ giveUpAfter: STORE_PATIENCE })
    while (!(await this.#renew(promptId))) {
      const delay = patient ? backoff.next() : undefined
      if (delay === undefined) return undefined
      await new Promise((resolve) => setTimeout(resolve, delay))
    }
    return this.#holding.has(promptId)
  }

  /** Settles the prompt. Resolves to false if another process has taken it meanwhile. */
  async settle(promptId: string): Promise<boolean> {
    const holding = this.#holding.get(promptId)
    this.#drop(promptId)
    if (!holding) return true
    const backoff = new Backoff({ giveUpAfter: STORE_PATIENCE })
    for (;;) {
      try {
        await this.#host.store.settle(holding.claim)
        return true
      } catch (error) {
        const overtaken = error instanceof RejoinError && error.code === ErrorCode.InvalidArgument
        const delay = overtaken ? undefined : backoff.next()
        if (delay === undefined) {
          const what = `settle prompt "${promptId}"`
          this.#host.report(wrapError(what, error, ErrorCode.CallbackFailed))
          if (overtaken) this.standBy(holding.prompt)
          return !overtaken
        }
        await new Promise((resolve) => setTimeout(resolve, delay))
      }
    }
  }

  /** Releases the claim: another process, or later this one, can claim the prompt. */
  release(promptId: string): void {
    const holding = this.#holding.get(promptId)
    this.#drop(promptId)
    if (holding) this.#giveUp(holding.claim)
  }

  /** Releases all claims; resolves when others can take them. */
  async releaseAll(): Promise<void> {
    for (const promptId of this.#holding.keys()) this.release(promptId)
    await Promise.all(this.#givingUp)
  }

  /** This process can answer no more: other processes may take its prompts. */
  retire(): void {
    for (const { prompt } of this.#holding.values()) {
      this.#host.lost(prompt)
      this.release(prompt.id)
    }
  }

  #drop(promptId: string): void {
    clearInterval(this.#holding.get(promptId)?.renewal)
    this.#holding.delete(promptId)
  }

  /** A claim that cannot be released expires. */
  #giveUp(claim: HeldClaim): void {
    const done = Promise.resolve(this.#host.store.release?.(claim))
      .catch(() => {})
      .finally(() => this.#givingUp.delete(done))
    this.#givingUp.add(done)
  }

  /** Another process's end marker: that process may die before it has stored its answer, so keep trying to claim. */
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

  /** Tries again when the other process's claim may have expired. */
  standBy(prompt: Prompt): void {
    if (this.#closed || this.#standby.has(prompt.id)) return
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
    const { ttl } = this.#host
    const failures = this.#failures.get(prompt.id)
    const delay = failures === undefined ? ttl : Math.min(ttl, SOON * 2 ** (failures - 1))
    // Jitter, so that the waiting processes do not all try at once.
    const timer = setTimeout(again, delay * (1 + Math.random() / 4))
    unref(timer)
    this.#standby.set(prompt.id, { prompt, timer })
  }

  /** Resolves to false if the store failed. */
  async #renew(promptId: string): Promise<boolean> {
    const holding = this.#holding.get(promptId)
    if (!holding) return true
    try {
      if (await this.#host.store.renew({ ...holding.claim, ttl: this.#host.ttl })) return true
    } catch (error) {
      // Until the store says otherwise, the next renewal may succeed.
      this.#host.report(wrapError(`renew the claim of prompt "${promptId}"`, error, ErrorCode.CallbackFailed))
      return false
    }
    if (this.#holding.get(promptId) !== holding) return true
    this.#drop(promptId)
    this.#host.lost(holding.prompt)
    this.standBy(holding.prompt)
    return true
  }
}
