-- What has to be sent, and what became of it; goes with the data of the prediction.
CREATE TABLE webhook_deliveries (
  seq INTEGER PRIMARY KEY, -- the order in which those of one prediction are sent
  id TEXT NOT NULL, -- the same over all tries
  prediction_id TEXT NOT NULL,
  account TEXT NOT NULL,
  event TEXT NOT NULL,
  url TEXT NOT NULL,
  receiver TEXT NOT NULL, -- the origin of the URL
  body TEXT, -- of the last event, as it is signed and sent; others are rendered when they are sent
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  next_try_at INTEGER, -- while it waits
  tries TEXT NOT NULL
);

CREATE UNIQUE INDEX webhook_deliveries_by_id ON webhook_deliveries (id);
CREATE INDEX webhook_deliveries_by_prediction ON webhook_deliveries (prediction_id, seq);
-- Small at all times: what the dispatcher looks at.
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (receiver, next_try_at) WHERE state = 'waiting';

CREATE TABLE webhook_secrets (
  account TEXT NOT NULL,
  secret TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  retires_at INTEGER, -- set when another has taken its place
  PRIMARY KEY (account, secret)
) WITHOUT ROWID;
