import type { Row as MessageRow } from '@rejoin/core'
import type { Database, Row } from './database.ts'

export type Pattern = 'message-per-response' | 'message-per-token'

export interface User {
  id: string
  name: string
}

export interface Conversation {
  id: string
  ownerId: string
  pattern: Pattern
  title: string
  createdAt: number
  updatedAt: number
}

export interface Page {
  /** Oldest first. */
  rows: MessageRow[]
  /** For the page before this one; absent when there is none. */
  cursor?: string
}

/** Everything the demo keeps. The only file that speaks SQL to these tables. */
export class Store {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async addUser(user: User): Promise<void> {
    await this.#db.query('insert into users (id, name, created_at) values ($1, $2, $3)', [
      user.id,
      user.name,
      Date.now(),
    ])
  }

  async addSession(tokenHash: string, userId: string, expiresAt: number): Promise<void> {
    await this.#db.query('delete from sessions where expires_at < $1', [Date.now()])
    await this.#db.query('insert into sessions (token_hash, user_id, expires_at) values ($1, $2, $3)', [
      tokenHash,
      userId,
      expiresAt,
    ])
  }

  async removeSession(tokenHash: string): Promise<void> {
    await this.#db.query('delete from sessions where token_hash = $1', [tokenHash])
  }

  async userOfSession(tokenHash: string): Promise<User | undefined> {
    const [row] = await this.#db.query(
      `select users.id, users.name from sessions join users on users.id = sessions.user_id
       where token_hash = $1 and expires_at > $2`,
      [tokenHash, Date.now()],
    )
    return row && { id: String(row.id), name: String(row.name) }
  }

  async addConversation(conversation: Conversation): Promise<void> {
    await this.#db.query(
      `insert into conversations (id, owner_id, pattern, title, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6)`,
      [
        conversation.id,
        conversation.ownerId,
        conversation.pattern,
        conversation.title,
        conversation.createdAt,
        conversation.updatedAt,
      ],
    )
  }

  async conversation(id: string): Promise<Conversation | undefined> {
    const [row] = await this.#db.query('select * from conversations where id = $1', [id])
    return row && conversationOf(row)
  }

  /** Newest first. */
  async conversationsOf(userId: string, limit = 50): Promise<Conversation[]> {
    const rows = await this.#db.query(
      'select * from conversations where owner_id = $1 order by updated_at desc, id limit $2',
      [userId, limit],
    )
    return rows.map(conversationOf)
  }

  async touchConversation(id: string, title?: string): Promise<void> {
    await this.#db.query(
      `update conversations set updated_at = $2,
       title = case when title = '' and $3::text is not null then $3::text else title end where id = $1`,
      [id, Date.now(), title ?? null],
    )
  }

  async removeConversation(id: string): Promise<void> {
    await this.#db.query('delete from conversations where id = $1', [id])
  }

  /** Writes a message by its id: the agent may send it again after any doubt. */
  async saveMessage(conversationId: string, row: MessageRow): Promise<void> {
    await this.#db.query(
      `insert into messages (conversation_id, id, created_at, row) values ($1, $2, $3, $4::jsonb)
       on conflict (conversation_id, id) do update set row = excluded.row`,
      [conversationId, row.id, millisecondsOf(row.createdAt), JSON.stringify(row)],
    )
  }

  /** What the agent has still to answer, in its own words. */
  async checkpoint(channel: string): Promise<unknown> {
    const [row] = await this.#db.query('select state from checkpoints where channel = $1', [channel])
    return row?.state
  }

  async saveCheckpoint(channel: string, state: unknown): Promise<void> {
    await this.#db.query(
      `insert into checkpoints (channel, state) values ($1, $2::jsonb)
       on conflict (channel) do update set state = excluded.state`,
      [channel, JSON.stringify(state)],
    )
  }

  /** The newest messages before the cursor. */
  async messages(conversationId: string, limit: number, cursor?: string): Promise<Page> {
    const [before, id] = cursor ? splitCursor(cursor) : [Number.MAX_SAFE_INTEGER, '']
    const rows = await this.#db.query(
      `select id, created_at, row from messages
       where conversation_id = $1 and (created_at, id) < ($2::bigint, $3::text)
       order by created_at desc, id desc limit $4`,
      [conversationId, before, id, limit + 1],
    )
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    return {
      rows: page.map((row) => row.row as MessageRow).reverse(),
      ...(rows.length > limit && last ? { cursor: `${String(last.created_at)}_${String(last.id)}` } : {}),
    }
  }
}

function conversationOf(row: Row): Conversation {
  return {
    id: String(row.id),
    ownerId: String(row.owner_id),
    pattern: row.pattern as Pattern,
    title: String(row.title),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
  }
}

function splitCursor(cursor: string): [number, string] {
  const at = cursor.indexOf('_')
  const before = Number(cursor.slice(0, at))
  return Number.isSafeInteger(before) ? [before, cursor.slice(at + 1)] : [Number.MAX_SAFE_INTEGER, '']
}

function millisecondsOf(time: MessageRow['createdAt']): number {
  const value = typeof time === 'number' ? time : time === undefined ? Number.NaN : new Date(time).getTime()
  return Number.isSafeInteger(value) ? value : Date.now()
}
