import { migration } from '@rejoin/postgres'
import type { Database } from './database.ts'

/** Each step runs once, in order. Never edit a released step: add a new one. */
const steps: string[][] = [
  [
    `create table users (
      id text primary key,
      name text not null,
      created_at bigint not null
    )`,
    `create table sessions (
      -- Only the hash is kept: who reads the table cannot sign in with it.
      token_hash text primary key,
      user_id text not null references users on delete cascade,
      expires_at bigint not null
    )`,
    `create table conversations (
      id text primary key,
      owner_id text not null references users on delete cascade,
      pattern text not null,
      title text not null,
      created_at bigint not null,
      updated_at bigint not null
    )`,
    `create index conversations_of_owner on conversations (owner_id, updated_at desc)`,
    `create table messages (
      conversation_id text not null references conversations on delete cascade,
      -- responseId of an answer, promptId of a prompt: writing one twice is harmless.
      id text not null,
      created_at bigint not null,
      row jsonb not null,
      primary key (conversation_id, id)
    )`,
    `create index messages_in_order on messages (conversation_id, created_at desc, id desc)`,
    `create table checkpoints (
      channel text primary key,
      state jsonb not null
    )`,
  ],
  [
    `do $rejoin$ begin ${migration} end $rejoin$`,
    `insert into rejoin_rows (conversation, id, created_at, row)
     select conversation_id, id, created_at, row from messages`,
    `alter table rejoin_rows add foreign key (conversation) references conversations on delete cascade`,
    `insert into rejoin_checkpoints (channel, state) select channel, state from checkpoints`,
    `drop table messages`,
    `drop table checkpoints`,
  ],
  [
    `create table files (
      id text primary key,
      conversation_id text not null references conversations on delete cascade,
      owner_id text not null references users on delete cascade,
      media_type text not null,
      name text not null,
      size integer not null,
      data bytea not null,
      created_at bigint not null
    )`,
    `create index files_of_owner on files (owner_id)`,
    `create index files_of_conversation on files (conversation_id)`,
  ],
  [
    // By a person; otherwise a conversation is called after its first prompt.
    `alter table conversations add column named boolean not null default false`,
    `update conversations set named = true where title <> ''`,
  ],
]

/** Brings the database to the newest version; tests of migrations start from an older `version`. */
export async function migrate(db: Database, version = steps.length): Promise<void> {
  await db.transaction(async (tx) => {
    // Two servers that start at the same time take turns.
    await tx.query('select pg_advisory_xact_lock(20251122)')
    await tx.query('create table if not exists schema_version (version integer not null)')
    const [row] = await tx.query('select max(version) as version from schema_version')
    const done = Number(row?.version ?? 0)
    for (const [index, statements] of steps.slice(0, version).entries()) {
      if (index < done) continue
      for (const statement of statements) await tx.query(statement)
      await tx.query('insert into schema_version (version) values ($1)', [index + 1])
    }
  })
}
