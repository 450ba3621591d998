-- The zone of times that name none: an IANA name or an offset such as +05:30.
ALTER TABLE projects ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC'
  CHECK (length(time_zone) BETWEEN 1 AND 64);
