-- Activity: the long work of a tenant as its people see it. The queue itself is the cell's; a row here is what is shown of a job.
-- Lock: none (new table). Duration: instant. Undo: drop the table.
create table {schema}.activity (
  id uuid primary key, -- configuration
  task text not null, -- configuration
  kind text not null, -- configuration
  record_kind text not null, -- configuration
  record uuid not null, -- configuration
  title bytea not null, -- content
  state text not null check (state in ('waiting', 'running', 'done', 'failed', 'cancelled')), -- configuration
  done bigint not null default 0 check (done >= 0), -- configuration
  total bigint check (total >= 0), -- configuration
  unit text, -- configuration
  error_code text, -- configuration
  cancel_requested_at timestamptz, -- configuration
  cancel_requested_by uuid, -- configuration
  created_by uuid, -- configuration
  created_key uuid, -- configuration
  created_at timestamptz not null, -- configuration
  started_at timestamptz, -- configuration
  ended_at timestamptz, -- configuration
  updated_at timestamptz not null, -- configuration
  origin bytea not null -- metadata
);
create index activity_by_creator on {schema}.activity (created_by, id);
create index activity_by_record on {schema}.activity (record);

grant select, insert, update on {schema}.activity to {login};
