-- +goose Up
-- Where the record was edited since it was moved: source, target, both; empty: not known.
ALTER TABLE differences ADD COLUMN altered TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE differences DROP COLUMN altered;
