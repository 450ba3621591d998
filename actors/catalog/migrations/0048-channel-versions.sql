-- Rises with every change, so that of two who change one channel the later one is told.
ALTER TABLE alert_channels ADD COLUMN version integer NOT NULL DEFAULT 1;
