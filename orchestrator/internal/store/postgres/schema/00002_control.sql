-- +goose Up
-- How fast a migration may go; zero: no limit.
ALTER TABLE migrations ADD COLUMN max_records BIGINT NOT NULL DEFAULT 0;
ALTER TABLE migrations ADD COLUMN max_bytes BIGINT NOT NULL DEFAULT 0;
-- The last sign of life of the process that works on it, and what it waits for as JSON.
ALTER TABLE migrations ADD COLUMN seen BIGINT NOT NULL DEFAULT 0;
ALTER TABLE migrations ADD COLUMN waiting TEXT NOT NULL DEFAULT '[]';

-- +goose Down
ALTER TABLE migrations DROP COLUMN waiting;
ALTER TABLE migrations DROP COLUMN seen;
ALTER TABLE migrations DROP COLUMN max_bytes;
ALTER TABLE migrations DROP COLUMN max_records;
