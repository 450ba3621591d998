-- Keys have limits of their own beside those of their project (0 = none), and may sign requests in
-- place of being sent: then their secret is kept, sealed under the installation's key.
ALTER TABLE project_keys
  ADD COLUMN records_per_second bigint NOT NULL DEFAULT 0 CHECK (records_per_second >= 0),
  ADD COLUMN bytes_per_second bigint NOT NULL DEFAULT 0 CHECK (bytes_per_second >= 0),
  ADD COLUMN sealed_secret bytea;
