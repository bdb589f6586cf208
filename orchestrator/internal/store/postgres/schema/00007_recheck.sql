-- +goose Up
-- What is found when a finished run is verified again (stage 'recheck') stands beside what the run itself has found.
ALTER TABLE differences ADD COLUMN stage TEXT COLLATE "C" NOT NULL DEFAULT 'verify';
ALTER TABLE differences ALTER COLUMN stage DROP DEFAULT;
ALTER TABLE differences DROP CONSTRAINT differences_pkey;
ALTER TABLE differences ADD PRIMARY KEY (migration, stage, kind, source_id, field);

-- +goose Down
DELETE FROM tasks WHERE stage = 'recheck';
DELETE FROM differences WHERE stage <> 'verify';
ALTER TABLE differences DROP CONSTRAINT differences_pkey;
ALTER TABLE differences ADD PRIMARY KEY (migration, kind, source_id, field);
ALTER TABLE differences DROP COLUMN stage;
