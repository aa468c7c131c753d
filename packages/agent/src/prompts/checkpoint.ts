import type { Prompt } from '../inbound/prompt.ts'
import { memoryClaims, type ClaimStore } from './claims.ts'
import { mergeCheckpoints } from './mergeCheckpoints.ts'

/** Stores the prompts that an agent has still to answer, so that a restart loses and repeats none. */
export interface CheckpointStore {
  /** The channel's last saved checkpoint. */
  load(channelName: string): Promise<Checkpoint | undefined>
  /**
   * Resolves once the checkpoint is stored. One agent's calls for one channel come one after another. A store that
   * several processes share keeps `mergeCheckpoints(saved, checkpoint)`, so that no process's open prompts are lost.
   */
  save(channelName: string, checkpoint: Checkpoint): Promise<unknown>
  /** Claims of the agents that share the store: the default of `createAgent({ claims })`. */
  readonly claims?: ClaimStore
}

/** The state of an agent on one channel, as plain JSON. */
export interface Checkpoint {
  /** Serial of the last prompt received; later messages on the channel are new. */
  readonly serial: string
  /** Prompts received and not yet settled. */
  readonly open: readonly OpenPrompt[]
  /** Ids of the prompts settled last, so that duplicates are recognized after a restart. */
  readonly recent: readonly string[]
}

export interface OpenPrompt {
  readonly prompt: Prompt
  /** The response that answers the prompt, once begun. */
  readonly responseId?: string
}

/** Keeps checkpoints and claims in memory: for tests, and for several agents in one process. */
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
