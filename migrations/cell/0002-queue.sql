-- The queue of the cell: graphile-worker's own tables in schema `queue`, owned by `dispatcher` and made by its library when the
-- cell process starts; and the two doors through which a tenant's login reaches it. A tenant cannot name another tenant: who it is
-- comes from its login. Tenants see none of the tables.
-- Lock: none (new schema). Duration: instant. Undo: drop schema queue cascade; drop the two functions.
create schema queue authorization dispatcher;

set local role dispatcher;

-- The library makes its schema only when this table is missing; made here, `dispatcher` needs no right to create schemas.
create table queue.migrations (
  id integer primary key, -- configuration
  ts timestamptz not null default now(), -- configuration
  breaking boolean not null default false -- configuration
);

create table queue.cancellation (
  tenant text not null, -- configuration
  activity uuid not null, -- configuration
  primary key (tenant, activity)
);

reset role;

-- `options`: key, delay (seconds), attempts, priority, activity, by. Payload and notifications carry ids and counts only.
-- Raises 53400 when the tenant has some 10,000 jobs waiting.
create function cell.enqueue(task text, record uuid, options jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller constant text := substring(session_user from '^t_([a-z2-7]{13})(?:_people)?$');
  waits constant interval := make_interval(secs => coalesce((options ->> 'delay')::double precision, 0));
  key constant text := options ->> 'key';
begin
  if caller is null then
    raise exception 'only a tenant enqueues' using errcode = '42501';
  end if;
  if task is null or record is null or task !~ '^[a-z]{2,20}(\.[a-z]{2,20}){1,3}$'
    or key !~ '^[A-Za-z0-9:._-]{1,100}$' or waits not between interval '0' and interval '30 days' then
    raise exception 'not a job' using errcode = '22023';
  end if;
  -- Counting costs as much as what is counted, so one in 64 does it: a tenant gets past the bound by a few hundred at most.
  if random() < 1.0 / 64 then
    perform 1 from queue._private_jobs as job where job.payload ->> 'tenant' = caller offset 9999 limit 1;
    if found then
      raise exception 'too many jobs of this tenant are waiting' using errcode = '53400';
    end if;
  end if;
  perform queue.add_job(
    identifier => 'tenant',
    payload => json_strip_nulls(json_build_object(
      'task', task, 'tenant', caller, 'record', record,
      'activity', (options ->> 'activity')::uuid, 'by', (options ->> 'by')::uuid)),
    run_at => now() + waits,
    max_attempts => least(greatest(coalesce((options ->> 'attempts')::integer, 5), 1), 25),
    job_key => caller || ':' || task || ':' || key,
    priority => least(greatest(coalesce((options ->> 'priority')::integer, 0), -10), 10),
    flags => array[caller]);
end
$$;

-- Asks that the job behind an activity of this tenant stops.
create function cell.cancel_job(activity uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  caller constant text := substring(session_user from '^t_([a-z2-7]{13})(?:_people)?$');
begin
  if caller is null then
    raise exception 'only a tenant cancels' using errcode = '42501';
  end if;
  insert into queue.cancellation values (caller, activity) on conflict do nothing;
  perform pg_notify('jobs:cancel', '1');
end
$$;

revoke all on function cell.enqueue, cell.cancel_job from public;
grant execute on function cell.enqueue, cell.cancel_job to tenant;

-- An owner needs the right to create in the schema for as long as the function is handed over.
grant create on schema cell to dispatcher;
alter function cell.enqueue owner to dispatcher;
alter function cell.cancel_job owner to dispatcher;
revoke create on schema cell from dispatcher;
