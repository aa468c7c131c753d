import { createPostgresStore, type PostgresStore } from '@rejoin/postgres'
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
  /** A person chose the title. */
  named: boolean
  createdAt: number
  updatedAt: number
}

export const channelOf = (conversation: Pick<Conversation, 'id'>) => `ai:${conversation.id}`

/** The demo's data. Messages and checkpoints are in the tables of `@rejoin/postgres`, everything else in the demo's own. */
export class Store {
  readonly #db: Database
  /** Prompts and answers, by conversation id. */
  readonly messages: PostgresStore['rows']
  /** Unanswered prompts, by channel. */
  readonly checkpoints: PostgresStore['checkpoints']

  constructor(db: Database) {
    this.#db = db
    const kept = createPostgresStore({
      query: async (text, values) => ({ rows: await db.query(text, values) }),
    })
    this.messages = kept.rows
    this.checkpoints = kept.checkpoints
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

  /** Moves it up the list. `title` becomes its name if it has none; with `isFirst`, also in place of another prompt's. */
  async touchConversation(id: string, title?: string, isFirst = false): Promise<void> {
    await this.#db.query(
      `update conversations set updated_at = $2,
       title = case when $3::text is not null and not named and (title = '' or $4) then $3::text else title end
       where id = $1`,
      [id, Date.now(), title ?? null, isFirst],
    )
  }

  /** Its place in the list stays. */
  async renameConversation(id: string, title: string): Promise<void> {
    await this.#db.query('update conversations set title = $2, named = true where id = $1', [id, title])
  }

  async removeConversation(id: string): Promise<void> {
    await this.#db.transaction(async (tx) => {
      await tx.query('delete from conversations where id = $1', [id])
      await tx.query('delete from rejoin_checkpoints where channel = $1', [channelOf({ id })])
    })
  }

  async countConversations(userId: string): Promise<number> {
    const [row] = await this.#db.query(
      'select count(*)::int as count from conversations where owner_id = $1',
      [userId],
    )
    return Number(row?.count)
  }
}

function conversationOf(row: Row): Conversation {
  return {
    id: String(row.id),
    ownerId: String(row.owner_id),
    pattern: row.pattern as Pattern,
    title: String(row.title),
    named: Boolean(row.named),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
  }
}
