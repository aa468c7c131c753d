-- Messages of conversations, as seed({ load }) and an agent's memory read them.
create table if not exists rejoin_rows (
  -- Your application's name for the conversation, such as its channel.
  conversation text not null,
  -- The responseId of an answer, or the promptId of a prompt.
  id text not null,
  -- Milliseconds since the epoch.
  created_at bigint not null,
  -- The whole row. New fields need no new columns.
  row jsonb not null,
  primary key (conversation, id)
);
create index if not exists rejoin_rows_in_order on rejoin_rows (conversation, created_at desc, id desc);
-- The answers of one prompt: those of processes that were overtaken are left out.
create index if not exists rejoin_rows_of_prompt on rejoin_rows (conversation, (row->>'promptId'))
  where row->>'fence' is not null;

-- The prompts that an agent has not answered yet, by channel.
create table if not exists rejoin_checkpoints (
  channel text primary key,
  state jsonb not null
);

-- Which process answers a prompt. The fence grows each time the prompt changes owners.
create table if not exists rejoin_claims (
  channel text not null,
  prompt text not null,
  owner text not null,
  fence bigint not null,
  expires timestamptz not null,
  settled boolean not null default false,
  primary key (channel, prompt)
);
