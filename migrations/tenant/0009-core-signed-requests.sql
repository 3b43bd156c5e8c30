-- Signed requests: what a key may do and for whom it may speak, its signing secrets (two may be live), and the signatures that were used up.
-- Lock: short exclusive lock on api_key (new columns with constant defaults). Duration: instant. Undo: drop the two tables and the columns.
alter table {schema}.api_key add column scopes text[]; -- configuration
alter table {schema}.api_key add column allows_weak boolean not null default false; -- configuration
alter table {schema}.api_key add column longest_seconds integer not null default 900 check (longest_seconds between 1 and 604800); -- configuration

create table {schema}.api_key_secret (
  id uuid primary key, -- configuration
  api_key uuid not null references {schema}.api_key, -- configuration
  kind text not null check (kind in ('hmac', 'ed25519')), -- configuration
  secret bytea, -- metadata
  created_by uuid not null, -- configuration
  created_at timestamptz not null, -- configuration
  last_used_at timestamptz, -- configuration
  revoked_at timestamptz, -- configuration
  revoked_by uuid, -- configuration
  origin bytea not null, -- metadata
  check ((secret is null) = (revoked_at is not null))
);
create index api_key_secret_by_key on {schema}.api_key_secret (api_key) where revoked_at is null;

create table {schema}.spent_signature (
  digest bytea primary key, -- configuration
  ends_at timestamptz not null -- configuration
);
create index spent_signature_by_end on {schema}.spent_signature (ends_at);

grant select, insert, update on {schema}.api_key_secret to {login};
grant select, insert, delete on {schema}.spent_signature to {login};
