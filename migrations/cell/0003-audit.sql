-- Which tenants have audit events to seal: a tenant announces itself, the sealer takes the announcement away.
-- Lock: none (new table). Duration: instant. Undo: drop table cell.audit_due, drop function cell.announce.
create table cell.audit_due (
  tenant text primary key, -- configuration
  at timestamptz not null -- configuration
);
grant select, delete on cell.audit_due to sealer;

-- Announces the tenant whose login called; who that is comes from the session and cannot be chosen. Not a tenant: not null fails.
create function cell.announce() returns void
language sql security definer set search_path = cell, pg_temp as $$
  insert into cell.audit_due (tenant, at)
  values (substring(session_user::text from '^t_([a-z2-7]{13})(?:_people)?$'), clock_timestamp())
  on conflict (tenant) do update set at = excluded.at
$$;
revoke all on function cell.announce from public;
grant execute on function cell.announce to tenant;
