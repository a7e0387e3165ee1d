-- What decides how much memory is set aside for a version before it is loaded.
ALTER TABLE snapshots ADD COLUMN bytes INTEGER; -- of all its files; null: not counted yet
ALTER TABLE snapshots ADD COLUMN peak_memory INTEGER; -- the most that a runner of it was seen to hold
