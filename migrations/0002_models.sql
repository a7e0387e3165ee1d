CREATE TABLE models (
  name TEXT PRIMARY KEY, -- owner/name
  created_at INTEGER NOT NULL,
  run_count INTEGER NOT NULL
) WITHOUT ROWID;

-- What the folder versions/<content hash> holds, once its code has been looked at.
CREATE TABLE snapshots (
  content_hash TEXT PRIMARY KEY,
  model TEXT NOT NULL,
  entry TEXT NOT NULL,
  source_dir TEXT NOT NULL,
  run_settings TEXT NOT NULL,
  signature TEXT NOT NULL -- the JSON schemas of input and output that the package declares
) WITHOUT ROWID;

-- An id that a package pins can come to point to other content.
CREATE TABLE versions (
  model TEXT NOT NULL,
  id TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (model, id)
) WITHOUT ROWID;

-- Hashing gigabytes of weights at every start would take minutes.
CREATE TABLE file_hashes (
  path TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  modified_at REAL NOT NULL,
  inode INTEGER NOT NULL,
  sha256 TEXT NOT NULL
) WITHOUT ROWID;
