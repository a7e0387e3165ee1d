CREATE TABLE deployments (
  owner TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- Of the present release; former ones are not kept.
  number INTEGER NOT NULL,
  model TEXT NOT NULL,
  version TEXT NOT NULL,
  hardware TEXT NOT NULL,
  min_instances INTEGER NOT NULL,
  max_instances INTEGER NOT NULL,
  released_at INTEGER NOT NULL,
  released_by TEXT NOT NULL,
  PRIMARY KEY (owner, name)
) WITHOUT ROWID;

CREATE INDEX deployments_by_owner ON deployments (owner, created_at, name);
CREATE INDEX deployments_by_version ON deployments (model, version);

-- The name of a deployment of the same account.
ALTER TABLE predictions ADD COLUMN deployment TEXT;
CREATE INDEX predictions_by_deployment ON predictions (account, deployment, completed_at) WHERE deployment IS NOT NULL;
