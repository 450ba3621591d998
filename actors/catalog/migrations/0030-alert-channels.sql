-- Where alerts are told, and what came of it.
CREATE TABLE alert_channels (
  id text PRIMARY KEY,
  project_id text NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  kind text NOT NULL,
  -- Where it leads, without what is secret.
  target text NOT NULL,
  -- Settings as JSON, sealed under the installation's key.
  sealed bytea NOT NULL,
  enabled boolean NOT NULL,
  severity text NOT NULL,
  labels jsonb NOT NULL,
  created_at_us bigint NOT NULL,
  updated_at_us bigint NOT NULL,
  UNIQUE (project_id, name)
);
CREATE TABLE alert_deliveries (
  id text PRIMARY KEY,
  channel_id text NOT NULL REFERENCES alert_channels (id) ON DELETE CASCADE,
  at_us bigint NOT NULL,
  attempt integer NOT NULL,
  outcome text NOT NULL,
  status integer,
  answer text NOT NULL,
  took_ms integer NOT NULL,
  -- Of alert_history; empty for a test.
  changes bigint[] NOT NULL,
  possibly_repeated boolean NOT NULL
);
CREATE INDEX alert_deliveries_by_channel ON alert_deliveries (channel_id, id);
CREATE INDEX alert_deliveries_by_time ON alert_deliveries (at_us);
