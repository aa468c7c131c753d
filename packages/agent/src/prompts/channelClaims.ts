import type { ChannelStateChange, InboundMessage, RealtimeChannel, RealtimeClient } from 'ably'
import { ErrorCode, Header, MessageName, newId, PROTOCOL_VERSION, RejoinError } from '@rejoin/core/protocol'
import { headersOf, parsed } from '../inbound/fields.ts'
import { ownId } from '../publish/ownId.ts'
import { unref } from '../publish/uplink.ts'
import { since } from './channelPast.ts'
import { hasEnded, standing, type ClaimMessage } from './claimRules.ts'
import type { ClaimRequest, ClaimStore, HeldClaim } from './claims.ts'

interface Seen extends ClaimMessage {
  readonly connectionId: string | undefined
}

/** What is known of one prompt. */
interface Known {
  /** Claims and ends by their ids. */
  readonly seen: Map<string, Seen>
  /** Ids of this process's claims. */
  readonly own: Set<string>
  /** Serial of the prompt; its claims have later serials. */
  after: string
  /** Settles when the claims of the past are known. */
  reading?: Promise<void> | undefined
}

const NAMES: string[] = [MessageName.Claim, MessageName.ResponseEnd, MessageName.Stop, MessageName.Cancelled]

/** Prompts whose claims are remembered. */
const REMEMBERED = 10_000

/**
 * Claims on the channel itself (PROTOCOL.md §6.10): one answer of each prompt stands. Two processes may run its handler
 * at the same time if they are connected to two Ably sites, or if a live process is taken for dead.
 */
export class ChannelClaims implements ClaimStore {
  readonly #client: RealtimeClient
  readonly #channel: RealtimeChannel
  /** By prompt. */
  readonly #known = new Map<string, Known>()
  readonly #echoes = new Map<string, () => void>()
  #listening: Promise<unknown> | undefined
  readonly #listener = (message: InboundMessage) => this.#receive(message)
  /** Continuity was lost, so claims may have been missed. */
  readonly #onState = ({ current, resumed }: ChannelStateChange) => {
    if (current === 'attached' && !resumed)
      for (const known of this.#known.values()) known.reading = undefined
  }
  readonly #enter: () => Promise<boolean>

  /** `enter`: enters presence; resolves to whether it succeeded. */
  constructor(client: RealtimeClient, channel: RealtimeChannel, enter: () => Promise<boolean>) {
    const { options } = client as unknown as { options?: { echoMessages?: boolean } }
    if (options?.echoMessages === false)
      throw new RejoinError(
        ErrorCode.InvalidArgument,
        "unable to claim prompts on the channel; the agent must hear its own claims: leave out the client's option echoMessages: false",
      )
    this.#client = client
    this.#enter = enter
    this.#channel = channel
  }

  async claim({ promptId, ttl, after = '' }: ClaimRequest): Promise<{ fence: number } | undefined> {
    await (this.#listening ??= this.#listen().catch((error: unknown) => {
      this.#listening = undefined
      throw error
    }))
    const known = this.#remembered(promptId)
    known.after = after
    await this.#readUp(promptId)
    const winner = standing(this.#of(promptId))
    // The claim's echo came late.
    if (winner && known.own.has(winner.id) && this.#isMine(promptId, winner.attempt + 1))
      return hasEnded(this.#of(promptId), winner.id) ? undefined : { fence: winner.attempt + 1 }
    if (winner && (hasEnded(this.#of(promptId), winner.id) || (await this.#isPresent(winner))))
      return undefined
    const attempt = winner ? winner.attempt + 1 : 0
    const id = newId()
    known.own.add(id)
    const echo = this.#echoOf(id, ttl)
    const headers = {
      [Header.Rejoin]: PROTOCOL_VERSION,
      [Header.PromptId]: promptId,
      [Header.ResponseId]: id,
    }
    await this.#channel.publish({
      id: `${id}:0`,
      name: MessageName.Claim,
      data: { attempt },
      extras: { headers },
    })
    await echo
    return standing(this.#of(promptId))?.id === id ? { fence: attempt + 1 } : undefined
  }

  async renew({ promptId, fence }: HeldClaim): Promise<boolean> {
    await this.#readUp(promptId)
    return this.#isMine(promptId, fence)
  }

  /** An end marker settles the claim. */
  settle({ promptId }: HeldClaim): Promise<void> {
    this.#known.get(promptId)?.own.clear()
    return Promise.resolve()
  }

  /** Reads claims made before this process listened; the channel may have been attached earlier. */
  #readUp(promptId: string): Promise<void> {
    const known = this.#remembered(promptId)
    if (known.reading) return known.reading
    const reading = this.#readHistory(known.after)
    known.reading = reading
    reading.catch(() => {
      if (known.reading === reading) known.reading = undefined
    })
    return reading
  }

  async #readHistory(after: string): Promise<void> {
    for (const message of await since(this.#channel, after, true)) this.#receive(message)
  }

  /** Stops listening. */
  close(): void {
    this.#channel.off(this.#onState)
    this.#channel.unsubscribe(this.#listener)
  }

  /** Resolves when the claim's echo arrives, or after `limit` milliseconds. */
  #echoOf(id: string, limit: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#echoes.delete(id)
        resolve()
      }
      const timer = setTimeout(done, limit)
      unref(timer)
      this.#echoes.set(id, done)
    })
  }

  async #listen(): Promise<void> {
    // Other processes take a process that is absent for dead.
    if (!(await this.#enter()))
      throw new RejoinError(
        ErrorCode.NotAllowed,
        'unable to claim prompts on the channel; give the client a clientId and the capability "presence", or pass a claim store',
      )
    this.close()
    this.#channel.on(['attached', 'update'], this.#onState)
    await this.#channel.subscribe(NAMES, this.#listener)
    await this.#channel.attach()
  }

  #of(promptId: string): Seen[] {
    return [...(this.#known.get(promptId)?.seen.values() ?? [])]
  }

  #isMine(promptId: string, fence: number): boolean {
    const winner = standing(this.#of(promptId))
    return winner?.attempt === fence - 1 && winner.connectionId === this.#client.connection.id
  }

  /** Whether presence shows the claimant's process as alive. */
  async #isPresent({ connectionId }: Seen): Promise<boolean> {
    if (connectionId === this.#client.connection.id) return true
    const members = await this.#channel.presence.get()
    return members.some((member) => member.connectionId === connectionId)
  }

  /** Only claims of the same verified `clientId` compete. */
  #receive(message: InboundMessage): void {
    const { name = '', clientId, connectionId, serial = '' } = message
    const { [Header.PromptId]: promptId, [Header.ResponseId]: responseId } = headersOf(message)
    const own = ownId(this.#client)
    if (!NAMES.includes(name) || promptId === undefined || responseId === undefined || clientId !== own)
      return
    const known = this.#remembered(promptId).seen
    if (name === MessageName.Claim) {
      const { attempt } = (parsed(message.data) ?? {}) as { attempt?: unknown }
      if (!Number.isSafeInteger(attempt) || (attempt as number) < 0) return
      known.set(responseId, {
        kind: 'claim',
        id: responseId,
        attempt: attempt as number,
        serial,
        connectionId,
      })
      this.#echoes.get(responseId)?.()
      return
    }
    // An answer belongs to the newest claim of its connection.
    const claims = [...known.values()].filter(
      (one) => one.kind === 'claim' && one.connectionId === connectionId,
    )
    const claim = claims.findLast((one) => one.serial < serial)
    if (claim && !known.has(`end ${claim.id}`))
      known.set(`end ${claim.id}`, { ...claim, kind: 'end', serial })
  }

  #remembered(promptId: string): Known {
    let known = this.#known.get(promptId)
    if (known) return known
    this.#known.set(promptId, (known = { seen: new Map(), own: new Set(), after: '' }))
    if (this.#known.size > REMEMBERED)
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest)
        break
      }
    return known
  }
}
