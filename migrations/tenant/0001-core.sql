-- What every tenant has: wrapped keys, its own settings, members, sessions, API keys, exports; and the people store apart.
-- Lock: none (new tables). Duration: instant. Undo: drop the tenant.
create table {schema}.key_epoch (
  epoch integer primary key, -- configuration
  wrapped bytea not null, -- configuration
  created_at timestamptz not null default now() -- configuration
);

create table {schema}.key (
  id uuid primary key, -- configuration
  purpose text not null, -- configuration
  version integer not null, -- configuration
  subject uuid, -- configuration
  epoch integer not null, -- configuration
  wrapped bytea, -- configuration
  state text not null default 'live' check (state in ('live', 'retired', 'destroyed')), -- configuration
  created_at timestamptz not null default now(), -- configuration
  destroyed_at timestamptz, -- configuration
  unique nulls not distinct (purpose, subject, version)
);
create index key_by_subject on {schema}.key (subject) where subject is not null;

create table {schema}.organisation (
  id uuid primary key, -- configuration
  one boolean not null default true unique check (one), -- configuration
  card bytea not null, -- metadata
  session_idle_minutes integer not null default 720 check (session_idle_minutes between 5 and 43200), -- configuration
  session_absolute_hours integer not null default 720 check (session_absolute_hours between 1 and 8760), -- configuration
  password_minimum_length integer not null default 12 check (password_minimum_length between 8 and 128), -- configuration
  storage jsonb not null, -- configuration
  created_by uuid not null, -- configuration
  created_at timestamptz not null, -- configuration
  updated_by uuid not null, -- configuration
  updated_at timestamptz not null, -- configuration
  origin bytea not null -- metadata
);

create table {schema}.member (
  person uuid primary key, -- configuration
  role text not null check (role in ('owner', 'administrator', 'member')), -- configuration
  state text not null default 'active' check (state in ('active', 'suspended')), -- configuration
  created_by uuid not null, -- configuration
  created_at timestamptz not null, -- configuration
  updated_by uuid not null, -- configuration
  updated_at timestamptz not null, -- configuration
  origin bytea not null -- metadata
);

create table {schema}.session (
  id uuid primary key, -- configuration
  token_hash bytea not null unique, -- configuration
  person uuid not null, -- configuration
  created_at timestamptz not null, -- configuration
  last_seen_at timestamptz not null, -- configuration
  expires_at timestamptz not null, -- configuration
  revoked_at timestamptz, -- configuration
  revoked_by uuid, -- configuration
  origin bytea not null -- metadata
);
create index session_by_person on {schema}.session (person) where revoked_at is null;

create table {schema}.api_key (
  id uuid primary key, -- configuration
  token_hash bytea not null unique, -- configuration
  card bytea not null, -- metadata
  person uuid not null, -- configuration
  created_by uuid not null, -- configuration
  created_at timestamptz not null, -- configuration
  updated_by uuid not null, -- configuration
  updated_at timestamptz not null, -- configuration
  last_used_at timestamptz, -- configuration
  expires_at timestamptz, -- configuration
  revoked_at timestamptz, -- configuration
  origin bytea not null -- metadata
);

create table {schema}.export (
  id uuid primary key, -- configuration
  kind text not null check (kind in ('audit')), -- configuration
  state text not null check (state in ('waiting', 'ready', 'failed')), -- configuration
  activity uuid not null, -- configuration
  blob uuid, -- configuration
  size bigint, -- configuration
  created_by uuid not null, -- configuration
  created_at timestamptz not null, -- configuration
  updated_by uuid not null, -- configuration
  updated_at timestamptz not null, -- configuration
  origin bytea not null -- metadata
);

create table {people}.person (
  id uuid primary key, -- configuration
  email_blind bytea not null unique, -- metadata, blind
  card bytea not null, -- metadata
  password bytea not null, -- metadata
  created_by uuid not null, -- configuration
  created_at timestamptz not null, -- configuration
  updated_by uuid not null, -- configuration
  updated_at timestamptz not null, -- configuration
  origin bytea not null -- metadata
);

grant usage on schema {schema} to {login}, {peopleLogin}, sealer;
grant usage on schema {people} to {peopleLogin};
grant select on {schema}.key_epoch to {login}, {peopleLogin};
grant select, insert, update on {schema}.key to {login}, {peopleLogin};
grant select, insert, update on {schema}.organisation to {login}, {peopleLogin};
grant select, insert, update on {schema}.member to {login}, {peopleLogin};
grant select, insert, update on {schema}.session to {login}, {peopleLogin};
grant select, insert, update on {schema}.api_key to {login};
grant select, insert, update on {schema}.export to {login};
grant select, insert, update, delete on {people}.person to {peopleLogin};
