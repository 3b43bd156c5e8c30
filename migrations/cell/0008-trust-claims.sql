-- What evidence showed about the claims: one row a result, in order, with the RFC 6962 tree and signed checkpoints over them.
-- The cell process alone writes, as migrator; the web process may read. No row is about a tenant: counts, names of roles and tables.
-- Lock: none (new tables). Duration: instant. Undo: drop schema trust cascade.
create schema trust;

-- `leaf` is the exact text that the tree commits to; the other columns repeat of it what is searched by.
create table trust.result (
  position bigint primary key check (position >= 0), -- configuration
  evidence text not null, -- configuration
  outcome text not null check (outcome in ('pass', 'fail', 'absent', 'unknown')), -- configuration
  at timestamptz not null, -- configuration
  leaf text not null -- configuration
);
create index result_by_evidence on trust.result (evidence, position desc);
create index result_by_pass on trust.result (evidence, at desc) where outcome = 'pass';

-- C2SP tlog-tiles and tlog-checkpoint, named as in a tenant's log, so that the same code reads both.
create table trust.audit_tile (
  level smallint not null, -- configuration
  index bigint not null, -- configuration
  hashes bytea not null check (length(hashes) between 32 and 8192 and length(hashes) % 32 = 0), -- configuration
  primary key (level, index)
);

create table trust.audit_checkpoint (
  size bigint primary key check (size > 0), -- configuration
  root bytea not null check (length(root) = 32), -- configuration
  note text not null, -- configuration
  at timestamptz not null -- configuration
);

-- The program that runs here; a test's result counts for the program it was run on and no other.
create table trust.program (
  one boolean primary key default true check (one), -- configuration
  digest text not null, -- configuration
  at timestamptz not null -- configuration
);

grant usage on schema trust to router;
grant select on trust.result, trust.audit_tile, trust.audit_checkpoint, trust.program to router;
