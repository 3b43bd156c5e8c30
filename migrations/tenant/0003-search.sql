-- The sealed full-text index of a tenant: new entries (delta), merged immutable segments with their pages and words, and what was removed.
-- Lock: none (new tables). Duration: instant. Undo: drop the six tables and the sequence.
-- One sequence orders entries and removals: a removal takes what is older than itself and leaves what was indexed after it.
create sequence {schema}.search_seq;

create table {schema}.search_delta (
  id uuid primary key, -- configuration
  seq bigint not null default nextval('{schema}.search_seq'), -- configuration
  entries integer not null, -- configuration
  analyzer integer not null, -- configuration
  key_version integer not null, -- configuration
  sealed bytea not null -- content
);

create table {schema}.search_segment (
  id uuid primary key, -- configuration
  state text not null check (state in ('building', 'live')), -- configuration
  level integer not null, -- configuration
  bits integer not null check (bits between 0 and 16), -- configuration
  entries integer not null, -- configuration
  words integer not null, -- configuration
  first_seq bigint not null, -- configuration
  analyzer integer not null, -- configuration
  key_version integer not null -- configuration
);

-- Buckets from 0 hold posting lists, pooled by the top bits of the keyed hash of their term; buckets below 0 the table of entries.
create table {schema}.search_page (
  segment uuid not null, -- configuration
  bucket integer not null, -- configuration
  sealed bytea not null, -- content
  primary key (segment, bucket)
);
alter table {schema}.search_page alter column sealed set storage external;

create table {schema}.search_word (
  segment uuid not null, -- configuration
  part integer not null, -- configuration
  sealed bytea not null, -- content
  primary key (segment, part)
);
alter table {schema}.search_word alter column sealed set storage external;
alter table {schema}.search_delta alter column sealed set storage external;

create table {schema}.search_dead (
  seq bigint primary key default nextval('{schema}.search_seq'), -- configuration
  entry uuid, -- configuration
  owner uuid, -- configuration
  check (num_nonnulls(entry, owner) = 1)
);

-- One row: whoever merges locks it. It holds the merge under way, so that another process can take it up after a crash.
create table {schema}.search_merge (
  one boolean primary key default true check (one), -- configuration
  target uuid, -- configuration
  inputs uuid[], -- configuration
  passes integer, -- configuration
  next_pass integer -- configuration
);
insert into {schema}.search_merge default values;

grant usage on sequence {schema}.search_seq to {login};
grant select, insert, delete on {schema}.search_delta, {schema}.search_page, {schema}.search_word, {schema}.search_dead to {login};
grant select, insert, update, delete on {schema}.search_segment to {login};
grant select, update on {schema}.search_merge to {login};
