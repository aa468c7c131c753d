import type { RealtimeChannel } from 'ably'
import { ErrorCode, RejoinError } from '@rejoin/core/protocol'
import { Agent } from '../agent.ts'
import type { AgentOptions } from '../agentOptions.ts'
import type { Prompt } from '../inbound/prompt.ts'
import { doneAbout } from '../prompts/catchUp.ts'
import { isDormant, type Judge, type Missed } from '../prompts/missed.ts'
import type { ClaimStore } from '../prompts/claims.ts'
import { mayCancelBy } from '../prompts/mayCancel.ts'
import type { PromptHandler, PromptOptions } from '../prompts/promptQueue.ts'
import type { EndResult } from '../response/responseResult.ts'
import type { ResponseWriter } from '../response/responseWriter.ts'
import { promptStatus } from '../prompts/promptStatus.ts'
import { ownId } from '../publish/ownId.ts'
import { checkpointAt } from '../prompts/findPrompt.ts'
import { visit } from './visits.ts'

export interface AnswerPromptOptions
  extends Omit<AgentOptions, 'checkpoints' | 'claims'>, Pick<PromptOptions, 'interrupted' | 'allowCancel'> {
  promptId: string
  handler: PromptHandler
  /**
   * Lets only one of several calls answer, in any process. Must be a store: claims on the channel need running agents.
   */
  claims?: ClaimStore
  /** Stops the answer or the wait for its prompt. */
  signal?: AbortSignal
  /** Milliseconds to wait for a prompt that is not on the channel yet. Default 10,000. */
  patience?: number
  /** Receives errors on the way, such as those that the handler threw. */
  onError?: (error: RejoinError) => void
}

/**
 * The result for a prompt:
 * - `answered`, `stopped`, `failed`: by this call;
 * - `answered-before`: its answer had ended;
 * - `claimed`: another process, or another call with the same client, answers it;
 * - `suspended`: it waits for people; call again after a decision;
 * - `not-found`: it is not on the channel.
 */
export type AnswerOutcome =
  | { readonly status: 'answered' | 'stopped' | 'failed'; readonly result: EndResult }
  | {
      readonly status: 'answered-before' | 'claimed' | 'suspended' | 'not-found'
      readonly responseId?: string
    }

const STATUS = { complete: 'answered', stopped: 'stopped', error: 'failed' } as const

/**
 * Answers one prompt and leaves. Only the channel is trusted for the sender, the text and the state of the prompt.
 * Calling it again is safe: after a crash it does the remaining work. In several processes at once it needs `claims`.
 * @throws RejoinError when the channel cannot be read, or a `DeliveryError` when the answer could not be delivered;
 *   call it again then.
 */
export async function answerPrompt(options: AnswerPromptOptions): Promise<AnswerOutcome> {
  const { client, channelName, channelOptions, promptId, signal } = options
  if (typeof promptId !== 'string' || promptId === '')
    throw new RejoinError(
      ErrorCode.InvalidArgument,
      'unable to answer a prompt; promptId must be a non-empty string',
    )
  if ((options.claims as unknown) === 'channel')
    throw new RejoinError(
      ErrorCode.InvalidArgument,
      'unable to answer a prompt; claims on the channel need an agent that stays. Pass a claim store',
    )
  signal?.throwIfAborted()
  const channel = client.channels.get(channelName, channelOptions)
  for (;;) {
    const answer = new Answer(options)
    const outcome = await visit(client, channel, promptId, () => answer.run(channel))
    if (outcome?.status !== 'suspended') return outcome ?? { status: 'claimed' }
    // A process woken by a decision before the claim was released has found it taken.
    if (!(await answer.isDecided(channel))) return outcome
  }
}

type Over = 'settled' | 'unsettled' | 'refused' | 'suspended'

/** One prompt being answered: an agent whose checkpoint is that prompt. */
class Answer {
  readonly #options: AnswerPromptOptions
  #prompt: Prompt | undefined
  #response: ResponseWriter | undefined
  /** Id of the suspended response. */
  #suspended: string | undefined
  /** The error that `onComplete` threw. */
  #unstored: unknown
  #finish: (over: Over) => void = () => {}
  #fail: (error: unknown) => void = () => {}
  readonly #over = new Promise<Over>((resolve, reject) => {
    this.#finish = resolve
    this.#fail = reject
  })

  constructor(options: AnswerPromptOptions) {
    this.#options = options
    this.#over.catch(() => {})
  }

  async run(channel: RealtimeChannel): Promise<AnswerOutcome> {
    const { promptId, handler, signal, interrupted, allowCancel, onError } = this.#options
    const agent = new Agent(this.#agentOptions(channel))
    if (onError) agent.on('error', onError)
    agent.on('error', (error) => {
      if (!this.#response && this.#unstored !== undefined && error.cause === this.#unstored) this.#fail(error)
    })
    agent.on('response', (response) => this.#began(response))
    agent.on('suspended', ({ responseId }) => {
      this.#suspended = responseId
      this.#finish('suspended')
    })
    agent.onPrompt(handler, {
      accept: ({ id }) => id === promptId,
      ...(interrupted && { interrupted }),
      ...(allowCancel && { allowCancel }),
    })
    const stop = () => void agent.close({ reason: signal?.reason }).then(() => this.#finish('unsettled'))
    signal?.addEventListener('abort', stop)
    try {
      await agent.ready
      return this.#prompt ? await this.#outcome(await this.#over, channel) : { status: 'not-found' }
    } catch (error) {
      if (!this.#response) signal?.throwIfAborted()
      if (isUnreadable(error))
        await channel.publish(promptStatus(promptId, { status: 'failed' })).catch(() => {})
      throw error
    } finally {
      signal?.removeEventListener('abort', stop)
      await agent.close()
    }
  }

  #agentOptions(channel: RealtimeChannel): AgentOptions {
    const { promptId, patience = 10_000, signal, claims, onComplete } = this.#options
    return {
      ...this.#options,
      onComplete: async (row) => {
        try {
          await onComplete?.(row)
        } catch (error) {
          this.#unstored = error
          throw error
        }
      },
      ...(claims && { claims: this.#watched(claims) }),
      checkpoints: {
        load: async () => {
          const checkpoint = await checkpointAt(channel, promptId, { patience, signal })
          this.#prompt = checkpoint?.open[0]?.prompt
          return checkpoint
        },
        save: async (_, { recent }) => {
          if (recent.includes(promptId)) this.#finish('settled')
        },
      },
    }
  }

  /** The application's store; its errors end this call. */
  #watched(store: ClaimStore): ClaimStore {
    return {
      claim: async (request) => {
        try {
          const granted = await store.claim(request)
          if (!granted) this.#finish('refused')
          return granted
        } catch (error) {
          this.#fail(error)
          throw error
        }
      },
      renew: async (claim) => {
        const held = await store.renew(claim)
        if (!held) this.#finish('refused')
        return held
      },
      settle: (claim) => store.settle(claim),
      release: async (claim) => store.release?.(claim),
    }
  }

  #began(response: ResponseWriter): void {
    this.#response = response
    void response.ended.then(() => {
      // A withdrawn response is followed by another.
      if (this.#response === response && !response.settled && !response.suspended) this.#finish('unsettled')
    })
  }

  /** Whether an answer has come since the response was suspended. */
  async isDecided(channel: RealtimeChannel): Promise<boolean> {
    const { prompts, cancelled, answers } = await this.#look(channel)
    return cancelled.length > 0 || prompts.some((entry) => !isDormant(entry, answers))
  }

  async #outcome(over: Over, channel: RealtimeChannel): Promise<AnswerOutcome> {
    if (over === 'refused') return this.#elsewhere(channel)
    if (over === 'suspended') return { status: 'suspended', responseId: this.#suspended! }
    if (!this.#response) {
      this.#options.signal?.throwIfAborted()
      return this.#elsewhere(channel)
    }
    const result = await this.#response.end()
    const { status } = result
    return status === 'suspended' ? this.#elsewhere(channel) : { status: STATUS[status], result }
  }

  /** The state of the prompt. */
  #look(channel: RealtimeChannel): Promise<Missed> {
    const { client, allowCancel, onError } = this.#options
    const own = ownId(client)
    const judge: Judge = {
      isOurs: () => false,
      isOwn: ({ clientId }) => clientId === own,
      mayCancel: mayCancelBy(allowCancel, (error) => onError?.(error)),
    }
    return doneAbout(channel, this.#prompt!, judge, () => {})
  }

  /** Another process has answered the prompt or is about to. */
  async #elsewhere(channel: RealtimeChannel): Promise<AnswerOutcome> {
    const { answered, prompts, cancelled } = await this.#look(channel)
    const ended = answered[0]
    if (ended) return { status: 'answered-before', responseId: ended.past.responseId }
    const responseId = [...prompts, ...cancelled][0]?.responseId
    return { status: 'claimed', ...(responseId !== undefined && { responseId }) }
  }
}

/** Whether no call can ever answer the prompt: pieces of its text are missing. */
function isUnreadable(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof RejoinError && cause.code === ErrorCode.BadMessage) return true
  return false
}
