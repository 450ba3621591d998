-- What wakes people, and when it did. A rule is kept as people write it.
CREATE TABLE alert_rules (
  id text PRIMARY KEY,
  project_id text NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  name text NOT NULL,
  rule jsonb NOT NULL,
  -- Rises with every change.
  version bigint NOT NULL,
  created_at_us bigint NOT NULL,
  updated_at_us bigint NOT NULL,
  updated_by text NOT NULL,
  UNIQUE (project_id, name)
);
-- One row a group that was ever anything but ok; those that are ok again go after a while.
CREATE TABLE alert_states (
  id bigint PRIMARY KEY,
  rule_id text NOT NULL REFERENCES alert_rules (id) ON DELETE CASCADE,
  group_key text NOT NULL,
  status text NOT NULL,
  value double precision,
  -- End of the window that says so: what was told already is not told again by a replay.
  window_end_us bigint NOT NULL,
  since_us bigint NOT NULL,
  acknowledged_by text,
  acknowledged_at_us bigint,
  note text,
  UNIQUE (rule_id, group_key)
);
-- Numbers of states and history, in the order in which they were committed.
CREATE TABLE alert_numbers (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  value bigint NOT NULL
);
INSERT INTO alert_numbers (value) VALUES (0);
CREATE TABLE alert_history (
  id bigint PRIMARY KEY,
  project_id text NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  rule_id text NOT NULL,
  group_key text NOT NULL,
  from_status text NOT NULL,
  to_status text NOT NULL,
  value double precision,
  window_end_us bigint NOT NULL,
  at_us bigint NOT NULL,
  -- Who did it; null = the logs did.
  actor text,
  note text,
  -- The rule as it was: name, severity, labels and what else a message says.
  about jsonb NOT NULL
);
CREATE INDEX alert_history_by_project ON alert_history (project_id, id);
-- What is still to be told, one row for each who is.
CREATE TABLE alert_outbox (
  history_id bigint NOT NULL REFERENCES alert_history (id) ON DELETE CASCADE,
  target text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  -- Not before; a sender that takes it moves this on.
  due_at_us bigint NOT NULL,
  PRIMARY KEY (target, history_id)
);
