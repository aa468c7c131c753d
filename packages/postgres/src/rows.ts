import type { PromptRow, Row, SeedPage } from '@rejoin/core'
import { ErrorCode, RejoinError, type Prompt } from '@rejoin/agent'
import { cleanJson, cleanText } from './clean.ts'
import { select, type Columns, type PostgresClient } from './client.ts'
import { readCursor, writeCursor } from './cursor.ts'

export interface PageOptions {
  /** Rows on a page, 1 to 1000. Default 50. */
  limit?: number
  /** The cursor of the previous page; absent for the newest page. */
  cursor?: string | undefined
}

/** Prompts and answers. `conversation` is your application's name for a conversation, such as its channel. */
export interface RowStore {
  /**
   * Stores a row under its id; safe to repeat. An answer replaces its earlier state, but an unfinished one never
   * replaces a finished one, and the answer of a process that was overtaken (a lower `fence`) none. A prompt replaces only itself (same `serial` and `clientId`).
   * @throws RejoinError `invalid_argument` if the id belongs to another message of the conversation; see `isPermanent`.
   */
  save(conversation: string, row: Row): Promise<void>
  /** Stores a prompt, as an agent's handler receives it. */
  savePrompt(conversation: string, prompt: Prompt): Promise<void>
  /**
   * Reads a page of rows, oldest first, with the cursor of the page before it.
   * @throws RejoinError `invalid_argument` for a cursor that no page returned, or a limit out of range.
   */
  page(conversation: string, options?: PageOptions): Promise<SeedPage>
  /** Returns `page` in the form that `seed({ load })` takes. */
  loader(conversation: string, limit?: number): (cursor?: string) => Promise<SeedPage>
  /** Deletes all rows of a conversation. */
  remove(conversation: string): Promise<void>
}

const LONGEST_PAGE = 1000

const finished = (row: string) =>
  `coalesce(${row}->>'status', 'complete') not in ('streaming', 'interrupted', 'suspended')`

const fenceOf = (row: string) =>
  `case jsonb_typeof(${row}->'fence') when 'number' then (${row}->>'fence')::numeric else 0 end`

const SAVE = `insert into rejoin_rows as kept (conversation, id, created_at, row) values ($1, $2, $3, $4::jsonb)
on conflict (conversation, id) do update set row = excluded.row
where kept.row->>'role' = excluded.row->>'role' and case excluded.row->>'role'
  when 'user' then kept.row->>'clientId' is not distinct from excluded.row->>'clientId'
    and coalesce(kept.row->>'serial', excluded.row->>'serial', '') = coalesce(excluded.row->>'serial', kept.row->>'serial', '')
  else (${finished('excluded.row')} or not ${finished('kept.row')})
    and ${fenceOf('excluded.row')} >= ${fenceOf('kept.row')} end
returning id`

// A row of a process that was overtaken: another process has answered the prompt under another id.
const OVERTAKEN = `exists (select from rejoin_rows as other where other.conversation = kept.conversation
  and other.row->>'promptId' = kept.row->>'promptId' and other.row->>'fence' is not null
  and kept.row->>'fence' is not null and ${fenceOf('other.row')} > ${fenceOf('kept.row')})`

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
      `select id, created_at, row from rejoin_rows as kept
       where conversation = $1 and (created_at, id) < ($2::bigint, $3::text) and not ${OVERTAKEN}
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

/** Turns a prompt into a row: everything that readers show, without the fields that only the agent needs. */
export function promptRow(prompt: Prompt): PromptRow {
  const { timestamp, data: _, headers: __, late: ___, userClaim: ____, fence: _____, ...shown } = prompt
  return { ...shown, role: 'user', createdAt: timestamp }
}

/** Quotes an id for an error message. Prompts' ids come from browsers: control characters are escaped, length is cut. */
const shown = (id: string) => JSON.stringify(id.length > 64 ? `${id.slice(0, 64)}…` : id)

// Drivers return bigint columns as strings.
const cursorOf = ({ created_at, id }: Columns) =>
  writeCursor({ createdAt: Number(created_at), id: String(id) })

/** Milliseconds since the epoch; now, for rows without `createdAt`. */
function createdAtOf({ createdAt }: Row): number {
  const time = createdAt === undefined ? Number.NaN : Math.trunc(new Date(createdAt).getTime())
  return Number.isNaN(time) ? Date.now() : time
}
