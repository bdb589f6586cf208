-- Of two records with one address the smaller ref counts.
-- name: AddLinks :exec
INSERT INTO links (space, hash, kind, source_id, form)
SELECT CAST(@space AS INTEGER), CAST(key AS INTEGER), CAST(@kind AS INTEGER), value, nullif(CAST(@form AS TEXT), '') FROM json_each(CAST(@links AS TEXT)) WHERE true
ON CONFLICT (space, hash) DO UPDATE SET kind = excluded.kind, source_id = excluded.source_id, form = excluded.form
WHERE (excluded.kind, length(excluded.source_id), CAST(excluded.source_id AS TEXT), coalesce(excluded.form, ''))
  < (links.kind, length(links.source_id), CAST(links.source_id AS TEXT), coalesce(links.form, ''));

-- Where nothing of the kind was left behind, as a rule, the list is not taken apart.
-- name: UnmovedOf :many
SELECT unmoved.source_id FROM unmoved WHERE unmoved.migration = @migration AND unmoved.kind = @kind AND unmoved.outcome = @outcome AND unmoved.source_id IN (
  SELECT value FROM json_each(CASE WHEN EXISTS (SELECT 1 FROM unmoved u WHERE u.migration = @migration AND u.kind = @kind) THEN CAST(@source_ids AS TEXT) ELSE '[]' END));

-- name: See :exec
INSERT INTO known (space, kind, source_id, digest, seen, due)
SELECT CAST(@space AS INTEGER), json_extract(value, '$[0]'), json_extract(value, '$[1]'), 0, CAST(@run AS INTEGER), json_extract(value, '$[2]') FROM json_each(CAST(@records AS TEXT)) WHERE true
ON CONFLICT (space, kind, source_id) DO UPDATE SET seen = excluded.seen, due = known.due | excluded.due;

-- name: Know :exec
INSERT INTO known (space, kind, source_id, digest, seen, due)
SELECT CAST(@space AS INTEGER), CAST(@kind AS INTEGER), key, value, CAST(@run AS INTEGER), 0 FROM json_each(CAST(@digests AS TEXT)) WHERE true
ON CONFLICT (space, kind, source_id) DO UPDATE SET digest = excluded.digest, seen = excluded.seen, due = 0;

-- KnownOf gives each digest and, behind a blank, the source id.
-- name: KnownOf :many
SELECT CAST(CAST(digest AS TEXT) || ' ' || source_id AS TEXT) AS known FROM known WHERE space = @space AND kind = @kind AND source_id IN (SELECT value FROM json_each(CAST(@source_ids AS TEXT)));

-- name: DropStaleLinks :execrows
DELETE FROM links WHERE links.space = @space AND hash IN (SELECT value FROM json_each(CAST(@hashes AS TEXT))) AND NOT EXISTS (
  SELECT 1 FROM known k WHERE k.space = links.space AND k.kind = links.kind AND k.source_id = CAST(links.source_id AS TEXT) AND k.seen = @run);

-- name: AddSpace :exec
INSERT INTO spaces (owner) VALUES (@owner) ON CONFLICT (owner) DO NOTHING;

-- name: FindLink :one
SELECT kind, CAST(source_id AS TEXT) AS source_id, form FROM links WHERE space = @space AND hash = @hash;

-- name: ClearLinks :exec
DELETE FROM links WHERE space = @space;

-- name: Unknow :exec
DELETE FROM known WHERE space = @space AND kind = @kind AND source_id = @source_id;

-- name: Due :many
SELECT source_id, digest FROM known WHERE space = @space AND kind = @kind AND seen = @seen AND due = 1 AND source_id > @after ORDER BY source_id LIMIT @most;

-- name: Missing :many
SELECT source_id FROM known WHERE space = @space AND kind = @kind AND seen < @seen AND source_id > @after ORDER BY source_id LIMIT @most;

-- name: CountSettled :one
SELECT count(*) FROM known WHERE space = @space AND kind = @kind AND seen = @seen AND due = 0 AND digest <> 0;

-- name: AllDue :exec
UPDATE known SET due = 1 WHERE space = @space AND digest <> 0 AND due = 0;

-- name: DropLinksOf :execrows
DELETE FROM links WHERE space = @space AND kind = @kind AND CAST(source_id AS TEXT) = @source_id;

-- What was listed but never came to anything has addresses all the same.
-- name: DropUnknownLinks :exec
DELETE FROM links WHERE links.space = @space AND NOT EXISTS (
  SELECT 1 FROM known k WHERE k.space = links.space AND k.kind = links.kind AND k.source_id = CAST(links.source_id AS TEXT));

-- name: ClearKnown :exec
DELETE FROM known WHERE space = @space;
