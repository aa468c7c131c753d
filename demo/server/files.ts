import { randomBytes } from 'node:crypto'
import type { StoredFile } from '../common/link.ts'
import type { Database } from './database.ts'
import { Problem } from './problem.ts'

/** Bytes of one file. */
export const longestFile = 10 * 1024 * 1024

/** Bytes of all files of one person. */
const mostBytes = 100 * 1024 * 1024

interface NewFile {
  conversationId: string
  ownerId: string
  mediaType: string
  name: string
  data: Buffer
}

/** Files that people attached, in the database: they go with their conversation. */
export class Files {
  readonly #db: Database
  readonly #most: number

  /** `most`: bytes that the files of one person may have together. */
  constructor(db: Database, most = mostBytes) {
    this.#db = db
    this.#most = most
  }

  /** Resolves to the id. */
  async add({ conversationId, ownerId, mediaType, name, data }: NewFile): Promise<string> {
    const id = randomBytes(18).toString('base64url')
    await this.#db.transaction(async (tx) => {
      // Uploads of one person take turns, so that together they stay within the person's limit.
      await tx.query('select pg_advisory_xact_lock(hashtext($1))', [ownerId])
      const [used] = await tx.query(
        'select coalesce(sum(size), 0)::bigint as bytes from files where owner_id = $1',
        [ownerId],
      )
      if (Number(used?.bytes) + data.length > this.#most)
        throw new Problem(
          `unable to keep this file; your files may have ${this.#most / 1024 / 1024} MB together. Delete a conversation first`,
          { status: 413, code: 'too_many' },
        )
      await tx.query(
        `insert into files (id, conversation_id, owner_id, media_type, name, size, data, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [id, conversationId, ownerId, mediaType, name, data.length, data, Date.now()],
      )
    })
    return id
  }

  async read(conversationId: string, id: string): Promise<StoredFile | undefined> {
    const [row] = await this.#db.query(
      'select media_type, name, data from files where id = $1 and conversation_id = $2',
      [id, conversationId],
    )
    return row && { mediaType: String(row.media_type), name: String(row.name), data: row.data as Uint8Array }
  }
}
