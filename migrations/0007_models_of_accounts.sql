-- A model belongs to whoever put its package into a folder of the server ('package'), or made it over the API ('account').
ALTER TABLE models ADD COLUMN origin TEXT NOT NULL DEFAULT 'package';
-- What is told of a model of an account: JSON, as a package tells it in model.yaml, README.md and examples.
ALTER TABLE models ADD COLUMN about TEXT;
-- Of a model of an account: the version that a run uses which names none.
ALTER TABLE models ADD COLUMN current_version TEXT;

-- Versions that were deleted, while predictions of them are left.
CREATE TABLE version_removals (
  model TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (model, id)
) WITHOUT ROWID;
