import type { Prompt } from '../inbound/prompt.ts'
import { memoryClaims, type ClaimStore } from './claims.ts'
import { mergeCheckpoints } from './mergeCheckpoints.ts'

/** Where an agent keeps what it has still to answer, so that a restart loses and repeats nothing. */
export interface CheckpointStore {
  /** What was last saved for the channel. */
  load(channelName: string): Promise<Checkpoint | undefined>
  /**
   * Resolves once it is safe. Calls for one channel come one after another from one agent. A store that several
   * processes share keeps `mergeCheckpoints(saved, checkpoint)`, so that none forgets what another has to answer.
   */
  save(channelName: string, checkpoint: Checkpoint): Promise<unknown>
  /** Claims of the agents that share the store; the default of `createAgent({ claims })`. */
  readonly claims?: ClaimStore
}

/** Plain JSON. */
export interface Checkpoint {
  /** Serial of the last prompt received: what comes later on the channel is new. */
  readonly serial: string
  /** Prompts received and not settled. */
  readonly open: readonly OpenPrompt[]
  /** Ids of the prompts settled last, so that a duplicate is still known after a restart. */
  readonly recent: readonly string[]
}

export interface OpenPrompt {
  readonly prompt: Prompt
  /** The response that answers it, once begun. */
  readonly responseId?: string
}

/** Keeps checkpoints and claims for as long as the process lives: for tests, and several agents in one process. */
export function memoryCheckpoints(): CheckpointStore {
  const saved = new Map<string, string>()
  const load = (channelName: string) => {
    const json = saved.get(channelName)
    return json === undefined ? undefined : (JSON.parse(json) as Checkpoint)
  }
  return {
    load: (channelName) => Promise.resolve(load(channelName)),
    async save(channelName, checkpoint) {
      saved.set(channelName, JSON.stringify(mergeCheckpoints(load(channelName), checkpoint)))
    },
    claims: memoryClaims(),
  }
}
