-- Where in the commit log a project's batches go; several for a large one, spread by producer.
CREATE TABLE project_partitions (
  project_id text PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
  partitions integer[] NOT NULL CHECK (cardinality(partitions) > 0)
);
