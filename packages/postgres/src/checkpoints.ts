import { ErrorCode, RejoinError, type Checkpoint, type CheckpointStore } from '@rejoin/agent'
import { cleanJson, cleanText } from './clean.ts'
import { select, type PostgresClient } from './client.ts'

/** Stores agents' checkpoints. `load` rejects, with the channel and the reason, if a stored checkpoint is damaged. */
export function createCheckpoints(client: PostgresClient): CheckpointStore {
  return {
    async load(channelName) {
      const text = 'select state from rejoin_checkpoints where channel = $1'
      const [row] = await select(client, text, [cleanText(channelName)])
      return row && readCheckpoint(channelName, row.state)
    },
    async save(channelName, checkpoint) {
      await client.query(
        `insert into rejoin_checkpoints (channel, state) values ($1, $2::jsonb)
         on conflict (channel) do update set state = excluded.state`,
        [cleanText(channelName), cleanJson(checkpoint)],
      )
    },
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
