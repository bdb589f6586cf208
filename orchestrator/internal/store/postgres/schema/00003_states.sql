-- +goose Up
-- What a verifying task has summed up so far.
ALTER TABLE tasks RENAME COLUMN root TO sums;
-- The states that there are; which may follow which is migration.End and migration.Steer.
ALTER TABLE migrations ADD CONSTRAINT known_status CHECK (status IN ('running', 'paused', 'failed', 'done', 'cancelled', 'rolling_back', 'rolled_back'));
ALTER TABLE migrations ADD CONSTRAINT known_wish CHECK (desired IN ('run', 'pause', 'cancel'));

-- +goose Down
ALTER TABLE migrations DROP CONSTRAINT known_wish;
ALTER TABLE migrations DROP CONSTRAINT known_status;
ALTER TABLE tasks RENAME COLUMN sums TO root;
