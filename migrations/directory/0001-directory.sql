-- The directory: from a routing id to a region and cell, from the HMAC of a mail domain to a routing id. Nothing else about anybody.
-- Lock: none (new tables). Duration: instant. Undo: drop the directory.
create schema directory;

create table directory.route (
  tenant text primary key check (tenant ~ '^[a-z2-7]{13}$'), -- configuration
  region text not null, -- configuration
  cell text not null, -- configuration
  created_at timestamptz not null default now() -- configuration
);

create table directory.domain (
  domain_blind bytea primary key, -- metadata, blind
  tenant text not null references directory.route -- configuration
);

grant usage on schema directory to router, registrar;
grant select on directory.route, directory.domain to router;
grant select, insert on directory.route, directory.domain to registrar;
