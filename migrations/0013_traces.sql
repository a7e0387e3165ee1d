-- Where a prediction belongs in the traces of others: JSON, as W3C Trace Context has it; NULL where nobody traces.
ALTER TABLE predictions ADD COLUMN trace TEXT;
