-- name: find_migration
SELECT id FROM migrations WHERE source_site = ? AND target_site = ? AND selection = ?;

-- name: insert_migration
INSERT INTO migrations (id, source_site, target_site, selection, source, target, run, kinds, stage, status, desired, started)
VALUES (?, ?, ?, ?, ?, ?, 1, ?, 'split', 'running', 'run', ?);

-- name: next_run
UPDATE migrations SET run = run + 1, source = ?, target = ?, kinds = ?, stage = 'split', previous = status, status = 'running', desired = 'run',
  failure = NULL, started = ?, ended = 0 WHERE id = ?;

-- name: resume_run
UPDATE migrations SET source = ?, target = ?, status = 'running', desired = 'run', failure = NULL, ended = 0 WHERE id = ?;

-- name: get_migration
SELECT id, run, source_site, target_site, source, target, selection, kinds, stage, status, previous, desired, failure, started, ended
FROM migrations WHERE id = ?;

-- name: list_migrations
SELECT id, run, source_site, target_site, source, target, selection, kinds, stage, status, previous, desired, failure, started, ended
FROM migrations ORDER BY started DESC, id DESC LIMIT ?;

-- name: set_stage
UPDATE migrations SET stage = ? WHERE id = ?;

-- name: set_status
UPDATE migrations SET status = ?, failure = ?, ended = ? WHERE id = ?;

-- name: steer
UPDATE migrations SET desired = ? WHERE id = ?;

-- name: set_links
UPDATE migrations SET links = ? WHERE id = ?;

-- name: get_links
SELECT links FROM migrations WHERE id = ?;

-- name: set_kinds
UPDATE migrations SET kinds = ? WHERE id = ?;
