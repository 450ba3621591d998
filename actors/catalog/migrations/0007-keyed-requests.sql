-- HTTP requests with an Idempotency-Key, kept a day where gateways keep nothing themselves.
CREATE TABLE keyed_requests (
  project_id text NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  -- Hash of project and key.
  producer bigint NOT NULL,
  body_sha256 bytea NOT NULL,
  chunks integer NOT NULL CHECK (chunks > 0),
  -- Chunks 1 to this one are durable.
  last_chunk integer NOT NULL DEFAULT 0,
  accepted bigint NOT NULL DEFAULT 0,
  rejected jsonb NOT NULL DEFAULT '[]',
  created_at_us bigint NOT NULL,
  PRIMARY KEY (project_id, producer)
);
CREATE INDEX keyed_requests_by_time ON keyed_requests (created_at_us);
