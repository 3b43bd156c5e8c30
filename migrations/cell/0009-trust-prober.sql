-- Canaries: two tenants of this cell that belong to nobody and try to reach each other for as long as the cell lives; and what came
-- of it, by layer. The router reaches these tables through four functions only.
-- Lock: none (new tables). Duration: instant. Undo: drop the tables and their functions; the two tenants stay, empty of people.
create table cell.canary (
  tenant text primary key references cell.tenant on delete cascade, -- configuration
  number integer not null unique check (number in (1, 2)), -- configuration
  made_at timestamptz not null default now() -- configuration
);

-- `unclear` counts what could not be judged, because the web or the database was away.
create table cell.probe (
  layer text primary key check (layer in ('api', 'sql', 'blobs', 'search', 'jobs', 'keys')), -- configuration
  attempts bigint not null, -- configuration
  hits bigint not null, -- configuration
  unclear bigint not null, -- configuration
  since timestamptz not null, -- configuration
  last_at timestamptz not null, -- configuration
  last_hit_at timestamptz, -- configuration
  last_hit text -- configuration
);

-- One row: until when somebody else tries, so that many workers together try no more than one.
create table cell.probe_turn (
  one boolean primary key default true check (one), -- configuration
  until timestamptz not null -- configuration
);
insert into cell.probe_turn (until) values (now());

create function cell.list_canaries() returns setof text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select canary.tenant from cell.canary join cell.tenant using (tenant) where tenant.state = 'active' order by canary.number
$$;

-- True for whoever may try now; nobody else may for so many seconds.
create function cell.take_probe_turn(p_seconds integer) returns boolean
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with taken as (
    update cell.probe_turn set until = clock_timestamp() + make_interval(secs => least(greatest(p_seconds, 1), 3600))
    where until <= clock_timestamp() returning 1)
  select exists (select from taken)
$$;

create function cell.note_probe(p_layer text, p_attempts bigint, p_hits bigint, p_unclear bigint, p_at timestamptz, p_hit text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into cell.probe as known (layer, attempts, hits, unclear, since, last_at, last_hit_at, last_hit)
  values (p_layer, p_attempts, p_hits, p_unclear, p_at, p_at, case when p_hits > 0 then p_at end, left(p_hit, 200))
  on conflict (layer) do update set
    attempts = known.attempts + excluded.attempts, hits = known.hits + excluded.hits, unclear = known.unclear + excluded.unclear,
    last_at = greatest(known.last_at, excluded.last_at), last_hit_at = coalesce(excluded.last_hit_at, known.last_hit_at),
    last_hit = coalesce(excluded.last_hit, known.last_hit)
$$;

create function cell.list_probes() returns setof cell.probe
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select layer, attempts, hits, unclear, since, last_at, last_hit_at, last_hit from cell.probe order by layer
$$;

revoke all on function cell.list_canaries, cell.take_probe_turn, cell.note_probe, cell.list_probes from public;
grant execute on function cell.list_canaries, cell.take_probe_turn, cell.note_probe, cell.list_probes to router;
