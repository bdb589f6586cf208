-- +goose Up
-- What is found when a finished run is verified again (stage 'recheck') stands beside what the run itself has found.
ALTER TABLE differences RENAME TO differences_of_runs;
CREATE TABLE differences (
  migration TEXT NOT NULL,
  stage TEXT NOT NULL,
  kind INTEGER NOT NULL,
  source_id TEXT NOT NULL,
  field TEXT NOT NULL,
  altered TEXT NOT NULL,
  PRIMARY KEY (migration, stage, kind, source_id, field)
) WITHOUT ROWID;
INSERT INTO differences SELECT migration, 'verify', kind, source_id, field, altered FROM differences_of_runs;
DROP TABLE differences_of_runs;

-- +goose Down
DELETE FROM tasks WHERE stage = 'recheck';
ALTER TABLE differences RENAME TO differences_by_stage;
CREATE TABLE differences (
  migration TEXT NOT NULL,
  kind INTEGER NOT NULL,
  source_id TEXT NOT NULL,
  field TEXT NOT NULL,
  altered TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (migration, kind, source_id, field)
) WITHOUT ROWID;
INSERT INTO differences SELECT migration, kind, source_id, field, altered FROM differences_by_stage WHERE stage = 'verify';
DROP TABLE differences_by_stage;
