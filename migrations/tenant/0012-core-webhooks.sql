-- What an organisation has called outside: documents fetched from an address, and webhooks with their secrets, deliveries and attempts.
-- Lock: none (new tables). Duration: instant. Undo: drop the tables.

-- One row a document that was asked for by its address; `id` is the document's to come. Forgotten 30 days after it ended.
create table {schema}.document_fetch (
  id uuid primary key, -- configuration
  state text not null check (state in ('waiting', 'fetching', 'done', 'failed')), -- configuration
  reason text, -- configuration
  document uuid, -- configuration
  activity uuid, -- configuration
  card bytea not null, -- content
  origin bytea not null, -- metadata
  ended_at timestamptz, -- configuration
  created_by uuid, -- configuration
  created_key uuid, -- configuration
  created_at timestamptz not null, -- configuration
  updated_by uuid, -- configuration
  updated_key uuid, -- configuration
  updated_at timestamptz not null, -- configuration
  check ((state = 'done') = (document is not null)),
  check ((state = 'failed') = (reason is not null))
);
create index document_fetch_by_end on {schema}.document_fetch (ended_at) where ended_at is not null;

create table {schema}.webhook (
  id uuid primary key, -- configuration
  state text not null check (state in ('active', 'paused', 'disabled')), -- configuration
  reason text, -- configuration
  types text[] not null, -- configuration
  card bytea not null, -- metadata
  failing_since timestamptz, -- configuration
  created_by uuid not null, -- configuration
  created_at timestamptz not null, -- configuration
  updated_by uuid not null, -- configuration
  updated_at timestamptz not null, -- configuration
  origin bytea not null, -- metadata
  check ((state = 'disabled') = (reason is not null))
);

-- Two at most are live: the newest, and until `ends_at` the one before it. One that has ended is deleted.
create table {schema}.webhook_secret (
  id uuid primary key, -- configuration
  webhook uuid not null references {schema}.webhook on delete cascade, -- configuration
  secret bytea not null, -- metadata
  ends_at timestamptz, -- configuration
  created_by uuid not null, -- configuration
  created_at timestamptz not null, -- configuration
  origin bytea not null -- metadata
);
create index webhook_secret_by_webhook on {schema}.webhook_secret (webhook);

-- What one webhook is told of one event of the audit log, written with the event. Ids and the event's name: the body is made from them.
create table {schema}.webhook_delivery (
  id uuid primary key, -- configuration
  webhook uuid not null references {schema}.webhook on delete cascade, -- configuration
  event uuid not null, -- configuration
  type text not null, -- configuration
  at timestamptz not null, -- configuration
  record_kind text, -- configuration
  record_id uuid, -- configuration
  actor_kind text not null, -- configuration
  actor uuid, -- configuration
  state text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed')), -- configuration
  attempts integer not null default 0, -- configuration
  next_at timestamptz, -- configuration
  claimed_until timestamptz, -- configuration
  unique (webhook, event),
  check ((state = 'waiting') = (next_at is not null))
);
create index webhook_delivery_due on {schema}.webhook_delivery (webhook, next_at) where state = 'waiting';
create index webhook_delivery_by_webhook on {schema}.webhook_delivery (webhook, id);

create table {schema}.webhook_attempt (
  id uuid primary key, -- configuration
  delivery uuid not null references {schema}.webhook_delivery on delete cascade, -- configuration
  at timestamptz not null, -- configuration
  milliseconds integer not null, -- configuration
  outcome text not null, -- configuration
  status integer, -- configuration
  answer bytea -- content
);
create index webhook_attempt_by_delivery on {schema}.webhook_attempt (delivery, id);

grant select, insert, update, delete on {schema}.document_fetch, {schema}.webhook, {schema}.webhook_secret, {schema}.webhook_delivery,
  {schema}.webhook_attempt to {login};
-- Writes of the people store are events, too, and are told in their own transaction.
grant select (id, state, types) on {schema}.webhook to {peopleLogin};
grant select (id, webhook), insert on {schema}.webhook_delivery to {peopleLogin};
