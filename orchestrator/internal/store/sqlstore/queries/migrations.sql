-- name: AddMigration :execrows
INSERT INTO migrations (id, source_site, target_site, selection, source, target, run, kinds, stage, status, desired, started, seen)
VALUES (@id, @source_site, @target_site, @selection, @source, @target, 1, @kinds, 'split', 'running', 'run', @started, @started)
ON CONFLICT (source_site, target_site, selection) DO NOTHING;

-- FindMigration and LockMigration hold the row until the transaction ends, so that what is decided upon what they give stays true.
-- name: FindMigration :one
UPDATE migrations SET seen = seen WHERE source_site = @source_site AND target_site = @target_site AND selection = @selection RETURNING *;

-- name: LockMigration :one
UPDATE migrations SET seen = seen WHERE id = @id RETURNING *;

-- name: NextRun :exec
UPDATE migrations SET run = run + 1, source = @source, target = @target, kinds = @kinds, stage = 'split', previous = status, status = 'running', desired = 'run',
  failure = NULL, started = @started, ended = 0, seen = @started, waiting = '[]' WHERE id = @id;

-- name: ResumeRun :exec
UPDATE migrations SET source = @source, target = @target, status = 'running', desired = 'run', failure = NULL, ended = 0, seen = @seen, waiting = '[]' WHERE id = @id;

-- name: GetMigration :one
SELECT * FROM migrations WHERE id = @id;

-- name: ListMigrations :many
SELECT * FROM migrations ORDER BY started DESC, id DESC LIMIT CAST(@most AS BIGINT);

-- name: SetStage :exec
UPDATE migrations SET stage = @stage WHERE id = @id;

-- name: SetStatus :exec
UPDATE migrations SET status = @status, failure = @failure, ended = @ended, waiting = '[]' WHERE id = @id;

-- name: Steer :exec
UPDATE migrations SET desired = @desired, status = @status, ended = @ended WHERE id = @id;

-- name: SetRate :execrows
UPDATE migrations SET max_records = @max_records, max_bytes = @max_bytes WHERE id = @id;

-- name: Beat :execrows
UPDATE migrations SET seen = @seen, waiting = @waiting WHERE id = @id;

-- name: SetLinks :execrows
UPDATE migrations SET links = @links WHERE id = @id;

-- name: SetKinds :exec
UPDATE migrations SET kinds = @kinds WHERE id = @id;
