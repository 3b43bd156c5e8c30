-- Documents, the text of their pages, and which blobs belong to them. New tables: no lock on anything in use, milliseconds.
-- Undo: drop the three tables.

CREATE TABLE {schema}.document (
  id uuid PRIMARY KEY, -- configuration
  state text NOT NULL CHECK (state IN ('received', 'reading', 'ready', 'unreadable')), -- configuration
  reason text, -- configuration
  content_type text NOT NULL, -- configuration
  size bigint NOT NULL CHECK (size > 0), -- configuration
  page_count integer, -- configuration
  sha256 bytea NOT NULL UNIQUE, -- content, blind
  card bytea NOT NULL, -- content
  origin bytea NOT NULL, -- metadata
  activity_id uuid, -- configuration
  created_by uuid, -- configuration
  created_key uuid, -- configuration
  created_at timestamptz NOT NULL, -- configuration
  updated_by uuid, -- configuration
  updated_key uuid, -- configuration
  updated_at timestamptz NOT NULL, -- configuration
  CHECK (state <> 'unreadable' OR reason IS NOT NULL)
);

-- One row a page, written by the reader. `text` (the text and where its runs stand on the page) is sealed under the
-- key of the document, not the key of the tenant's fields: destroying that key erases it in every backup.
CREATE TABLE {schema}.document_page (
  document_id uuid NOT NULL REFERENCES {schema}.document ON DELETE CASCADE, -- configuration
  page integer NOT NULL CHECK (page > 0), -- configuration
  width real NOT NULL, -- configuration
  height real NOT NULL, -- configuration
  has_text boolean NOT NULL, -- configuration
  text bytea NOT NULL, -- content
  PRIMARY KEY (document_id, page)
);
ALTER TABLE {schema}.document_page ALTER COLUMN text SET STORAGE EXTERNAL;

-- The file itself and the pictures made of it. No foreign key: the rows outlive the document until its blobs are gone.
CREATE TABLE {schema}.document_blob (
  id uuid PRIMARY KEY, -- configuration
  document_id uuid NOT NULL, -- configuration
  use text NOT NULL CHECK (use IN ('original', 'page', 'snip')), -- configuration
  state text NOT NULL CHECK (state IN ('wanted', 'stored', 'failed')), -- configuration
  page integer, -- configuration
  width integer, -- configuration
  snip_id uuid, -- configuration
  size bigint, -- configuration
  created_at timestamptz NOT NULL, -- configuration
  UNIQUE NULLS NOT DISTINCT (document_id, use, page, width, snip_id)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.document, {schema}.document_page, {schema}.document_blob TO {login};
