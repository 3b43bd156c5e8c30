-- The log of refusals has an end: after 7 days what was counted per address and minute is counted per day, without addresses, and after 90
-- days that is gone too. Sealed addresses are not kept longer than somebody may still act on them.
-- Lock: none (new table). Duration: instant. Undo: drop the table and the function; the counts per day are lost with it.
create table cell.refusal_day (
  day date not null, -- configuration
  reason text not null, -- configuration
  addresses bigint not null, -- configuration
  count bigint not null, -- configuration
  primary key (day, reason)
);

-- Folds whole days that are 7 days past at `p_now`, and forgets those 90 days past. Answers how many rows per minute it folded. Run twice it
-- does its work once. `addresses` counts an address once a day and reason.
create function cell.fold_refusals(p_now timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  first_kept timestamptz := date_trunc('day', p_now at time zone 'UTC') at time zone 'UTC' - interval '7 days';
  folded bigint;
begin
  with old as (
    delete from cell.refusal where minute < first_kept returning minute, address_blind, reason, count
  ), days as (
    insert into cell.refusal_day (day, reason, addresses, count)
    select (minute at time zone 'UTC')::date, reason, count(distinct address_blind), sum(count) from old group by 1, 2
    on conflict (day, reason) do update
      set addresses = refusal_day.addresses + excluded.addresses, count = refusal_day.count + excluded.count
  )
  select count(*) into folded from old;
  delete from cell.refusal_day where day < (p_now at time zone 'UTC')::date - 90;
  return folded;
end
$$;
revoke all on function cell.fold_refusals from public;
grant execute on function cell.fold_refusals to dispatcher;
