-- Nudges: a tenant's mark that its open streams should look again. It says that something changed, never what.
-- Lock: none (new table). Duration: instant. Undo: drop table cell.nudge, drop functions cell.give_nudge and cell.list_nudges.
create table cell.nudge (
  tenant text primary key references cell.tenant on delete cascade, -- configuration
  count bigint not null -- configuration
);

-- Who that is comes from the session and cannot be chosen. Not a tenant: not null fails.
create function cell.give_nudge() returns void
language sql security definer set search_path = cell, pg_temp as $$
  insert into cell.nudge as known (tenant, count)
  values (substring(session_user::text from '^t_([a-z2-7]{13})(?:_people)?$'), 1)
  on conflict (tenant) do update set count = known.count + 1
$$;

-- Of tenants that the caller can already name, so that it is no list of them.
create function cell.list_nudges(p_tenants text[]) returns setof cell.nudge
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select tenant, count from cell.nudge where tenant = any (p_tenants)
$$;

revoke all on function cell.give_nudge, cell.list_nudges from public;
grant execute on function cell.give_nudge to tenant;
grant execute on function cell.list_nudges to router;
