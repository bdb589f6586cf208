package cmssql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
	"modernc.org/sqlite"
)

// Querier is what reading needs: a DB or a Tx.
type Querier interface {
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) *sql.Row
	Dialect() Dialect
}

// DB is a site's database.
type DB struct {
	sql      *sql.DB
	dialect  Dialect
	writable bool
	// step between automatic ids; a cluster of n servers sets it to n.
	step    int64
	serials serials
	// copied says that temporary copies stand in front of the tables.
	copied bool
}

// Open connects and pings. Unless writable, every session refuses to write (Rule 5).
func Open(ctx context.Context, c Config, writable bool) (*DB, error) {
	db, err := open(c, writable)
	if err != nil {
		return nil, err
	}
	if c.DryRun {
		db.SetMaxOpenConns(1)
	}
	d := &DB{sql: db, dialect: c.Dialect, writable: writable, step: 1}
	if err := d.greet(ctx); err != nil {
		_ = db.Close()
		return nil, err
	}
	return d, nil
}

// greet makes the first connection; opening alone makes none.
func (d *DB) greet(ctx context.Context) error {
	if d.dialect == MySQL {
		return d.sql.QueryRowContext(ctx, "SELECT @@session.auto_increment_increment").Scan(&d.step)
	}
	if d.dialect == Postgres {
		return d.sql.PingContext(ctx)
	}
	// A file that is no database is found out by the first look into it.
	var n int
	return d.sql.QueryRowContext(ctx, "SELECT COUNT(*) FROM sqlite_master").Scan(&n)
}

// Step is the distance between automatic ids that one statement hands out.
func (d *DB) Step() int64 { return d.step }

// Writable says that the database was opened for writing.
func (d *DB) Writable() bool { return d.writable }

func open(c Config, writable bool) (*sql.DB, error) {
	switch c.Dialect {
	case MySQL:
		return openMySQL(c, writable)
	case SQLite:
		return openSQLite(c, writable)
	case Postgres:
		return openPostgres(c, writable)
	}
	return nil, fmt.Errorf("no driver for the database dialect %q", c.Dialect)
}

func openMySQL(c Config, writable bool) (*sql.DB, error) {
	m := mysql.NewConfig()
	m.Net, m.Addr, m.User, m.Passwd, m.DBName, m.TLSConfig = c.Network, c.Address, c.User, c.Password, c.Name, c.TLS
	m.Collation = "utf8mb4_general_ci"
	// Text protocol: one round trip per statement, and multi-row inserts of any width.
	m.InterpolateParams = true
	m.MaxAllowedPacket = 0
	m.Timeout = 10 * time.Second
	m.Logger = log0{}
	mode := "NO_ENGINE_SUBSTITUTION"
	setup := []string{"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"}
	if writable {
		// Rule 1: a text that does not fit is an error, never cut silently. Zero dates stay allowed: they are everywhere.
		mode = "STRICT_TRANS_TABLES," + mode
	} else {
		// Rule 5: the session itself refuses to write. As a statement, because the variable's name differs between servers.
		setup = append(setup, "SET SESSION TRANSACTION READ ONLY")
	}
	m.Params = map[string]string{"sql_mode": "'" + mode + "'", "time_zone": "'+00:00'"}
	connector, err := mysql.NewConnector(m)
	if err != nil {
		return nil, errors.New("the database settings cannot be used")
	}
	connector = &session{Connector: connector, setup: setup}
	if c.DryRun {
		connector = &single{Connector: connector}
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(10)
	db.SetMaxIdleConns(10)
	return db, nil
}

// log0 drops what the MySQL driver would print to standard error.
type log0 struct{}

func (log0) Print(...any) {}

// Pages that one SQLite connection keeps, in KiB. Rule 9: this memory is beside Go's own, once per connection. Reading goes
// through the file once and gains nothing from more; writing needs a transaction's changed pages.
const (
	readCacheKiB  = 1024
	writeCacheKiB = 2048
	liteConns     = 2
)

// inProcess is what SQLite holds of the agent's memory: the pages of its connections, their schemas, and rows on their way.
const inProcess = 13 << 20

// InProcess is how many bytes a database of the dialect holds in the agent's process beside Go's memory.
func (d Dialect) InProcess() int64 {
	if d == SQLite {
		return inProcess
	}
	return 0
}

// nocase is the collation of Drupal 8 and later: text columns compare as PHP's mb_strtolower leaves them.
// (Drupal 9.5.11, core/modules/sqlite/src/Driver/Database/sqlite/Connection.php and Unicode::strcasecmp)
var nocase = sync.OnceValue(func() error {
	return sqlite.RegisterCollationUtf8("NOCASE_UTF8", func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
})

func openSQLite(c Config, writable bool) (*sql.DB, error) {
	if err := nocase(); err != nil {
		return nil, err
	}
	q := url.Values{"_pragma": {"busy_timeout(10000)", "foreign_keys(0)"}, "_txlock": {"immediate"}}
	cache := readCacheKiB
	switch {
	case c.DryRun:
		// The file itself is opened read-only; temporary tables can be written all the same.
		q.Set("mode", "ro")
	case writable:
		q.Set("mode", "rw")
		cache = writeCacheKiB
	default:
		// Rule 5: the file is opened read-only and the session refuses to write.
		q.Set("mode", "ro")
		q.Set("_txlock", "deferred")
		q.Add("_pragma", "query_only(1)")
	}
	q.Add("_pragma", fmt.Sprintf("cache_size(-%d)", cache))
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: c.File}).EscapedPath(), RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(liteConns)
	// A new connection reads the whole schema again.
	db.SetMaxIdleConns(liteConns)
	return db, nil
}

// Dialect of the database.
func (d *DB) Dialect() Dialect { return d.dialect }

// Query runs a reading statement; placeholders are "?" in every dialect.
func (d *DB) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return d.sql.QueryContext(ctx, d.dialect.Bind(query), args...)
}

// QueryRow runs a reading statement that gives one row.
func (d *DB) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return d.sql.QueryRowContext(ctx, d.dialect.Bind(query), args...)
}

// Exec runs a statement outside of a transaction, for the ledger's own tables.
func (d *DB) Exec(ctx context.Context, query string, args ...any) error {
	_, err := d.sql.ExecContext(ctx, d.dialect.Bind(query), args...)
	return err
}

// Begin starts a writing transaction. It sees what others have committed before each statement.
func (d *DB) Begin(ctx context.Context) (*Tx, error) {
	if !d.writable {
		return nil, errors.New("this site was opened for reading only")
	}
	t := &Tx{dialect: d.dialect, step: d.step, serials: &d.serials}
	var err error
	// READ COMMITTED is the session's own level.
	if d.dialect != MySQL {
		t.tx, err = d.sql.BeginTx(ctx, nil)
	} else if t.conn, err = d.sql.Conn(ctx); err == nil {
		if t.tx, err = t.conn.BeginTx(ctx, nil); err != nil {
			t.release()
		}
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// BeginRead starts a transaction in which all reads see one state of the database.
func (d *DB) BeginRead(ctx context.Context) (*Tx, error) {
	opts := &sql.TxOptions{ReadOnly: true}
	if d.dialect != SQLite {
		opts.Isolation = sql.LevelRepeatableRead
	}
	tx, err := d.sql.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return &Tx{tx: tx, dialect: d.dialect, step: d.step, serials: &d.serials}, nil
}

// Close closes all connections.
func (d *DB) Close() error { return d.sql.Close() }
