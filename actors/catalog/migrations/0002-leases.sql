-- Who alone may do something for a while. Rows stay, so that fencing numbers rise for ever.
CREATE TABLE leases (
  name text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 200),
  holder text NOT NULL,
  fence bigint NOT NULL,
  expires_at timestamptz NOT NULL
);
