-- Tokens made over the API, beside those of the configuration. Of each only the SHA-256 is kept.
CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  description TEXT,
  sha256 BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER
) WITHOUT ROWID;
