-- name: add_loss
INSERT INTO losses (migration, kind, code, field, count) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (migration, kind, code, field) DO UPDATE SET count = count + excluded.count;

-- name: add_loss_ref
INSERT OR IGNORE INTO loss_refs (migration, kind, code, field, source_id)
SELECT ?1, ?2, ?3, ?4, ?5 WHERE (SELECT count(*) FROM loss_refs WHERE migration = ?1 AND kind = ?2 AND code = ?3 AND field = ?4) < ?6;

-- name: add_unmoved
INSERT OR REPLACE INTO unmoved (migration, kind, source_id, outcome, code, cause, fix) VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: add_difference
INSERT OR IGNORE INTO differences (migration, kind, source_id, field) VALUES (?, ?, ?, ?);

-- name: add_finding
INSERT OR IGNORE INTO findings (migration, finding) VALUES (?, ?);

-- name: add_space
INSERT OR IGNORE INTO spaces (owner) VALUES (?);

-- name: space
SELECT space FROM spaces WHERE owner = ?;

-- name: add_link
INSERT INTO links (space, hash, kind, source_id, form) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (space, hash) DO UPDATE SET kind = excluded.kind, source_id = excluded.source_id, form = excluded.form
WHERE (excluded.kind, excluded.source_id, coalesce(excluded.form, '')) < (links.kind, links.source_id, coalesce(links.form, ''));

-- name: find_link
SELECT kind, source_id, form FROM links WHERE space = ? AND hash = ?;

-- name: losses
SELECT kind, code, field, count FROM losses WHERE migration = ? ORDER BY kind, code, field LIMIT ?;

-- name: loss_refs
SELECT kind, code, field, source_id FROM loss_refs WHERE migration = ? ORDER BY kind, code, field, source_id;

-- name: rejected
SELECT kind, source_id, outcome, code, cause, fix FROM unmoved WHERE migration = ? AND outcome = 6 ORDER BY kind, source_id LIMIT ?;

-- name: unmoved
SELECT source_id, outcome FROM unmoved WHERE migration = ? AND kind = ? AND source_id IN (SELECT value FROM json_each(?));

-- name: differences
SELECT kind, source_id, field FROM differences WHERE migration = ? ORDER BY kind, source_id, field LIMIT ?;

-- name: findings
SELECT finding FROM findings WHERE migration = ? ORDER BY finding LIMIT ?;

-- name: save_report
INSERT OR REPLACE INTO reports (migration, run, report) VALUES (?, ?, ?);

-- name: report
SELECT report FROM reports WHERE migration = ? ORDER BY run DESC LIMIT 1;

-- name: append_log
INSERT INTO logs (migration, line) VALUES (?, ?);

-- name: logs_after
SELECT number, line FROM logs WHERE number > ?1 AND (?2 = '' OR migration = ?2) ORDER BY number LIMIT ?3;

-- name: logs_last
SELECT number, line FROM (
  SELECT number, line FROM logs WHERE ?1 = '' OR migration = ?1 ORDER BY number DESC LIMIT ?2
) ORDER BY number;

-- name: clear_tasks
DELETE FROM tasks WHERE migration = ?;

-- name: clear_losses
DELETE FROM losses WHERE migration = ?;

-- name: clear_loss_refs
DELETE FROM loss_refs WHERE migration = ?;

-- name: clear_unmoved
DELETE FROM unmoved WHERE migration = ?;

-- name: clear_differences
DELETE FROM differences WHERE migration = ?;

-- name: clear_findings
DELETE FROM findings WHERE migration = ?;

-- name: clear_links
DELETE FROM links WHERE space = (SELECT space FROM spaces WHERE owner = ?);

-- name: drop_space
DELETE FROM spaces WHERE owner = ?;
