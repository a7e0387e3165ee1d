-- What of the input lies in the folder of the prediction, or has to be downloaded; NULL where nothing does.
ALTER TABLE predictions ADD COLUMN input_parts TEXT;
-- The files whose places in the output are null.
ALTER TABLE predictions ADD COLUMN output_files TEXT;
ALTER TABLE predictions ADD COLUMN streams_files INTEGER NOT NULL DEFAULT 0;
ALTER TABLE predictions ADD COLUMN inline_files INTEGER NOT NULL DEFAULT 0;
ALTER TABLE predictions ADD COLUMN data_removed INTEGER NOT NULL DEFAULT 0;

CREATE INDEX predictions_with_data ON predictions (completed_at) WHERE data_removed = 0 AND completed_at IS NOT NULL;

-- Secret inputs, encrypted; only while the prediction has not ended.
ALTER TABLE predictions ADD COLUMN sealed_secrets BLOB;
