import type { CheckpointStore } from '@rejoin/agent'
import { createCheckpoints } from './checkpoints.ts'
import { createClaims, type PostgresClaims } from './claims.ts'
import type { PostgresClient } from './client.ts'
import { migrate } from './migration.ts'
import { createRows, type RowStore } from './rows.ts'

export interface PostgresStore {
  /** What was said: for `onComplete`, prompts, and `seed({ load })`. */
  readonly rows: RowStore
  /** What is still to be answered: for `createAgent({ checkpoints })`. */
  readonly checkpoints: CheckpointStore
  /** Which process answers. */
  readonly claims: PostgresClaims
  /** Makes the three tables where they do not exist. */
  migrate(): Promise<void>
}

/** Rows, checkpoints and claims in PostgreSQL. `client` is `pg`'s Pool, a PGlite, or anything with their `query`. */
export function createPostgresStore(client: PostgresClient): PostgresStore {
  return {
    rows: createRows(client),
    checkpoints: createCheckpoints(client),
    claims: createClaims(client),
    migrate: () => migrate(client),
  }
}
