import { ErrorCode, RejoinError } from '@rejoin/core/protocol'

/** A prompt, and the process that wants to answer it. */
export interface ClaimRequest {
  channelName: string
  promptId: string
  /** Id of the process; two processes that run at once must not share one. */
  owner: string
  /** Milliseconds after which another owner may take the prompt, unless the claim is renewed or settled. */
  ttl: number
  /** Serial of the prompt. */
  after?: string
}

/** A granted claim. */
export interface HeldClaim {
  channelName: string
  promptId: string
  owner: string
  fence: number
}

/**
 * Lets one of several processes answer a prompt. A claim is a lease: an owner that dies loses it after `ttl`. Its
 * `fence` grows whenever the prompt changes hands, so that a tool can refuse an owner that was overtaken.
 */
export interface ClaimStore {
  /** Resolves to `undefined` if another owner holds the prompt or the prompt was settled. */
  claim(request: ClaimRequest): Promise<{ fence: number } | undefined>
  /** Extends a claim to `ttl` from now; false once another owner has the prompt or it was settled. */
  renew(claim: HeldClaim & { ttl: number }): Promise<boolean>
  /**
   * Settles an answered prompt: no owner can claim it again.
   * @throws RejoinError `invalid_argument` when another owner has taken it.
   */
  settle(claim: HeldClaim): Promise<void>
  /**
   * Releases the claim before its lease ends, so that another owner can claim the prompt at once. Optional: without it,
   * others wait for the lease to end.
   */
  release?(claim: HeldClaim): Promise<void>
}

/** Prompts that `memoryClaims` remembers. */
const REMEMBERED = 100_000

/** Keeps claims in memory: for tests, and for several agents in one process. */
export function memoryClaims({ now = Date.now }: { now?: () => number } = {}): ClaimStore {
  const kept = new Map<string, { owner: string; fence: number; expires: number; settled: boolean }>()
  const keyOf = ({ channelName, promptId }: { channelName: string; promptId: string }) =>
    JSON.stringify([channelName, promptId])
  const held = (claim: HeldClaim) => {
    const one = kept.get(keyOf(claim))
    return one?.owner === claim.owner && one.fence === claim.fence ? one : undefined
  }
  return {
    async claim({ owner, ttl, ...what }) {
      const key = keyOf(what)
      const known = kept.get(key)
      if (known && (known.settled || known.expires >= now())) return undefined
      const fence = (known?.fence ?? 0) + 1
      kept.delete(key)
      kept.set(key, { owner, fence, expires: now() + ttl, settled: false })
      if (kept.size > REMEMBERED) for (const oldest of kept.keys()) return (kept.delete(oldest), { fence })
      return { fence }
    },
    async renew({ ttl, ...claim }) {
      const one = held(claim)
      if (!one || one.settled) return false
      one.expires = now() + ttl
      return true
    },
    async settle(claim) {
      const one = held(claim)
      if (one) one.settled = true
      else throw overtaken(claim)
    },
    async release(claim) {
      const one = held(claim)
      if (one && !one.settled) one.expires = -Infinity
    },
  }
}

function overtaken({ promptId, fence }: HeldClaim): RejoinError {
  return new RejoinError(
    ErrorCode.InvalidArgument,
    `unable to settle prompt "${promptId}"; the claim with fence ${fence} is no longer the newest`,
  )
}
