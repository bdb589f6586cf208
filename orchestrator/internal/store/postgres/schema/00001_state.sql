-- +goose Up
-- Texts are compared byte by byte (COLLATE "C"), so that lists have the same order on every server.
CREATE TABLE migrations (
  id TEXT COLLATE "C" PRIMARY KEY,
  source_site TEXT NOT NULL,
  target_site TEXT NOT NULL,
  selection TEXT NOT NULL,
  source TEXT NOT NULL,
  target TEXT NOT NULL,
  run BIGINT NOT NULL,
  kinds TEXT NOT NULL,
  stage TEXT NOT NULL,
  status TEXT NOT NULL,
  previous TEXT NOT NULL DEFAULT '',
  desired TEXT NOT NULL,
  failure TEXT,
  links BYTEA,
  started BIGINT NOT NULL,
  ended BIGINT NOT NULL DEFAULT 0,
  UNIQUE (source_site, target_site, selection)
);

CREATE TABLE tasks (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  migration TEXT COLLATE "C" NOT NULL REFERENCES migrations (id),
  stage TEXT NOT NULL,
  kind INTEGER NOT NULL,
  seq BIGINT NOT NULL,
  range BYTEA,
  estimate BIGINT NOT NULL,
  max_records BIGINT NOT NULL,
  cursor BYTEA,
  done BOOLEAN NOT NULL DEFAULT FALSE,
  fence BIGINT NOT NULL DEFAULT 0,
  owner TEXT NOT NULL DEFAULT '',
  read BIGINT NOT NULL DEFAULT 0,
  created BIGINT NOT NULL DEFAULT 0,
  updated BIGINT NOT NULL DEFAULT 0,
  unchanged BIGINT NOT NULL DEFAULT 0,
  adopted BIGINT NOT NULL DEFAULT 0,
  skipped BIGINT NOT NULL DEFAULT 0,
  rejected BIGINT NOT NULL DEFAULT 0,
  verified BIGINT NOT NULL DEFAULT 0,
  different BIGINT NOT NULL DEFAULT 0,
  bytes BIGINT NOT NULL DEFAULT 0,
  root BYTEA NOT NULL,
  UNIQUE (migration, stage, kind, seq)
);

CREATE TABLE losses (
  migration TEXT COLLATE "C" NOT NULL,
  kind INTEGER NOT NULL,
  code TEXT COLLATE "C" NOT NULL,
  field TEXT COLLATE "C" NOT NULL,
  count BIGINT NOT NULL,
  PRIMARY KEY (migration, kind, code, field)
);

CREATE TABLE loss_refs (
  migration TEXT COLLATE "C" NOT NULL,
  kind INTEGER NOT NULL,
  code TEXT COLLATE "C" NOT NULL,
  field TEXT COLLATE "C" NOT NULL,
  source_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (migration, kind, code, field, source_id)
);

CREATE TABLE unmoved (
  migration TEXT COLLATE "C" NOT NULL,
  kind INTEGER NOT NULL,
  source_id TEXT COLLATE "C" NOT NULL,
  outcome INTEGER NOT NULL,
  code TEXT NOT NULL,
  cause TEXT NOT NULL,
  fix TEXT NOT NULL,
  PRIMARY KEY (migration, kind, source_id)
);

CREATE TABLE differences (
  migration TEXT COLLATE "C" NOT NULL,
  kind INTEGER NOT NULL,
  source_id TEXT COLLATE "C" NOT NULL,
  field TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (migration, kind, source_id, field)
);

CREATE TABLE findings (
  migration TEXT COLLATE "C" NOT NULL,
  finding TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (migration, finding)
);

-- The link index: hash of a path instead of the path.
CREATE TABLE links (
  hash BIGINT NOT NULL,
  space INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  source_id TEXT COLLATE "C" NOT NULL,
  form TEXT COLLATE "C",
  PRIMARY KEY (space, hash)
);

-- Short names of link indexes: of migrations and of plans.
CREATE TABLE spaces (
  space INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  owner TEXT COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE reports (
  migration TEXT COLLATE "C" NOT NULL,
  run BIGINT NOT NULL,
  report TEXT NOT NULL,
  PRIMARY KEY (migration, run)
);

CREATE TABLE logs (
  number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  migration TEXT COLLATE "C" NOT NULL,
  line TEXT NOT NULL
);
CREATE INDEX logs_migration ON logs (migration, number);

-- Numbers are given and become visible in one order: whoever follows the log from a number on misses no line of another process.
-- +goose StatementBegin
CREATE FUNCTION one_log_line_at_a_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(CAST(TG_RELID AS BIGINT));
  RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER one_log_line_at_a_time BEFORE INSERT ON logs FOR EACH STATEMENT EXECUTE FUNCTION one_log_line_at_a_time();

-- +goose Down
DROP TABLE logs;
DROP FUNCTION one_log_line_at_a_time;
DROP TABLE reports;
DROP TABLE spaces;
DROP TABLE links;
DROP TABLE findings;
DROP TABLE differences;
DROP TABLE unmoved;
DROP TABLE loss_refs;
DROP TABLE losses;
DROP TABLE tasks;
DROP TABLE migrations;
