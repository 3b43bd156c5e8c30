-- Calls to addresses outside, while they are under way and for a day after: so that evidence can tell them from other connections. Kind and
-- ports, nothing of where they lead. The router reaches the table through two functions only.
-- Lock: none (new table). Duration: instant. Undo: drop the table and its functions.
create table cell.outbound_call (
  id uuid primary key, -- configuration
  kind text not null, -- configuration
  role text not null, -- configuration
  local_port integer not null, -- configuration
  remote_port integer not null, -- configuration
  begun_at timestamptz not null default clock_timestamp(), -- configuration
  ended_at timestamptz -- configuration
);
create index outbound_call_by_begin on cell.outbound_call (begun_at);

create function cell.begin_call(p_id uuid, p_kind text, p_role text, p_local integer, p_remote integer) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  delete from cell.outbound_call where begun_at < clock_timestamp() - interval '1 day';
  insert into cell.outbound_call (id, kind, role, local_port, remote_port)
  values (p_id, left(p_kind, 40), left(p_role, 20), p_local, p_remote)
$$;

create function cell.end_call(p_id uuid) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update cell.outbound_call set ended_at = clock_timestamp() where id = p_id
$$;

revoke all on function cell.begin_call, cell.end_call from public;
grant execute on function cell.begin_call, cell.end_call to router;
