-- How far the groups of an anomaly are from knowing what is usual; of the version of the rule.
ALTER TABLE alert_rules ADD COLUMN warm_up jsonb;
