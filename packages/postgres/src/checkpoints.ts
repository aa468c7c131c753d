import {
  ErrorCode,
  mergeCheckpoints,
  RejoinError,
  type Checkpoint,
  type CheckpointStore,
  type ClaimStore,
} from '@rejoin/agent'
import { cleanJson, cleanText } from './clean.ts'
import { select, type PostgresClient } from './client.ts'

/** How often a save retries after a concurrent save. */
const MOST_TRIES = 100

/** Stores agents' checkpoints. `load` rejects, with the channel and the reason, if a stored checkpoint is damaged. */
export function createCheckpoints(client: PostgresClient, claims: ClaimStore): CheckpointStore {
  async function read(channelName: string): Promise<{ saved?: Checkpoint; version?: unknown }> {
    const text = 'select state, md5(state::text) as version from rejoin_checkpoints where channel = $1'
    const [row] = await select(client, text, [cleanText(channelName)])
    return row ? { saved: readCheckpoint(channelName, row.state), version: row.version } : {}
  }

  /** Resolves to false if another process has saved since `version` was read. */
  async function replace(channelName: string, version: unknown, next: Checkpoint): Promise<boolean> {
    const text =
      version === undefined
        ? `insert into rejoin_checkpoints (channel, state) values ($1, $2::jsonb)
           on conflict do nothing returning channel`
        : `update rejoin_checkpoints set state = $2::jsonb
           where channel = $1 and md5(state::text) = $3 returning channel`
    const values = [cleanText(channelName), cleanJson(next), ...(version === undefined ? [] : [version])]
    return (await select(client, text, values)).length > 0
  }

  return {
    load: async (channelName) => (await read(channelName)).saved,
    async save(channelName, checkpoint) {
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const { saved, version } = await read(channelName)
        if (await replace(channelName, version, mergeCheckpoints(saved, checkpoint))) return
      }
      throw new RejoinError(
        ErrorCode.CallbackFailed,
        `unable to save the checkpoint of channel "${channelName}"; other processes changed it at every try`,
      )
    },
    claims,
  }
}

/** Checks every field: guessing at a damaged checkpoint would lose prompts, or answer them twice. */
function readCheckpoint(channelName: string, state: unknown): Checkpoint {
  const wrong = whatIsWrong(state)
  if (wrong === undefined) return state as Checkpoint
  throw new RejoinError(
    ErrorCode.HydrationFailed,
    `unable to use the checkpoint of channel "${channelName}" in table rejoin_checkpoints; ${wrong}. Correct its row, or delete it; the agent then starts from now, and does not answer the prompts that were open`,
  )
}

function whatIsWrong(state: unknown): string | undefined {
  if (!isObject(state)) return 'it is not an object'
  if (typeof state.serial !== 'string') return '"serial" is not a string'
  if (!Array.isArray(state.recent) || !state.recent.every((id) => typeof id === 'string'))
    return '"recent" is not a list of strings'
  if (!Array.isArray(state.open)) return '"open" is not a list'
  const bad = state.open.findIndex((entry) => !isOpenPrompt(entry))
  return bad < 0 ? undefined : `"open" has no prompt at ${bad}`
}

function isOpenPrompt(entry: unknown): boolean {
  if (!isObject(entry) || !isObject(entry.prompt)) return false
  const { id, text, serial } = entry.prompt
  const strings = [id, text, serial].every((field) => typeof field === 'string')
  return strings && (entry.responseId === undefined || typeof entry.responseId === 'string')
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
