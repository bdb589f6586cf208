-- Of two records with one address the smaller ref counts; in one statement a row can be met only once.
-- name: AddLinks :exec
INSERT INTO links (space, hash, kind, source_id, form)
SELECT DISTINCT ON (l.hash) CAST(@space AS BIGINT), l.hash, CAST(CAST(@kind AS BIGINT) AS INTEGER), l.source_id, nullif(CAST(@form AS TEXT), '')
FROM (
  SELECT CAST(l.key AS BIGINT) AS hash, l.value AS source_id FROM json_each_text(CAST(CAST(@links AS TEXT) AS JSON)) AS l
) AS l
ORDER BY l.hash, length(l.source_id), l.source_id COLLATE "C"
ON CONFLICT (space, hash) DO UPDATE SET kind = excluded.kind, source_id = excluded.source_id, form = excluded.form
WHERE (excluded.kind, length(excluded.source_id), excluded.source_id, coalesce(excluded.form, ''))
  < (links.kind, length(links.source_id), links.source_id, coalesce(links.form, ''));

-- name: UnmovedOf :many
SELECT source_id FROM unmoved WHERE migration = @migration AND kind = @kind AND outcome = @outcome
  AND source_id IN (SELECT json_array_elements_text(CAST(CAST(@source_ids AS TEXT) AS JSON)));

-- name: See :exec
INSERT INTO known (space, kind, source_id, digest, seen, due)
SELECT CAST(@space AS BIGINT), CAST(r ->> 0 AS INTEGER), r ->> 1, 0, CAST(@run AS BIGINT), CAST(r ->> 2 AS INTEGER) FROM json_array_elements(CAST(CAST(@records AS TEXT) AS JSON)) AS r
ON CONFLICT (space, kind, source_id) DO UPDATE SET seen = excluded.seen, due = known.due | excluded.due;

-- name: Know :exec
INSERT INTO known (space, kind, source_id, digest, seen, due)
SELECT CAST(@space AS BIGINT), CAST(CAST(@kind AS BIGINT) AS INTEGER), r.key, CAST(r.value AS BIGINT), CAST(@run AS BIGINT), 0 FROM json_each_text(CAST(CAST(@digests AS TEXT) AS JSON)) AS r
ON CONFLICT (space, kind, source_id) DO UPDATE SET digest = excluded.digest, seen = excluded.seen, due = 0;

-- KnownOf gives each digest and, behind a blank, the source id.
-- name: KnownOf :many
SELECT CAST(CAST(digest AS TEXT) || ' ' || source_id AS TEXT) AS known FROM known WHERE space = @space AND kind = @kind AND source_id IN (SELECT json_array_elements_text(CAST(CAST(@source_ids AS TEXT) AS JSON)));

-- name: DropStaleLinks :execrows
DELETE FROM links WHERE links.space = @space AND hash IN (SELECT CAST(l AS BIGINT) FROM json_array_elements_text(CAST(CAST(@hashes AS TEXT) AS JSON)) AS l) AND NOT EXISTS (
  SELECT 1 FROM known k WHERE k.space = links.space AND k.kind = links.kind AND k.source_id = links.source_id AND k.seen = CAST(@run AS BIGINT));
