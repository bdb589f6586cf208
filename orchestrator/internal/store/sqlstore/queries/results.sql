-- name: AddLoss :exec
INSERT INTO losses (migration, kind, code, field, count, instead) VALUES (@migration, @kind, @code, @field, @count, @instead)
ON CONFLICT (migration, kind, code, field) DO UPDATE SET count = losses.count + excluded.count,
  instead = CASE excluded.instead WHEN '' THEN losses.instead ELSE excluded.instead END;

-- name: AddLossRef :exec
INSERT INTO loss_refs (migration, kind, code, field, source_id)
SELECT l.migration, l.kind, l.code, l.field, CAST(@source_id AS TEXT) FROM losses l
WHERE l.migration = @migration AND l.kind = @kind AND l.code = @code AND l.field = @field
  AND (SELECT count(*) FROM loss_refs r WHERE r.migration = l.migration AND r.kind = l.kind AND r.code = l.code AND r.field = l.field) < CAST(@most AS BIGINT)
ON CONFLICT (migration, kind, code, field, source_id) DO NOTHING;

-- name: CountLossRefs :one
SELECT count(*) FROM loss_refs WHERE migration = @migration AND kind = @kind AND code = @code AND field = @field;

-- name: AddUnmoved :exec
INSERT INTO unmoved (migration, kind, source_id, outcome, code, cause, fix) VALUES (@migration, @kind, @source_id, @outcome, @code, @cause, @fix)
ON CONFLICT (migration, kind, source_id) DO UPDATE SET outcome = excluded.outcome, code = excluded.code, cause = excluded.cause, fix = excluded.fix;

-- name: AddDifference :exec
INSERT INTO differences (migration, stage, kind, source_id, field, altered) VALUES (@migration, @stage, @kind, @source_id, @field, @altered)
ON CONFLICT (migration, stage, kind, source_id, field) DO NOTHING;

-- name: AddFinding :exec
INSERT INTO findings (migration, finding) VALUES (@migration, @finding) ON CONFLICT (migration, finding) DO NOTHING;

-- name: Space :one
SELECT space FROM spaces WHERE owner = @owner;

-- name: Losses :many
SELECT kind, code, field, count, instead FROM losses WHERE migration = @migration ORDER BY kind, code, field LIMIT CAST(@most AS BIGINT);

-- name: LossRefs :many
SELECT kind, code, field, source_id FROM loss_refs WHERE migration = @migration ORDER BY kind, code, field, source_id;

-- name: Rejected :many
SELECT kind, source_id, outcome, code, cause, fix FROM unmoved WHERE migration = @migration AND outcome = 6 ORDER BY kind, source_id LIMIT CAST(@most AS BIGINT);

-- name: Differences :many
SELECT kind, source_id, field, altered FROM differences WHERE migration = @migration AND stage = @stage ORDER BY kind, source_id, field LIMIT CAST(@most AS BIGINT);

-- name: Findings :many
SELECT finding FROM findings WHERE migration = @migration ORDER BY finding LIMIT CAST(@most AS BIGINT);

-- name: SaveReport :exec
INSERT INTO reports (migration, run, report) VALUES (@migration, @run, @report) ON CONFLICT (migration, run) DO UPDATE SET report = excluded.report;

-- name: Report :one
SELECT report FROM reports WHERE migration = @migration ORDER BY run DESC LIMIT 1;

-- name: AppendLog :exec
INSERT INTO logs (migration, line) VALUES (@migration, @line);

-- name: LogsAfter :many
SELECT number, line FROM logs WHERE number > @after AND (CAST(@migration AS TEXT) = '' OR migration = @migration) ORDER BY number LIMIT CAST(@most AS BIGINT);

-- name: LogsLast :many
SELECT l.number, l.line FROM (
  SELECT number, line FROM logs WHERE CAST(@migration AS TEXT) = '' OR migration = @migration ORDER BY number DESC LIMIT CAST(@most AS BIGINT)
) l ORDER BY l.number;

-- name: ClearLosses :exec
DELETE FROM losses WHERE migration = @migration;

-- name: ClearLossRefs :exec
DELETE FROM loss_refs WHERE migration = @migration;

-- name: ClearUnmoved :exec
DELETE FROM unmoved WHERE migration = @migration;

-- name: ClearDifferences :exec
DELETE FROM differences WHERE migration = @migration;

-- name: ClearDifferencesOf :exec
DELETE FROM differences WHERE migration = @migration AND stage = @stage;

-- name: ClearFindings :exec
DELETE FROM findings WHERE migration = @migration;

-- name: DropSpace :exec
DELETE FROM spaces WHERE owner = @owner;
