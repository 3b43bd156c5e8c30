-- The audit log of a tenant: events, their personal parts sealed beside them, and the sealed RFC 6962 tree over the events.
-- Nobody may change or delete an event. Tenants append; the sealer orders and signs; neither can do the other's part.
-- Lock: none (new tables). Duration: instant. Undo: drop the tenant.

-- One event per API operation. `xid` orders the log: the sealer takes an event once no open transaction can precede it. It is
-- not part of the leaf, so a tenant that moves to another cluster gives its sealed events a low xid there.
-- `id` is a UUIDv7 made from `at`: the primary key is also the index by time.
-- `personal` holds IP address, user agent and typed names, sealed under the key of the person (no person: the tenant's field key).
-- The leaf commits only to the SHA-256 of a salt, kept inside, and the text: destroying the person's key erases it and leaves every
-- proof valid. It stands in the row because every request appends one: a table of its own would double the work.
create table {schema}.audit (
  id uuid primary key, -- configuration
  xid xid8 not null default pg_current_xact_id(), -- configuration
  at timestamptz not null, -- configuration
  action text not null, -- configuration
  outcome text not null check (outcome in ('done', 'refused', 'failed')), -- configuration
  actor_kind text not null check (actor_kind in ('person', 'key', 'system')), -- configuration
  actor uuid, -- configuration
  credential uuid, -- configuration
  on_behalf uuid, -- configuration
  record_kind text, -- configuration
  record_id uuid, -- configuration
  request_id text, -- configuration
  detail jsonb, -- configuration
  personal_hash bytea, -- metadata, blind
  personal bytea, -- metadata
  check ((record_kind is null) = (record_id is null))
);
create index audit_by_order on {schema}.audit (xid, id);
create index audit_by_record on {schema}.audit (record_id, id) where record_id is not null;

create table {schema}.audit_leaf (
  position bigint primary key check (position >= 0), -- configuration
  event uuid not null unique -- configuration
);

-- C2SP tlog-tiles: up to 256 hashes of 32 bytes; only the rightmost tile of a level is ever partial, and grows in place.
create table {schema}.audit_tile (
  level smallint not null, -- configuration
  index bigint not null, -- configuration
  hashes bytea not null check (length(hashes) between 32 and 8192 and length(hashes) % 32 = 0), -- configuration
  primary key (level, index)
);

-- C2SP tlog-checkpoint: the signed note over size and root.
create table {schema}.audit_checkpoint (
  size bigint primary key check (size > 0), -- configuration
  root bytea not null check (length(root) = 32), -- configuration
  note text not null, -- configuration
  at timestamptz not null -- configuration
);

grant select, insert on {schema}.audit to {login}, {peopleLogin};
grant select on {schema}.audit_leaf, {schema}.audit_tile, {schema}.audit_checkpoint to {login}, {peopleLogin};
grant select (id, xid, at, action, outcome, actor_kind, actor, credential, on_behalf, record_kind, record_id, request_id, detail,
  personal_hash) on {schema}.audit to sealer;
grant select, insert on {schema}.audit_leaf, {schema}.audit_checkpoint to sealer;
grant select, insert, update on {schema}.audit_tile to sealer;
