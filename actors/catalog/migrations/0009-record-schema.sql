-- JSON Schema that a project's records have to fit, as text; NULL = none.
ALTER TABLE projects ADD COLUMN record_schema text CHECK (length(record_schema) <= 65536);
