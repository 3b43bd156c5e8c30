-- Mail that was kept because no mail server is configured: sealed under the region's `mail` key. `tenant` is null for mail to people
-- who belong to none yet. The router reaches it through two functions only.
-- Lock: none (new table). Duration: instant. Undo: drop the table and its functions.
create table cell.outbox (
  id uuid primary key, -- configuration
  tenant text check (tenant ~ '^[a-z2-7]{13}$'), -- configuration
  sent_at timestamptz not null, -- configuration
  sealed bytea not null -- content
);
create index outbox_by_tenant on cell.outbox (tenant, id);

-- Keeps one mail, and forgets those older than 30 days.
create function cell.keep_mail(p_id uuid, p_tenant text, p_sent_at timestamptz, p_sealed bytea) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  delete from cell.outbox where sent_at < p_sent_at - interval '30 days';
  insert into cell.outbox (id, tenant, sent_at, sealed) values (p_id, p_tenant, p_sent_at, p_sealed);
$$;

-- Newest first, at most 500, older than `p_before` when given; of one tenant, or of everybody when `p_tenant` is null.
create function cell.list_mail(p_tenant text, p_before uuid, p_limit integer) returns setof cell.outbox
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select id, tenant, sent_at, sealed from cell.outbox
  where (p_tenant is null or tenant = p_tenant) and (p_before is null or id < p_before)
  order by id desc limit least(p_limit, 500)
$$;

revoke all on function cell.keep_mail, cell.list_mail from public;
grant execute on function cell.keep_mail, cell.list_mail to router;
