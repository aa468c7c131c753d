import type { Prompt } from '../inbound/prompt.ts'

/** Where an agent keeps what it has still to answer, so that a restart loses and repeats nothing. */
export interface CheckpointStore {
  /** What was last saved for the channel. */
  load(channelName: string): Promise<Checkpoint | undefined>
  /** Resolves once it is safe. Calls for one channel come one after another. */
  save(channelName: string, checkpoint: Checkpoint): Promise<unknown>
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

/** Keeps checkpoints for as long as the process lives: for tests, and agents that move within one process. */
export function memoryCheckpoints(): CheckpointStore {
  const saved = new Map<string, string>()
  return {
    async load(channelName) {
      const json = saved.get(channelName)
      return json === undefined ? undefined : (JSON.parse(json) as Checkpoint)
    },
    async save(channelName, checkpoint) {
      saved.set(channelName, JSON.stringify(checkpoint))
    },
  }
}
