-- How people work together in a project, and what is known of what they did.
CREATE TABLE invitations (
  id text PRIMARY KEY CHECK (id ~ '^[a-z0-9]{12}$'),
  project_id text NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  token_sha256 bytea NOT NULL UNIQUE CHECK (length(token_sha256) = 32),
  -- In lower case; NULL = whoever has the link.
  email text CHECK (length(email) BETWEEN 3 AND 254),
  role text NOT NULL CHECK (length(role) BETWEEN 1 AND 50),
  created_at_us bigint NOT NULL,
  expires_at_us bigint NOT NULL,
  -- An account; NULL = the administrator's token.
  created_by text REFERENCES accounts (id) ON DELETE SET NULL
);
CREATE INDEX invitations_by_project ON invitations (project_id, created_at_us);

CREATE TABLE saved_views (
  id text PRIMARY KEY CHECK (id ~ '^[a-z0-9]{12}$'),
  project_id text NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  address text NOT NULL CHECK (length(address) <= 16384),
  shared boolean NOT NULL,
  created_by text REFERENCES accounts (id) ON DELETE CASCADE,
  updated_at_us bigint NOT NULL,
  -- Rises with every change, so that of two tabs one is told.
  version integer NOT NULL DEFAULT 1
);
CREATE INDEX saved_views_by_project ON saved_views (project_id, name);

-- Who did what; outlives accounts and projects.
CREATE TABLE audit_entries (
  -- Rises: the writer goes on behind the highest.
  id bigint PRIMARY KEY,
  at_us bigint NOT NULL,
  actor text NOT NULL,
  actor_name text NOT NULL,
  peer text NOT NULL,
  action text NOT NULL,
  project_id text,
  detail jsonb NOT NULL
);
CREATE INDEX audit_entries_by_time ON audit_entries (at_us);
CREATE INDEX audit_entries_by_project ON audit_entries (project_id, id);

-- Settings of the installation that people change while it runs, as JSON by name.
CREATE TABLE system_settings (
  name text PRIMARY KEY,
  value jsonb NOT NULL
);

-- Projects whose rows still have to go: batches that were on their way may come after the deletion.
CREATE TABLE deleted_projects (
  id text PRIMARY KEY,
  deleted_at_us bigint NOT NULL
);
