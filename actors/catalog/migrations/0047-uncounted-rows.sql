-- Rows that a rule did not count, of the version that is evaluated; null = there were none.
ALTER TABLE alert_rules ADD COLUMN uncounted jsonb;
