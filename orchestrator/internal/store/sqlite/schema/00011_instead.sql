-- +goose Up
-- What on the target stands in for what a loss is about: an account for the authors who are not moved.
ALTER TABLE losses ADD COLUMN instead TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE losses DROP COLUMN instead;
