-- Snips and their tags. New tables: no lock on anything in use, milliseconds. Undo: drop the three tables.
-- `evidence` (quote, position, rectangles) is sealed under the key of the document, so it goes when the document goes;
-- `card` (insight, note, tags) is what the person wrote.

CREATE TABLE {schema}.snip (
  id uuid PRIMARY KEY, -- configuration
  document_id uuid NOT NULL REFERENCES {schema}.document ON DELETE CASCADE, -- configuration
  page integer NOT NULL CHECK (page > 0), -- configuration
  kind text NOT NULL CHECK (kind IN ('text', 'area')), -- configuration
  has_image boolean NOT NULL DEFAULT false, -- configuration
  evidence bytea NOT NULL, -- content
  card bytea NOT NULL, -- content
  origin bytea NOT NULL, -- metadata
  created_by uuid, -- configuration
  created_key uuid, -- configuration
  created_at timestamptz NOT NULL, -- configuration
  updated_by uuid, -- configuration
  updated_key uuid, -- configuration
  updated_at timestamptz NOT NULL -- configuration
);
CREATE INDEX snip_document ON {schema}.snip (document_id, id);
CREATE INDEX snip_author ON {schema}.snip (created_by, id);

-- The words in use as tags: found by a blind index over the folded word, shown as first written.
CREATE TABLE {schema}.tag (
  tag bytea PRIMARY KEY, -- content, blind
  name bytea NOT NULL, -- content
  created_at timestamptz NOT NULL -- configuration
);

CREATE TABLE {schema}.snip_tag (
  tag bytea NOT NULL REFERENCES {schema}.tag, -- content, blind
  snip_id uuid NOT NULL REFERENCES {schema}.snip ON DELETE CASCADE, -- configuration
  PRIMARY KEY (tag, snip_id)
);
CREATE INDEX snip_tag_snip ON {schema}.snip_tag (snip_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.snip, {schema}.tag, {schema}.snip_tag TO {login};
