-- With the model in it, a list of one model's predictions passes over those of others without reading their rows.
DROP INDEX predictions_by_account;
CREATE INDEX predictions_by_account ON predictions (account, created_at, id, model);
-- Those that are looked for among many that succeeded.
CREATE INDEX predictions_ended_badly ON predictions (account, created_at, id) WHERE status IN ('failed', 'canceled', 'aborted');
