-- The cell: which tenants live here, how far their schemas are migrated, and the log of refusals that belong to no tenant.
-- Lock: none (new tables). Duration: instant. Undo: drop the cell.
create role tenant nologin;
grant connect on database cell to tenant;
create schema cell;
grant usage on schema cell to tenant, sealer, dispatcher, router;

create table cell.tenant (
  tenant text primary key check (tenant ~ '^[a-z2-7]{13}$'), -- configuration
  state text not null check (state in ('making', 'spare', 'active', 'ended')), -- configuration
  created_at timestamptz not null default now(), -- configuration
  claimed_at timestamptz -- configuration
);

create table cell.tenant_migration (
  tenant text not null references cell.tenant on delete cascade, -- configuration
  number integer not null, -- configuration
  checksum bytea not null, -- configuration
  applied_at timestamptz not null default now(), -- configuration
  primary key (tenant, number)
);
grant select on cell.tenant to sealer, dispatcher;

create table cell.refusal (
  minute timestamptz not null, -- configuration
  address_blind bytea not null, -- metadata, blind
  reason text not null, -- configuration
  address bytea not null, -- metadata
  count bigint not null default 1, -- configuration
  primary key (minute, address_blind, reason)
);

create function cell.refuse(p_minute timestamptz, p_blind bytea, p_reason text, p_address bytea, p_count bigint) returns void
language sql security definer set search_path = cell, pg_temp as $$
  insert into cell.refusal (minute, address_blind, reason, address, count) values (p_minute, p_blind, p_reason, p_address, p_count)
  on conflict (minute, address_blind, reason) do update set count = cell.refusal.count + excluded.count
$$;
revoke all on function cell.refuse from public;
grant execute on function cell.refuse to router;
