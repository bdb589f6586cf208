-- +goose Up
-- What these tables held is in packs (convert.go).
DROP TABLE links;
DROP TABLE known;

-- +goose Down
CREATE TABLE known (
  digest BIGINT NOT NULL,
  space INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  seen BIGINT NOT NULL,
  due INTEGER NOT NULL,
  source_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (space, kind, source_id)
);
CREATE TABLE links (
  hash BIGINT NOT NULL,
  space INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  source_id TEXT COLLATE "C" NOT NULL,
  form TEXT COLLATE "C",
  PRIMARY KEY (space, hash)
);
