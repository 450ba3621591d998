-- The version of a rule that is evaluated; another one than `version`: it is not picked up yet.
ALTER TABLE alert_rules ADD COLUMN begun_version bigint NOT NULL DEFAULT 0;
