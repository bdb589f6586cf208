-- +goose Up
-- How the present run works, as JSON.
ALTER TABLE migrations ADD COLUMN mode TEXT NOT NULL DEFAULT '{}';

-- What is remembered of the source's records: the digest of what was moved (0: nothing), the run that saw the record last, and
-- whether it is to be moved.
CREATE TABLE known (
  digest BIGINT NOT NULL,
  space INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  seen BIGINT NOT NULL,
  due INTEGER NOT NULL,
  source_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (space, kind, source_id)
);

-- +goose Down
DROP TABLE known;
ALTER TABLE migrations DROP COLUMN mode;
