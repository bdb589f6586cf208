-- name: SetMode :exec
UPDATE migrations SET mode = @mode WHERE id = @id;

-- name: Unknow :exec
DELETE FROM known WHERE space = @space AND kind = @kind AND source_id = @source_id;

-- name: Due :many
SELECT source_id, digest FROM known WHERE space = @space AND kind = @kind AND seen = @seen AND due = 1 AND source_id > @after ORDER BY source_id LIMIT CAST(@most AS BIGINT);

-- name: Missing :many
SELECT source_id FROM known WHERE space = @space AND kind = @kind AND seen < @seen AND source_id > @after ORDER BY source_id LIMIT CAST(@most AS BIGINT);

-- name: CountSettled :one
SELECT count(*) FROM known WHERE space = @space AND kind = @kind AND seen = @seen AND due = 0 AND digest <> 0;

-- name: AllDue :exec
UPDATE known SET due = 1 WHERE space = @space AND digest <> 0 AND due = 0;

-- name: DropLinksOf :execrows
DELETE FROM links WHERE space = @space AND kind = @kind AND CAST(source_id AS TEXT) = @source_id;

-- What was listed but never came to anything has addresses all the same.
-- name: DropUnknownLinks :exec
DELETE FROM links WHERE space = (SELECT s.space FROM spaces s WHERE s.owner = @owner) AND NOT EXISTS (
  SELECT 1 FROM known k WHERE k.space = links.space AND k.kind = links.kind AND k.source_id = CAST(links.source_id AS TEXT));

-- name: ClearKnown :exec
DELETE FROM known WHERE space = (SELECT s.space FROM spaces s WHERE s.owner = @owner);
