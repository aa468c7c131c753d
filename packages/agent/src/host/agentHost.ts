import { ErrorCode, RejoinError, wrapError, type Wake } from '@rejoin/core/protocol'
import { Emitter } from '../emitter.ts'
import { Unheard } from '../unheard.ts'
import { promptOf } from '../wake/promptOf.ts'
import { refusal, type PromptRouteOptions } from '../wake/promptRoute.ts'
import { readWake } from '../wake/readWake.ts'
import { HostedConversation, type HostedOptions } from './hostedConversation.ts'

export interface AgentHostOptions extends HostedOptions {
  /**
   * Conversations open at once. At the limit, the conversation that has been idle longest makes room; if all are busy,
   * wakes wait. Default 200, the channel limit per connection of Ably's usual packages.
   */
  maxOpen?: number
}

export interface AgentHostEvents {
  error: (error: RejoinError) => void
}

/** Conversations opened at the same time: each attaches and reads history. */
const OPENING = 50

/** Milliseconds. */
const DRAIN = 30_000

/** Answers the prompts of any number of channels over one connection: each is open while there is work to do. */
export class AgentHost {
  readonly #options: AgentHostOptions
  readonly #events = new Emitter<AgentHostEvents>(['error'])
  readonly #unheard = new Unheard()
  readonly #conversations = new Map<string, HostedConversation>()
  #opening = 0
  #waiting: (() => void)[] = []
  #closing: Promise<void> | undefined

  constructor(options: AgentHostOptions) {
    const { maxOpen, idleAfter, handler, client } = options
    if (typeof client?.channels?.get !== 'function')
      throw unusable('pass an Ably Realtime client as `client`')
    if (typeof handler !== 'function') throw unusable('pass a function as `handler`')
    if (maxOpen !== undefined && !(maxOpen >= 1)) throw unusable('maxOpen must be at least 1')
    if (idleAfter !== undefined && !(idleAfter >= 0)) throw unusable('idleAfter must be 0 or more')
    this.#options = options
  }

  /** Open conversations. */
  get size(): number {
    return this.#conversations.size
  }

  on<Name extends keyof AgentHostEvents>(name: Name, listener: AgentHostEvents[Name]): () => void {
    return this.#events.on(name, listener)
  }

  /**
   * Opens the conversation that the wake names, unless it is open. Resolves when no work is left for its prompt: it was
   * answered, here or by another process, waits for people, or is not for this agent. Safe to call again.
   * @throws RejoinError when the channel cannot be used or the host closes first: call it again then, in another
   *   process.
   */
  async wake(wake: Omit<Wake, 'reason'>): Promise<void> {
    const { channelName } = wake
    if (typeof channelName !== 'string' || channelName === '')
      throw new RejoinError(
        ErrorCode.InvalidArgument,
        'unable to wake; channelName must be a non-empty string',
      )
    const promptId = await promptOf(wake, this.#options)
    if (promptId === undefined) return
    const conversation = await this.#open(channelName, promptId)
    try {
      await conversation.answered(promptId)
    } catch (error) {
      // Opening failed: the next wake tries again.
      void this.#shut(conversation)
      throw error
    }
  }

  /**
   * A route for fetch-based servers: reads the wakes in a request and replies with 202 before answering them; later
   * failures are `error` events.
   */
  route({ accept = () => true, ...secrets }: Pick<PromptRouteOptions, 'accept' | 'key' | 'secret'> = {}): (
    request: Request,
  ) => Promise<Response> {
    return async (request) => {
      try {
        if (this.#closing) throw closed()
        for (const wake of await readWake(request, secrets))
          if (await accept(wake))
            this.wake(wake).catch((error: unknown) =>
              this.#report(wrapError('answer a prompt', error, ErrorCode.CallbackFailed)),
            )
        return new Response(null, { status: 202 })
      } catch (error) {
        return refusal(error)
      }
    }
  }

  /**
   * Accepts no more prompts, finishes the accepted ones, and leaves all channels. Answers still running after `within`
   * milliseconds (30,000) are stopped. The client stays open.
   */
  close({ within = DRAIN }: { within?: number } = {}): Promise<void> {
    return (this.#closing ??= this.#close(within))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(within: number): Promise<void> {
    this.#admit()
    const open = [...this.#conversations.values()]
    await Promise.all(open.map((conversation) => this.#shut(conversation, within, closed())))
  }

  /** The conversation of a channel, once there is room for it. */
  async #open(channelName: string, promptId: string): Promise<HostedConversation> {
    const { maxOpen = 200 } = this.#options
    for (;;) {
      if (this.#closing) throw closed()
      const known = this.#conversations.get(channelName)
      if (known && !known.closing) return known
      if (known) await known.closing
      else if (this.#opening >= OPENING) await this.#room()
      else if (this.#conversations.size < maxOpen) break
      else {
        const resting = this.#resting()
        if (resting) await this.#shut(resting)
        else await this.#room()
      }
    }
    const conversation = new HostedConversation(this.#options, channelName, promptId, {
      error: (error) => this.#report(error),
      opened: () => {
        this.#opening--
        this.#admit()
      },
      rested: () => this.#waiting.length > 0 && this.#admit(),
      idle: () => void this.#shut(conversation),
    })
    this.#opening++
    this.#conversations.set(channelName, conversation)
    return conversation
  }

  /** The conversation that has been idle longest. */
  #resting(): HostedConversation | undefined {
    let oldest: HostedConversation | undefined
    for (const one of this.#conversations.values())
      if (!one.busy && !one.closing && !(oldest && oldest.lastActive <= one.lastActive)) oldest = one
    return oldest
  }

  async #shut(conversation: HostedConversation, within = DRAIN, why?: RejoinError): Promise<void> {
    await conversation.close(within, why)
    const { channelName } = conversation
    if (this.#conversations.get(channelName) === conversation) this.#conversations.delete(channelName)
    this.#admit()
  }

  #room(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Wakes those that wait for room, in order. */
  #admit(): void {
    for (const look of this.#waiting.splice(0)) look()
  }

  #report(error: RejoinError): void {
    if (!this.#events.emit('error', error)) this.#unheard.tell(error)
  }
}

export function createAgentHost(options: AgentHostOptions): AgentHost {
  return new AgentHost(options)
}

function closed(): RejoinError {
  return new RejoinError(ErrorCode.Closed, 'unable to answer; the host was closed')
}

function unusable(cure: string): RejoinError {
  return new RejoinError(ErrorCode.InvalidArgument, `unable to create a host; ${cure}`)
}
