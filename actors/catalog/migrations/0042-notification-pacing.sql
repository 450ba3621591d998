-- How often a channel is told of what.
ALTER TABLE alert_channels ADD COLUMN group_by jsonb NOT NULL DEFAULT '["alertname"]';
ALTER TABLE alert_channels ADD COLUMN wait_s integer NOT NULL DEFAULT 0;
ALTER TABLE alert_channels ADD COLUMN interval_s integer NOT NULL DEFAULT 0;
-- 0 = it is never told again.
ALTER TABLE alert_channels ADD COLUMN repeat_s integer NOT NULL DEFAULT 0;
ALTER TABLE alert_channels ADD COLUMN cooldown_s integer NOT NULL DEFAULT 0;
-- That something still fires, for the how many-th time; 0 = it is news.
ALTER TABLE alert_outbox ADD COLUMN reminder integer NOT NULL DEFAULT 0;
-- Attempts of which it is known that they told nobody.
ALTER TABLE alert_outbox ADD COLUMN failures integer NOT NULL DEFAULT 0;
UPDATE alert_outbox o SET failures = (
  SELECT count(*) FROM alert_deliveries d
  WHERE 'channel:' || d.channel_id = o.target AND d.outcome = 'failed'
    AND o.history_id = ANY(d.changes)
);
ALTER TABLE alert_deliveries ADD COLUMN reminder boolean NOT NULL DEFAULT false;
-- When a channel got its last message of a group of alerts, and until when the next one gathers.
CREATE TABLE alert_paces (
  channel_id text NOT NULL REFERENCES alert_channels (id) ON DELETE CASCADE,
  -- Digest of what its alerts have in common.
  pace_group text NOT NULL,
  told_at_us bigint,
  -- null = it does not gather.
  due_at_us bigint,
  -- Rises with every change, and who made the last one.
  version bigint NOT NULL,
  mark text NOT NULL,
  PRIMARY KEY (channel_id, pace_group)
);
-- What a channel was told of an alert last.
CREATE TABLE alert_told (
  channel_id text NOT NULL REFERENCES alert_channels (id) ON DELETE CASCADE,
  rule_id text NOT NULL,
  group_key text NOT NULL,
  status text NOT NULL,
  told_at_us bigint NOT NULL,
  reminders integer NOT NULL,
  PRIMARY KEY (channel_id, rule_id, group_key)
);
CREATE INDEX alert_told_firing ON alert_told (channel_id, told_at_us) WHERE status = 'firing';
CREATE INDEX alert_history_by_alert ON alert_history (rule_id, group_key, id);
