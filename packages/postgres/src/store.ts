import type { CheckpointStore } from '@rejoin/agent'
import { createCheckpoints } from './checkpoints.ts'
import { createClaims, type PostgresClaims } from './claims.ts'
import type { PostgresClient } from './client.ts'
import { migrate } from './migration.ts'
import { createRows, type RowStore } from './rows.ts'

export interface PostgresStore {
  /** Prompts and answers: for `onComplete` and `seed({ load })`. */
  readonly rows: RowStore
  /** Unanswered prompts: for `createAgent({ checkpoints })`. With them, the agents use `claims`. */
  readonly checkpoints: CheckpointStore
  /** Which process answers which prompt. */
  readonly claims: PostgresClaims
  /** Creates the three tables if they do not exist. */
  migrate(): Promise<void>
}

/** Stores rows, checkpoints and claims in PostgreSQL. `client` is a `pg` Pool, a PGlite, or anything with their `query`. */
export function createPostgresStore(client: PostgresClient): PostgresStore {
  const claims = createClaims(client)
  return {
    rows: createRows(client),
    checkpoints: createCheckpoints(client, claims),
    claims,
    migrate: () => migrate(client),
  }
}
