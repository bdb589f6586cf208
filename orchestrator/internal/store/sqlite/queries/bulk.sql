-- Of two records with one address the smaller ref counts.
-- name: AddLinks :exec
INSERT INTO links (space, hash, kind, source_id, form)
SELECT CAST(@space AS INTEGER), json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), json_extract(value, '$[3]') FROM json_each(CAST(@links AS TEXT)) WHERE true
ON CONFLICT (space, hash) DO UPDATE SET kind = excluded.kind, source_id = excluded.source_id, form = excluded.form
WHERE (excluded.kind, length(excluded.source_id), CAST(excluded.source_id AS TEXT), coalesce(excluded.form, ''))
  < (links.kind, length(links.source_id), CAST(links.source_id AS TEXT), coalesce(links.form, ''));

-- name: UnmovedOf :many
SELECT source_id FROM unmoved WHERE migration = @migration AND kind = @kind AND outcome = @outcome AND source_id IN (SELECT value FROM json_each(CAST(@source_ids AS TEXT)));
