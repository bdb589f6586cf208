-- +goose Up
-- What a verifying task has summed up so far.
ALTER TABLE tasks RENAME COLUMN root TO sums;
-- The states that there are; which may follow which is migration.End and migration.Steer. SQLite adds no constraint to a table that is there.
-- +goose StatementBegin
CREATE TRIGGER known_states BEFORE UPDATE OF status, desired ON migrations
WHEN NEW.status NOT IN ('running', 'paused', 'failed', 'done', 'cancelled', 'rolling_back', 'rolled_back') OR NEW.desired NOT IN ('run', 'pause', 'cancel')
BEGIN
  SELECT RAISE(ABORT, 'a state that there is not');
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER known_states;
ALTER TABLE tasks RENAME COLUMN sums TO root;
