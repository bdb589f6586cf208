-- name: find_migration
SELECT id FROM migrations WHERE source_site = ? AND target_site = ? AND selection = ?;

-- name: insert_migration
INSERT INTO migrations (id, source_site, target_site, selection, source, target, run, kinds, stage, status, desired, started, seen)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, 'split', 'running', 'run', ?8, ?8);

-- name: next_run
UPDATE migrations SET run = run + 1, source = ?1, target = ?2, kinds = ?3, stage = 'split', previous = status, status = 'running', desired = 'run',
  failure = NULL, started = ?4, ended = 0, seen = ?4, waiting = '[]' WHERE id = ?5;

-- name: resume_run
UPDATE migrations SET source = ?, target = ?, status = 'running', desired = 'run', failure = NULL, ended = 0, seen = ?, waiting = '[]' WHERE id = ?;

-- name: get_migration
SELECT id, run, source_site, target_site, source, target, selection, kinds, stage, status, previous, desired, failure, started, ended,
  max_records, max_bytes, seen, waiting
FROM migrations WHERE id = ?;

-- name: list_migrations
SELECT id, run, source_site, target_site, source, target, selection, kinds, stage, status, previous, desired, failure, started, ended,
  max_records, max_bytes, seen, waiting
FROM migrations ORDER BY started DESC, id DESC LIMIT ?;

-- name: set_stage
UPDATE migrations SET stage = ? WHERE id = ?;

-- name: set_status
UPDATE migrations SET status = ?, failure = ?, ended = ?, waiting = '[]' WHERE id = ?;

-- name: steer
UPDATE migrations SET desired = ?, status = ?, ended = ? WHERE id = ?;

-- name: set_rate
UPDATE migrations SET max_records = ?, max_bytes = ? WHERE id = ?;

-- name: beat
UPDATE migrations SET seen = ?, waiting = ? WHERE id = ?;

-- name: set_links
UPDATE migrations SET links = ? WHERE id = ?;

-- name: get_links
SELECT links FROM migrations WHERE id = ?;

-- name: set_kinds
UPDATE migrations SET kinds = ? WHERE id = ?;
