-- The index that holds a project's rows of one period. Rows outlive their project, because the
-- index does.
CREATE TABLE index_placements (
  project_id text NOT NULL,
  period text NOT NULL,
  index_name text NOT NULL,
  shards integer NOT NULL CHECK (shards > 0),
  shared boolean NOT NULL,
  PRIMARY KEY (project_id, period)
);
CREATE INDEX index_placements_by_index ON index_placements (index_name);
