-- People: their accounts, what they may do in projects, and how they are signed in.
CREATE TABLE accounts (
  id text PRIMARY KEY CHECK (id ~ '^[a-z0-9]{12}$'),
  -- In lower case.
  email text NOT NULL UNIQUE CHECK (length(email) BETWEEN 3 AND 254),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  -- Of scrypt, with its parameters.
  password_hash text NOT NULL,
  administrator boolean NOT NULL DEFAULT false,
  created_at_us bigint NOT NULL,
  last_sign_in_at_us bigint,
  disabled_at_us bigint
);

-- Roles of one project's own, beside those that every project has.
CREATE TABLE project_roles (
  project_id text NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 50),
  -- Names with commas.
  permissions text NOT NULL,
  PRIMARY KEY (project_id, name)
);

CREATE TABLE project_members (
  project_id text NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  account_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  role text NOT NULL CHECK (length(role) BETWEEN 1 AND 50),
  since_us bigint NOT NULL,
  PRIMARY KEY (project_id, account_id)
);
CREATE INDEX project_members_by_account ON project_members (account_id);

-- One row for each sign-in: its refresh tokens are a family that is numbered through. A row that
-- is gone has ended.
CREATE TABLE sign_ins (
  id text PRIMARY KEY CHECK (id ~ '^[a-z0-9]{24}$'),
  account_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  -- The refresh token that is good now.
  generation integer NOT NULL DEFAULT 1,
  rotated_at_us bigint NOT NULL,
  created_at_us bigint NOT NULL,
  expires_at_us bigint NOT NULL
);
CREATE INDEX sign_ins_by_account ON sign_ins (account_id);

CREATE TABLE api_tokens (
  id text PRIMARY KEY CHECK (id ~ '^[a-z0-9]{12}$'),
  account_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  secret_sha256 bytea NOT NULL CHECK (length(secret_sha256) = 32),
  created_at_us bigint NOT NULL,
  expires_at_us bigint,
  last_used_at_us bigint
);
CREATE INDEX api_tokens_by_account ON api_tokens (account_id);

CREATE TABLE password_resets (
  token_sha256 bytea PRIMARY KEY CHECK (length(token_sha256) = 32),
  account_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  expires_at_us bigint NOT NULL
);

-- Keys of the installation, each sealed under an administrator's token.
CREATE TABLE installation_keys (
  id text PRIMARY KEY,
  sealed bytea NOT NULL,
  created_at_us bigint NOT NULL
);
