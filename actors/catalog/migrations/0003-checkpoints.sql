-- How far a group of consumers has come in each partition of the commit log, and its state there.
CREATE TABLE checkpoints (
  consumer_group text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL CHECK (partition >= 0),
  -- Who may save: rises with every claim by another owner.
  owner text NOT NULL,
  fence bigint NOT NULL,
  -- The claim under which position and state were saved; 0 = never.
  saved_fence bigint NOT NULL DEFAULT 0,
  position bigint,
  state bytea,
  PRIMARY KEY (consumer_group, topic, partition)
);
