-- Why a rule is not evaluated, where its owners still have to be told, and where they were.
CREATE TABLE alert_faults (
  rule_id text PRIMARY KEY REFERENCES alert_rules (id) ON DELETE CASCADE,
  version bigint NOT NULL,
  message text NOT NULL,
  told boolean NOT NULL DEFAULT false,
  -- Not before; whoever takes it moves this on.
  due_at_us bigint NOT NULL
);
CREATE INDEX alert_faults_untold ON alert_faults (due_at_us) WHERE NOT told;
