CREATE TABLE predictions (
  id TEXT NOT NULL,
  account TEXT NOT NULL,
  model TEXT NOT NULL,
  version TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  status TEXT NOT NULL,
  revision INTEGER NOT NULL,
  source TEXT NOT NULL,
  input TEXT NOT NULL,
  output TEXT,
  logs TEXT NOT NULL,
  error TEXT,
  metrics TEXT,
  created_at INTEGER NOT NULL,
  claimed_at INTEGER,
  started_at INTEGER,
  completed_at INTEGER,
  deadline INTEGER,
  webhook TEXT,
  webhook_events_filter TEXT,
  origin TEXT NOT NULL,
  stream_secret TEXT,
  idempotency_key TEXT,
  request_hash TEXT
);

CREATE UNIQUE INDEX predictions_by_id ON predictions (id);
CREATE INDEX predictions_by_account ON predictions (account, created_at, id);
CREATE INDEX predictions_from_web ON predictions (account, created_at, id) WHERE source = 'web';
CREATE UNIQUE INDEX predictions_by_idempotency_key ON predictions (account, idempotency_key) WHERE idempotency_key IS NOT NULL;
-- Small at all times: what a restart has to look at.
CREATE INDEX predictions_unfinished ON predictions (created_at, id) WHERE completed_at IS NULL;

-- Output and logs of running predictions; folded into the prediction's own row when it ends.
CREATE TABLE prediction_chunks (
  prediction_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (prediction_id, seq)
) WITHOUT ROWID;
