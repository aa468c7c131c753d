import type { RealtimeChannel, RealtimeClient } from 'ably'
import { ErrorCode, wrapError, type RejoinError } from '@rejoin/core/protocol'
import { Agent } from '../agent.ts'
import type { AgentOptions } from '../agentOptions.ts'
import type { Checkpoint, CheckpointStore } from '../prompts/checkpoint.ts'
import type { ClaimStore } from '../prompts/claims.ts'
import type { Prompt } from '../inbound/prompt.ts'
import type { PromptHandler, PromptOptions } from '../prompts/promptQueue.ts'
import { unref } from '../publish/uplink.ts'
import { answerPrompt } from '../wake/answerPrompt.ts'
import { checkpointAt, findPrompt } from '../prompts/findPrompt.ts'

export interface HostedOptions extends Omit<AgentOptions, 'channelName'>, PromptOptions {
  handler: PromptHandler
  /** Milliseconds that an idle conversation stays open. Default 30,000. */
  idleAfter?: number
}

export interface ConversationEvents {
  error(error: RejoinError): void
  /** The prompt that opened it was found, or opening failed. */
  opened(): void
  /** It is idle, perhaps only for the moment. */
  rested(): void
  /** It has been idle for `idleAfter`. */
  idle(): void
}

interface Awaited {
  resolve(): void
  reject(error: unknown): void
}

/** Milliseconds within which a prompt must arrive on the channel after its wake. */
const COMING = 10_000

/** One conversation of a host: an agent, from the wake that opens it until it has been idle for a while. */
export class HostedConversation {
  readonly channelName: string
  /** Milliseconds since the epoch. */
  lastActive = 0
  readonly #options: HostedOptions
  readonly #events: ConversationEvents
  readonly #client: RealtimeClient
  readonly #channel: RealtimeChannel
  /** The channel was attached only for this conversation. */
  readonly #attached: boolean
  readonly #agent: Agent
  readonly #claims: ClaimStore | 'channel' | false | undefined
  readonly #awaited = new Map<string, Awaited[]>()
  #ledger: Pick<Checkpoint, 'open' | 'recent'> = { open: [], recent: [] }
  /** Serial of the prompt that opened it; older prompts are not looked for. */
  #from = ''
  /** The prompt that opened it was not found yet. */
  #opening = true
  /** Claims that the store has not decided. */
  #claiming = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #closing: Promise<void> | undefined

  constructor(options: HostedOptions, channelName: string, promptId: string, events: ConversationEvents) {
    const { client, channelOptions } = options
    this.channelName = channelName
    this.#options = options
    this.#events = events
    this.#client = client
    this.#channel = client.channels.get(channelName, channelOptions)
    this.#attached = this.#channel.state !== 'attached' && this.#channel.state !== 'attaching'
    this.#claims = options.claims ?? options.checkpoints?.claims
    this.#agent = new Agent({
      ...options,
      channelName,
      checkpoints: this.#watchedCheckpoints(promptId, options.checkpoints),
      ...(this.#claims && { claims: this.#watchedClaims(this.#claims) }),
    })
    this.#agent.on('error', (error) => events.error(error))
    this.#agent.on('suspended', (suspended) => this.#over(suspended.promptId))
    this.#agent.on('response', (response) => {
      this.#active()
      void response.ended.then(() => this.#active())
    })
    this.#agent.onPrompt(options.handler, options)
    const opened = () => {
      this.#opening = false
      events.opened()
      this.#active()
    }
    this.#agent.ready.then(opened, opened)
    this.#active()
  }

  get closing(): Promise<void> | undefined {
    return this.#closing
  }

  /** Whether prompts are being answered or wait. */
  get busy(): boolean {
    return this.#working || this.#ledger.open.length > 0 || this.#awaited.size > 0
  }

  get #working(): boolean {
    return this.#opening || this.#claiming > 0 || this.#agent.responses.length > 0
  }

  /** Resolves when no work is left here for the prompt. */
  async answered(promptId: string): Promise<void> {
    const settled = this.#settled(promptId)
    settled.catch(() => {})
    await this.#agent.ready
    if (!this.#knows(promptId)) {
      const prompt = await findPrompt(this.#channel, promptId, { patience: 0, signal: undefined })
      // Sent before the prompt that opened the conversation: neither catching up nor live messages will bring it.
      if (prompt && prompt.serial < this.#from) return this.#answerEarlier(prompt)
    }
    return settled
  }

  /**
   * Finishes the accepted prompts within this many milliseconds, and detaches. `why`: the error for waiting callers.
   */
  close(within: number, why?: RejoinError): Promise<void> {
    return (this.#closing ??= this.#close(within, why))
  }

  async #close(within: number, why: RejoinError | undefined): Promise<void> {
    clearTimeout(this.#timer)
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, within)))
    await Promise.race([this.#agent.drain().catch(() => {}), late])
    clearTimeout(timer)
    await this.#agent.close()
    for (const promptId of this.#awaited.keys()) this.#over(promptId, why)
    if (!this.#attached || this.#client.connection.state !== 'connected') return
    try {
      await this.#channel.detach()
      this.#client.channels.release(this.channelName)
    } catch {
      // Others use the channel, or the connection is closed.
    }
  }

  async #answerEarlier(prompt: Prompt): Promise<void> {
    const promptId = prompt.id
    if (!this.#accepts(prompt)) return this.#over(promptId)
    const { checkpoints: _checkpoints, claims: _claims, ...options } = this.#options
    const onError = (error: RejoinError) => this.#events.error(error)
    const claims = typeof this.#claims === 'object' ? this.#claims : undefined
    const { channelName } = this
    try {
      await answerPrompt({ ...options, channelName, promptId, onError, ...(claims && { claims }) })
    } finally {
      this.#over(promptId)
    }
  }

  #accepts(prompt: Prompt): boolean {
    try {
      return this.#options.accept?.(prompt) ?? true
    } catch (error) {
      this.#events.error(wrapError('call accept', error, ErrorCode.CallbackFailed))
      return false
    }
  }

  #knows(promptId: string): boolean {
    const { open, recent } = this.#ledger
    return recent.includes(promptId) || open.some(({ prompt }) => prompt.id === promptId)
  }

  #settled(promptId: string): Promise<void> {
    if (this.#ledger.recent.includes(promptId)) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const awaited = this.#awaited.get(promptId) ?? []
      this.#awaited.set(promptId, [...awaited, { resolve, reject }])
    })
  }

  #over(promptId: string, error?: unknown): void {
    const awaited = this.#awaited.get(promptId) ?? []
    this.#awaited.delete(promptId)
    for (const one of awaited)
      if (error === undefined) one.resolve()
      else one.reject(error)
  }

  /**
   * The application's store, if there is one; otherwise, the prompt that opened the conversation is the starting point.
   */
  #watchedCheckpoints(promptId: string, store: CheckpointStore | undefined): CheckpointStore {
    return {
      load: async (channelName) => {
        const saved = await store?.load(channelName)
        if (saved) return saved
        const checkpoint = await checkpointAt(this.#channel, promptId, { patience: 0, signal: undefined })
        this.#from = checkpoint?.serial ?? ''
        return checkpoint
      },
      save: async (channelName, checkpoint) => {
        this.#ledger = checkpoint
        try {
          await store?.save(channelName, checkpoint)
        } finally {
          for (const settled of checkpoint.recent) if (this.#awaited.has(settled)) this.#over(settled)
          this.#active()
        }
      },
    }
  }

  /** Waiting for another process's claim to expire counts as work. */
  #watchedClaims(claims: ClaimStore | 'channel'): ClaimStore | 'channel' {
    if (claims === 'channel') return claims
    return {
      claim: async (request) => {
        this.#claiming++
        try {
          return await claims.claim(request)
        } finally {
          this.#claiming--
          this.#active()
        }
      },
      renew: (claim) => {
        this.#active()
        return claims.renew(claim)
      },
      settle: (claim) => claims.settle(claim),
      release: async (claim) => claims.release?.(claim),
    }
  }

  #active(): void {
    this.lastActive = Date.now()
    clearTimeout(this.#timer)
    if (this.#closing) return
    if (!this.busy) this.#events.rested()
    this.#timer = setTimeout(() => this.#look(), this.#patience())
    unref(this.#timer)
  }

  #patience(): number {
    const { idleAfter = 30_000, claimTtl = 10_000 } = this.#options
    // Another process's claim is tried again within this time.
    const standby = this.#ledger.open.length > 0 && this.#claims ? claimTtl * 1.5 : 0
    return Math.max(idleAfter, standby, this.#awaited.size > 0 ? COMING : 0)
  }

  #look(): void {
    if (this.#working) this.#active()
    else this.#events.idle()
  }
}
