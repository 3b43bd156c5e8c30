-- Destruction: which keys tenants destroyed, and the batches in which the keeper makes that true for every copy there ever was.
-- A tenant writes and reads its own rows through functions that take who it is from its login. Rows stay: they are the region's list of
-- certificates, and hold ids and times only.
-- Lock: short exclusive lock on cell.tenant (new column without default). Duration: instant. Undo: drop the tables, functions, column.

-- The epoch of the region's key under which the epochs of a tenant lie now; null: not known, so it is moved with the next batch.
alter table cell.tenant add column region_epoch integer; -- configuration

-- `epoch` is the one survivors moved to; `forgets` what the keeper held before it and was then told to forget; `sequence` the number of
-- the keeper's state that no longer holds them.
create table cell.destruction_batch (
  number bigint primary key, -- configuration
  epoch integer, -- configuration
  forgets integer[], -- configuration
  sequence bigint, -- configuration
  began_at timestamptz not null, -- configuration
  forgotten_at timestamptz -- configuration
);
create unique index destruction_batch_open on cell.destruction_batch ((true)) where forgotten_at is null;

-- `keys` and `index_keys` are ids of destroyed versions; `log` is the position of the certificate in the region's log, for tenants.
create table cell.destruction (
  id uuid primary key, -- configuration
  tenant text not null check (tenant ~ '^[a-z2-7]{13}$'), -- configuration
  kind text not null check (kind in ('document', 'person', 'organisation')), -- configuration
  subject uuid not null, -- configuration
  keys uuid[] not null, -- configuration
  index_keys uuid[], -- configuration
  awaits_index boolean not null, -- configuration
  destroyed_at timestamptz not null, -- configuration
  batch bigint references cell.destruction_batch, -- configuration
  certified_at timestamptz, -- configuration
  log bigint -- configuration
);
create index destruction_by_tenant on cell.destruction (tenant, id);
create index destruction_waiting on cell.destruction (destroyed_at) where batch is null;
create index destruction_uncertified on cell.destruction (batch) where certified_at is null;

-- Notes that a tenant destroyed keys, in the transaction that did. The time is the database's own.
create function cell.note_destruction(p_id uuid, p_kind text, p_subject uuid, p_keys uuid[], p_awaits_index boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller constant text := substring(session_user from '^t_([a-z2-7]{13})(?:_people)?$');
begin
  if caller is null or p_kind not in ('document', 'person') then
    raise exception 'only a tenant destroys, and not itself' using errcode = '42501';
  end if;
  insert into cell.destruction (id, tenant, kind, subject, keys, awaits_index, destroyed_at)
  values (p_id, caller, p_kind, p_subject, p_keys, p_awaits_index, clock_timestamp()) on conflict (id) do nothing;
end
$$;

-- Says that everything destroyed before `p_before` is out of the tenant's index, and which versions of its key went with it.
create function cell.note_index_rewritten(p_before timestamptz, p_keys uuid[]) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update cell.destruction set awaits_index = false, index_keys = p_keys
  where tenant = substring(session_user from '^t_([a-z2-7]{13})(?:_people)?$') and awaits_index and batch is null and destroyed_at < p_before
$$;

-- The tenant's own destructions with the facts of their batches, newest first; older than `p_before`, or the one `p_id`, when given.
create function cell.list_destructions(p_id uuid, p_before uuid, p_limit integer)
returns table (id uuid, kind text, subject uuid, keys uuid[], index_keys uuid[], destroyed_at timestamptz, awaits_index boolean,
  certified_at timestamptz, epoch integer, forgets integer[], sequence bigint, began_at timestamptz, forgotten_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select d.id, d.kind, d.subject, d.keys, d.index_keys, d.destroyed_at, d.awaits_index, d.certified_at,
    b.epoch, b.forgets, b.sequence, b.began_at, b.forgotten_at
  from cell.destruction d left join cell.destruction_batch b on b.number = d.batch
  where d.tenant = substring(session_user from '^t_([a-z2-7]{13})(?:_people)?$')
    and (p_id is null or d.id = p_id) and (p_before is null or d.id < p_before)
  order by d.id desc limit least(p_limit, 500)
$$;

-- Says that the certificates are in the tenant's log; only what the keeper has forgotten can be certified. Answers the ids it holds for.
create function cell.note_certified(p_ids uuid[]) returns setof uuid
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update cell.destruction d set certified_at = clock_timestamp() from cell.destruction_batch b
  where b.number = d.batch and b.forgotten_at is not null and d.certified_at is null and d.id = any(p_ids)
    and d.tenant = substring(session_user from '^t_([a-z2-7]{13})(?:_people)?$')
  returning d.id
$$;

revoke all on function cell.note_destruction, cell.note_index_rewritten, cell.list_destructions, cell.note_certified from public;
grant execute on function cell.note_destruction, cell.note_index_rewritten, cell.list_destructions, cell.note_certified to tenant;
