-- +goose Up
-- The link index and what is remembered of records: many entries in a row, because each row costs some 70 bytes of its own. part
-- says of what (see packs.go), bucket which entries, data holds them.
CREATE TABLE packs (
  bucket BIGINT NOT NULL,
  space INTEGER NOT NULL,
  part SMALLINT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (space, part, bucket)
) WITH (fillfactor = 80);
-- Entries are found by their first bytes and not by parts of them: to compress them would only take time.
ALTER TABLE packs ALTER COLUMN data SET STORAGE EXTERNAL;

-- How many bits of a hash make its bucket.
ALTER TABLE spaces ADD COLUMN bits INTEGER NOT NULL DEFAULT 16;

-- +goose Down
ALTER TABLE spaces DROP COLUMN bits;
DROP TABLE packs;
