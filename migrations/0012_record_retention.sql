-- Whole rows go, too, a while after their data.
CREATE INDEX predictions_without_data ON predictions (completed_at) WHERE data_removed = 1;
