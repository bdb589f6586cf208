package ledger

import (
	"context"
	"fmt"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// Tables of the ledger; their names follow Site.TablePrefix.
const (
	tableSites   = "bailey_sites"
	tableLedger  = "bailey_ledger"
	tablePending = "bailey_pending"
	tableFiles   = "bailey_files"
	tableStates  = "bailey_states"
	tableShared  = "bailey_shared"
)

// tables in the order in which they are dropped.
var tables = []string{tablePending, tableStates, tableShared, tableFiles, tableLedger, tableSites}

// schema is written for MySQL; %s stands for the prefix. Ids of sources and targets are bytes: no collation may fold them.
var schema = []string{
	// version is the form of these tables. What the ledger holds of the source is noted when a run is finished, and struck out
	// before the next one writes: see note.
	`CREATE TABLE IF NOT EXISTS {bailey_sites} (
		id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
		source_site VARBINARY(64) NOT NULL UNIQUE,
		version SMALLINT NOT NULL,
		held_rows BIGINT,
		held_seals BIGINT)`,
	// origin is what the row on the target is to us for good: created, updated (it was there, its before-image is kept) or
	// adopted; outcome and detail are the latest answer given, digest is of the record it was given for, run (see runNumber)
	// the run in which it was given, seal a checksum: see sealOf.
	`CREATE TABLE IF NOT EXISTS {bailey_ledger} (
		site INT NOT NULL,
		kind SMALLINT NOT NULL,
		source_id VARBINARY(191) NOT NULL,
		target_id VARBINARY(191) NOT NULL,
		outcome SMALLINT NOT NULL,
		origin SMALLINT NOT NULL,
		run BIGINT NOT NULL,
		digest BINARY(32) NOT NULL,
		detail MEDIUMBLOB,
		seal BIGINT NOT NULL,
		before_image LONGBLOB,
		PRIMARY KEY (site, kind, source_id))`,
	`CREATE TABLE IF NOT EXISTS {bailey_pending} (
		id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
		site INT NOT NULL,
		kind SMALLINT NOT NULL,
		source_id VARBINARY(191) NOT NULL,
		slot VARBINARY(1100) NOT NULL,
		token VARBINARY(700) NOT NULL,
		cleared SMALLINT NOT NULL)`,
	`CREATE TABLE IF NOT EXISTS {bailey_files} (
		site INT NOT NULL,
		file_id VARBINARY(700) NOT NULL,
		media_id VARBINARY(191) NOT NULL,
		path VARBINARY(1024) NOT NULL,
		path_key BINARY(16) NOT NULL UNIQUE,
		bytes BIGINT NOT NULL,
		sha256 BINARY(32) NOT NULL,
		whole SMALLINT NOT NULL,
		replaces SMALLINT NOT NULL,
		run BIGINT NOT NULL,
		PRIMARY KEY (site, file_id))`,
	// A record's rows as the migration left them: what differs later was edited by people.
	`CREATE TABLE IF NOT EXISTS {bailey_states} (
		site INT NOT NULL,
		kind SMALLINT NOT NULL,
		target_id VARBINARY(191) NOT NULL,
		digest BINARY(32) NOT NULL,
		PRIMARY KEY (site, kind, target_id))`,
	// Rows that no record consists of. An empty before_image: the row was not there.
	`CREATE TABLE IF NOT EXISTS {bailey_shared} (
		site INT NOT NULL,
		name VARBINARY(700) NOT NULL,
		before_image LONGBLOB,
		after_digest BINARY(32),
		seal BIGINT NOT NULL,
		PRIMARY KEY (site, name))`,
}

// indexes by table; made together with the table.
var indexes = map[string]struct{ name, columns string }{tablePending: {"target", "(site, kind, source_id)"}, tableFiles: {"content", "(site, sha256)"}}

// Index of the ledger's rows by their target, with all that is asked for by it. It is made when it is first needed, behind the
// copying: to build it takes less than to keep it up with every row.
const (
	targetIndex   = "target"
	targetColumns = " (kind, target_id, origin)"
)

// indexTargets makes the index when it is missing. In MySQL this commits by itself, so it stands outside of any transaction.
func (l *Ledger) indexTargets(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.indexed.Load() {
		return nil
	}
	err := l.again(ctx, func() error { return l.makeIndex(ctx) })
	l.indexed.Store(err == nil)
	return err
}

func (l *Ledger) makeIndex(ctx context.Context) error {
	if l.db.Copied() {
		// Not worth it for the time of a dry run.
		return nil
	}
	if l.db.Dialect() != cmssql.MySQL {
		return l.db.Exec(ctx, "CREATE INDEX IF NOT EXISTS "+l.from(tableLedger+"_"+targetIndex)+" ON "+l.from(tableLedger)+targetColumns)
	}
	if there, err := l.hasIndex(ctx); there || err != nil {
		return err
	}
	err := l.db.Exec(ctx, "CREATE INDEX "+targetIndex+" ON "+l.from(tableLedger)+targetColumns)
	if err != nil {
		// Another agent may have been first.
		if there, herr := l.hasIndex(ctx); there && herr == nil {
			return nil
		}
	}
	return err
}

func (l *Ledger) hasIndex(ctx context.Context) (bool, error) {
	var n int
	err := l.db.QueryRow(ctx, "SELECT COUNT(*) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND INDEX_NAME = ?",
		l.table(tableLedger), targetIndex).Scan(&n)
	return n > 0, err
}

// createTables makes what is missing. In MySQL this commits by itself, so it stands outside of any transaction.
func (l *Ledger) createTables(ctx context.Context) error {
	for _, s := range l.statements() {
		if err := l.db.Exec(ctx, s); err != nil {
			return fmt.Errorf("create the ledger's tables: %w", err)
		}
	}
	return nil
}

func (l *Ledger) statements() []string {
	var all []string
	for _, s := range schema {
		table := s[strings.Index(s, "{")+1 : strings.Index(s, "}")]
		s = strings.Replace(s, "{"+table+"}", cmssql.QuoteName(l.db.Dialect(), l.table(table)), 1)
		within := ""
		if l.db.Copied() {
			s = strings.Replace(s, "CREATE TABLE", "CREATE TEMPORARY TABLE", 1)
		}
		if l.db.Copied() && l.db.Dialect() == cmssql.SQLite {
			within = "temp."
		}
		idx, ok := indexes[table]
		if l.db.Dialect() == cmssql.MySQL {
			if ok {
				s = s[:len(s)-1] + ", KEY " + idx.name + " " + idx.columns + ")"
			}
			all = append(all, s+" ENGINE=InnoDB DEFAULT CHARSET=utf8mb4")
			continue
		}
		all = append(all, types[l.db.Dialect()].Replace(s))
		if ok {
			all = append(all, fmt.Sprintf("CREATE INDEX IF NOT EXISTS %s%s ON %s %s", within, cmssql.QuoteName(l.db.Dialect(), l.table(table)+"_"+idx.name),
				cmssql.QuoteName(l.db.Dialect(), l.table(table)), idx.columns))
		}
	}
	return all
}

// types are the words for the columns in the dialects that are not MySQL's.
var types = map[cmssql.Dialect]*strings.Replacer{cmssql.SQLite: sqliteTypes, cmssql.Postgres: postgresTypes}

var sqliteTypes = strings.NewReplacer(
	"INT NOT NULL AUTO_INCREMENT PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT",
	"BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT",
	"VARBINARY(64)", "TEXT", "VARBINARY(191)", "TEXT", "VARBINARY(1100)", "TEXT", "VARBINARY(700)", "TEXT", "VARBINARY(1024)", "TEXT",
	"BINARY(32)", "BLOB", "BINARY(16)", "BLOB", "MEDIUMBLOB", "BLOB", "LONGBLOB", "BLOB", "SMALLINT", "INTEGER",
)

var postgresTypes = strings.NewReplacer(
	"INT NOT NULL AUTO_INCREMENT PRIMARY KEY", "SERIAL PRIMARY KEY", "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY", "BIGSERIAL PRIMARY KEY",
	"VARBINARY(64)", postgresID, "VARBINARY(191)", postgresID, "VARBINARY(1100)", postgresID, "VARBINARY(700)", postgresID, "VARBINARY(1024)", postgresID,
	"BINARY(32)", "BYTEA", "BINARY(16)", "BYTEA", "MEDIUMBLOB", "BYTEA", "LONGBLOB", "BYTEA",
)

const postgresID = `TEXT COLLATE "C"`

func (l *Ledger) table(name string) string { return l.prefix + name }

// from is a table's quoted name for use in statements.
func (l *Ledger) from(name string) string { return cmssql.QuoteName(l.db.Dialect(), l.table(name)) }
