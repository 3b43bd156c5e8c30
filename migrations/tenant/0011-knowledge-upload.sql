-- Uploads that resume: what was begun, how far it is, and the parts that arrived, each a blob sealed under the key of the document to come.
-- Lock: none (new tables). Duration: instant. Undo: end the open uploads (their blobs and keys go with them), then drop the two tables.
create table {schema}.upload (
  id uuid primary key, -- configuration
  document_id uuid not null, -- configuration
  blob_id uuid not null, -- configuration
  size bigint not null check (size > 0), -- configuration
  received bigint not null default 0 check (received between 0 and size), -- configuration
  -- Whoever writes now, and until when nobody else may. Who finds another name here has lost the upload and keeps nothing.
  claim uuid, -- configuration
  claimed_until timestamptz, -- configuration
  -- The document it became; with is_duplicate one that had the same bytes before.
  result uuid, -- configuration
  is_duplicate boolean not null default false, -- configuration
  card bytea not null, -- content
  origin bytea not null, -- metadata
  -- The API key that began it, which alone may go on; null for a person, who may from any session.
  owner_key uuid, -- configuration
  created_by uuid, -- configuration
  created_key uuid, -- configuration
  created_at timestamptz not null, -- configuration
  updated_by uuid, -- configuration
  updated_key uuid, -- configuration
  updated_at timestamptz not null, -- configuration
  expires_at timestamptz not null -- configuration
);
create index upload_by_creator on {schema}.upload (created_by, id);

-- Named before its bytes are stored, so that a kill leaves nothing that no row tells of. Without a size it counts for nothing.
create table {schema}.upload_part (
  blob_id uuid primary key, -- configuration
  upload_id uuid not null references {schema}.upload on delete cascade, -- configuration
  start_at bigint not null, -- configuration
  size bigint check (size > 0) -- configuration
);
create index upload_part_by_upload on {schema}.upload_part (upload_id);
create unique index upload_part_by_place on {schema}.upload_part (upload_id, start_at) where size is not null;

grant select, insert, update, delete on {schema}.upload, {schema}.upload_part to {login};
