-- Times in which nobody is told of certain alerts. They stay for a while after their end.
CREATE TABLE silences (
  id text PRIMARY KEY,
  project_id text NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  matchers jsonb NOT NULL,
  starts_at_us bigint NOT NULL,
  ends_at_us bigint NOT NULL,
  comment text NOT NULL,
  created_by text NOT NULL,
  created_at_us bigint NOT NULL,
  -- Rises with every change.
  version integer NOT NULL DEFAULT 1
);
CREATE INDEX silences_by_project ON silences (project_id, ends_at_us);
CREATE INDEX silences_by_end ON silences (ends_at_us);
-- The silence, id@version, that holds it back for as long as it is active.
ALTER TABLE alert_outbox ADD COLUMN held_by text;
