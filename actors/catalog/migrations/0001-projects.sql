-- Projects, their keys, and sessions of people. Times are microseconds since 1970.
CREATE TABLE catalog_version (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  value bigint NOT NULL
);
INSERT INTO catalog_version (value) VALUES (1);

CREATE TABLE projects (
  id text PRIMARY KEY CHECK (id ~ '^[a-z0-9]{10}$'),
  name text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
  created_at_us bigint NOT NULL,
  retention_days integer NOT NULL CHECK (retention_days >= 0),
  -- Quotas; 0 = none.
  records_per_second bigint NOT NULL DEFAULT 0 CHECK (records_per_second >= 0),
  bytes_per_second bigint NOT NULL DEFAULT 0 CHECK (bytes_per_second >= 0)
);

CREATE TABLE project_keys (
  id text PRIMARY KEY CHECK (id ~ '^[a-z0-9]{12}$'),
  project_id text NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  secret_sha256 bytea NOT NULL CHECK (length(secret_sha256) = 32),
  -- 'ingest', 'read', or both with a comma.
  scopes text NOT NULL CHECK (scopes IN ('ingest', 'read', 'ingest,read')),
  created_at_us bigint NOT NULL,
  expires_at_us bigint,
  last_used_at_us bigint,
  revoked_at_us bigint
);
CREATE INDEX project_keys_by_project ON project_keys (project_id, created_at_us);

CREATE TABLE sessions (
  token_sha256 bytea PRIMARY KEY CHECK (length(token_sha256) = 32),
  role text NOT NULL CHECK (role IN ('administrator')),
  created_at_us bigint NOT NULL,
  expires_at_us bigint NOT NULL
);
