import type { PromptRow, Row, SeedPage } from '@rejoin/core'
import { ErrorCode, RejoinError, type Prompt } from '@rejoin/agent'
import { cleanJson, cleanText } from './clean.ts'
import { select, type Columns, type PostgresClient } from './client.ts'
import { readCursor, writeCursor } from './cursor.ts'

export interface PageOptions {
  /** Rows on a page, 1 to 1000. Default 50. */
  limit?: number
  /** From the page before; absent for the newest page. */
  cursor?: string | undefined
}

/** The messages of conversations. `conversation` is whatever names one in your application, such as its channel. */
export interface RowStore {
  /**
   * Writes a row by its id. Safe to repeat: an agent may hand over the same answer twice.
   * An answer replaces an earlier state of itself, but an unfinished one never replaces a finished one. A prompt
   * replaces only itself (same `serial` and `clientId`).
   * @throws RejoinError `invalid_argument` when the id belongs to another message of the conversation; see `isPermanent`.
   */
  save(conversation: string, row: Row): Promise<void>
  /** Writes a prompt as an agent's handler receives it. */
  savePrompt(conversation: string, prompt: Prompt): Promise<void>
  /**
   * A page of rows, oldest first, and the cursor of the page before it.
   * @throws RejoinError `invalid_argument` for a cursor that no page returned, or a limit out of range.
   */
  page(conversation: string, options?: PageOptions): Promise<SeedPage>
  /** `page` as `seed({ load })` takes it. */
  loader(conversation: string, limit?: number): (cursor?: string) => Promise<SeedPage>
  /** Deletes all rows of a conversation. */
  remove(conversation: string): Promise<void>
}

const LONGEST_PAGE = 1000

const finished = (row: string) =>
  `coalesce(${row}->>'status', 'complete') not in ('streaming', 'interrupted', 'suspended')`

const SAVE = `insert into rejoin_rows as kept (conversation, id, created_at, row) values ($1, $2, $3, $4::jsonb)
on conflict (conversation, id) do update set row = excluded.row
where kept.row->>'role' = excluded.row->>'role' and case excluded.row->>'role'
  when 'user' then kept.row->>'clientId' is not distinct from excluded.row->>'clientId'
    and coalesce(kept.row->>'serial', excluded.row->>'serial', '') = coalesce(excluded.row->>'serial', kept.row->>'serial', '')
  else ${finished('excluded.row')} or not ${finished('kept.row')} end
returning id`

export function createRows(client: PostgresClient): RowStore {
  async function save(conversation: string, row: Row): Promise<void> {
    const key = [cleanText(conversation), cleanText(row.id)]
    const saved = await select(client, SAVE, [...key, createdAtOf(row), cleanJson(row)])
    if (saved.length > 0 || (row.role === 'assistant' && (await roleOf(key)) === 'assistant')) return
    throw new RejoinError(
      ErrorCode.InvalidArgument,
      `unable to store ${row.role === 'user' ? 'prompt' : 'response'} ${shown(row.id)}; another message of the conversation has its id`,
    )
  }

  async function roleOf(key: string[]): Promise<unknown> {
    const text = `select row->>'role' as role from rejoin_rows where conversation = $1 and id = $2`
    return (await select(client, text, key))[0]?.role
  }

  async function page(conversation: string, { limit = 50, cursor }: PageOptions = {}): Promise<SeedPage> {
    if (!Number.isInteger(limit) || limit < 1 || limit > LONGEST_PAGE)
      throw new RejoinError(
        ErrorCode.InvalidArgument,
        `unable to read this page; limit must be a whole number from 1 to ${LONGEST_PAGE}`,
      )
    const { createdAt, id } = cursor ? readCursor(cursor) : { createdAt: Number.MAX_SAFE_INTEGER, id: '' }
    const found = await select(
      client,
      `select id, created_at, row from rejoin_rows
       where conversation = $1 and (created_at, id) < ($2::bigint, $3::text)
       order by created_at desc, id desc limit $4`,
      [cleanText(conversation), createdAt, cleanText(id), limit + 1],
    )
    const shown = found.slice(0, limit)
    const rows = shown.map(({ row }) => row as Row).reverse()
    return found.length > limit ? { rows, cursor: cursorOf(shown.at(-1)!) } : { rows }
  }

  return {
    save,
    savePrompt: (conversation, prompt) => save(conversation, promptRow(prompt)),
    page,
    loader: (conversation, limit) => (cursor) => page(conversation, { limit, cursor }),
    async remove(conversation) {
      await client.query('delete from rejoin_rows where conversation = $1', [cleanText(conversation)])
    },
  }
}

/** A prompt as a row: what the reader shows of it, without what only the agent needs. */
export function promptRow(prompt: Prompt): PromptRow {
  const { timestamp, data: _, headers: __, late: ___, userClaim: ____, ...shown } = prompt
  return { ...shown, role: 'user', createdAt: timestamp }
}

/** Ids of prompts come from browsers: for logs, without control characters, and short. */
const shown = (id: string) => JSON.stringify(id.length > 64 ? `${id.slice(0, 64)}…` : id)

// Drivers give bigints as strings.
const cursorOf = ({ created_at, id }: Columns) =>
  writeCursor({ createdAt: Number(created_at), id: String(id) })

/** Milliseconds since the epoch; now, for rows that do not tell. */
function createdAtOf({ createdAt }: Row): number {
  const time = createdAt === undefined ? Number.NaN : Math.trunc(new Date(createdAt).getTime())
  return Number.isNaN(time) ? Date.now() : time
}
