-- +goose Up
CREATE TABLE migrations (
  id TEXT PRIMARY KEY,
  source_site TEXT NOT NULL,
  target_site TEXT NOT NULL,
  selection TEXT NOT NULL,
  source TEXT NOT NULL,
  target TEXT NOT NULL,
  run INTEGER NOT NULL,
  kinds TEXT NOT NULL,
  stage TEXT NOT NULL,
  status TEXT NOT NULL,
  previous TEXT NOT NULL DEFAULT '',
  desired TEXT NOT NULL,
  failure TEXT,
  links BLOB,
  started INTEGER NOT NULL,
  ended INTEGER NOT NULL DEFAULT 0,
  UNIQUE (source_site, target_site, selection)
);

CREATE TABLE tasks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  migration TEXT NOT NULL REFERENCES migrations (id),
  stage TEXT NOT NULL,
  kind INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  range BLOB,
  estimate INTEGER NOT NULL,
  max_records INTEGER NOT NULL,
  cursor BLOB,
  done INTEGER NOT NULL DEFAULT 0,
  fence INTEGER NOT NULL DEFAULT 0,
  owner TEXT NOT NULL DEFAULT '',
  read INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL DEFAULT 0,
  updated INTEGER NOT NULL DEFAULT 0,
  unchanged INTEGER NOT NULL DEFAULT 0,
  adopted INTEGER NOT NULL DEFAULT 0,
  skipped INTEGER NOT NULL DEFAULT 0,
  rejected INTEGER NOT NULL DEFAULT 0,
  verified INTEGER NOT NULL DEFAULT 0,
  different INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  root BLOB NOT NULL,
  UNIQUE (migration, stage, kind, seq)
);

CREATE TABLE losses (
  migration TEXT NOT NULL,
  kind INTEGER NOT NULL,
  code TEXT NOT NULL,
  field TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (migration, kind, code, field)
) WITHOUT ROWID;

CREATE TABLE loss_refs (
  migration TEXT NOT NULL,
  kind INTEGER NOT NULL,
  code TEXT NOT NULL,
  field TEXT NOT NULL,
  source_id TEXT NOT NULL,
  PRIMARY KEY (migration, kind, code, field, source_id)
) WITHOUT ROWID;

CREATE TABLE unmoved (
  migration TEXT NOT NULL,
  kind INTEGER NOT NULL,
  source_id TEXT NOT NULL,
  outcome INTEGER NOT NULL,
  code TEXT NOT NULL,
  cause TEXT NOT NULL,
  fix TEXT NOT NULL,
  PRIMARY KEY (migration, kind, source_id)
) WITHOUT ROWID;

CREATE TABLE differences (
  migration TEXT NOT NULL,
  kind INTEGER NOT NULL,
  source_id TEXT NOT NULL,
  field TEXT NOT NULL,
  PRIMARY KEY (migration, kind, source_id, field)
) WITHOUT ROWID;

CREATE TABLE findings (
  migration TEXT NOT NULL,
  finding TEXT NOT NULL,
  PRIMARY KEY (migration, finding)
) WITHOUT ROWID;

-- The link index: hash of a path instead of the path. source_id has no type, so that numbers are stored as numbers.
CREATE TABLE links (
  space INTEGER NOT NULL,
  hash INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  source_id NOT NULL,
  form TEXT,
  PRIMARY KEY (space, hash)
) WITHOUT ROWID;

-- Short names of link indexes: of migrations and of plans.
CREATE TABLE spaces (
  space INTEGER PRIMARY KEY AUTOINCREMENT,
  owner TEXT NOT NULL UNIQUE
);

CREATE TABLE reports (
  migration TEXT NOT NULL,
  run INTEGER NOT NULL,
  report TEXT NOT NULL,
  PRIMARY KEY (migration, run)
) WITHOUT ROWID;

CREATE TABLE logs (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  migration TEXT NOT NULL,
  line TEXT NOT NULL
);
CREATE INDEX logs_migration ON logs (migration, number);

-- +goose Down
DROP TABLE logs;
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
