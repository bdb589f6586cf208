-- name: tasks
SELECT id, stage, kind, seq, range, estimate, max_records, cursor, done, fence,
  read, created, updated, unchanged, adopted, skipped, rejected, verified, different, bytes, root
FROM tasks WHERE migration = ? ORDER BY id;

-- name: task
SELECT id, stage, kind, seq, range, estimate, max_records, cursor, done, fence,
  read, created, updated, unchanged, adopted, skipped, rejected, verified, different, bytes, root
FROM tasks WHERE id = ?;

-- name: create_task
INSERT OR IGNORE INTO tasks (migration, stage, kind, seq, range, estimate, max_records, root) VALUES (?, ?, ?, ?, ?, ?, ?, x'');

-- name: claim
UPDATE tasks SET fence = fence + 1, owner = ? WHERE id = ?;

-- name: save
UPDATE tasks SET cursor = ?, done = ?, read = ?, created = ?, updated = ?, unchanged = ?, adopted = ?, skipped = ?, rejected = ?,
  verified = ?, different = ?, bytes = ?, root = coalesce(?, x'') WHERE id = ? AND fence = ? RETURNING migration;
