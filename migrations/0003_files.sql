-- Uploads; the bytes of each lie in files/<id>.
CREATE TABLE files (
  id TEXT NOT NULL,
  account TEXT NOT NULL,
  name TEXT NOT NULL,
  content_type TEXT NOT NULL,
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  md5 TEXT NOT NULL,
  metadata TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
);

CREATE UNIQUE INDEX files_by_id ON files (id);
CREATE INDEX files_by_account ON files (account, created_at, id);
CREATE INDEX files_by_expiry ON files (expires_at);
