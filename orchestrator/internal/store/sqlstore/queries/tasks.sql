-- name: Tasks :many
SELECT * FROM tasks WHERE migration = @migration ORDER BY id;

-- name: CreateTask :exec
INSERT INTO tasks (migration, stage, kind, seq, range, estimate, max_records, sums) VALUES (@migration, @stage, @kind, @seq, @range, @estimate, @max_records, @sums)
ON CONFLICT (migration, stage, kind, seq) DO NOTHING;

-- name: Claim :one
UPDATE tasks SET fence = fence + 1, owner = @owner WHERE id = @id RETURNING *;

-- Save writes nothing when the fence is stale.
-- name: Save :one
UPDATE tasks SET cursor = @cursor, done = @done, read = @read, created = @created, updated = @updated, unchanged = @unchanged, adopted = @adopted,
  skipped = @skipped, rejected = @rejected, verified = @verified, different = @different, bytes = @bytes, sums = @sums
WHERE id = @id AND fence = @fence RETURNING migration, stage;

-- name: ClearTasks :exec
DELETE FROM tasks WHERE migration = @migration;

-- name: ClearStage :exec
DELETE FROM tasks WHERE migration = @migration AND stage = @stage;
