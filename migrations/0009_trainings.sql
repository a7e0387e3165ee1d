-- A training is a prediction whose result becomes a version of this model (owner/name); NULL for all others.
ALTER TABLE predictions ADD COLUMN destination TEXT;

CREATE INDEX trainings_by_account ON predictions (account, created_at, id) WHERE destination IS NOT NULL;
