-- What concerns somebody and is kept for them until they have read it; and which first steps a person has taken, so that the guide need not ask again.
-- Lock: short share lock on session (one index). Duration: instant for small tables; building the index reads session once. Undo: drop the two tables and the index.
-- `source` is set where the same thing may be told again, and then told once.
create table {schema}.notification (
  id uuid primary key, -- configuration
  person uuid not null references {schema}.member on delete cascade, -- configuration
  kind text not null, -- configuration
  record_kind text, -- configuration
  record uuid, -- configuration
  source text, -- configuration
  card bytea not null, -- metadata
  created_at timestamptz not null, -- configuration
  read_at timestamptz, -- configuration
  origin bytea not null, -- metadata
  unique (person, source)
);
create index notification_by_person on {schema}.notification (person, id desc);

create table {schema}.first_step (
  person uuid not null references {schema}.member on delete cascade, -- configuration
  step text not null, -- configuration
  at timestamptz not null, -- configuration
  primary key (person, step)
);

create index session_of_person on {schema}.session (person, id desc);

grant select, insert, update, delete on {schema}.notification to {login}, {peopleLogin};
grant select, insert, delete on {schema}.first_step to {login};
