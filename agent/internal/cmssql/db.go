package cmssql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"strings"
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
}

// Open connects and pings. Unless writable, every session refuses to write (Rule 5).
func Open(ctx context.Context, c Config, writable bool) (*DB, error) {
	db, err := open(c, writable)
	if err != nil {
		return nil, err
	}
	if err := db.PingContext(ctx); err != nil {
		_ = db.Close()
		return nil, err
	}
	return &DB{sql: db, dialect: c.Dialect, writable: writable}, nil
}

func open(c Config, writable bool) (*sql.DB, error) {
	switch c.Dialect {
	case MySQL:
		return openMySQL(c, writable)
	case SQLite:
		return openSQLite(c, writable)
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
	m.Params = map[string]string{
		// What WordPress, Joomla and MODX ask for: zero dates are everywhere.
		"sql_mode":              "'NO_ENGINE_SUBSTITUTION'",
		"transaction_isolation": "'READ-COMMITTED'",
		"time_zone":             "'+00:00'",
	}
	if !writable {
		// Rule 5: the session itself refuses to write.
		m.Params["transaction_read_only"] = "1"
	}
	connector, err := mysql.NewConnector(m)
	if err != nil {
		return nil, errors.New("the database settings cannot be used")
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(10)
	db.SetMaxIdleConns(10)
	return db, nil
}

// log0 drops what the MySQL driver would print to standard error.
type log0 struct{}

func (log0) Print(...any) {}

func openSQLite(c Config, writable bool) (*sql.DB, error) {
	q := url.Values{"_pragma": {"busy_timeout(10000)", "foreign_keys(0)", "cache_size(-4096)"}, "_txlock": {"immediate"}}
	if writable {
		q.Set("mode", "rw")
	} else {
		// Rule 5: the file is opened read-only and the session refuses to write.
		q.Set("mode", "ro")
		q.Set("_txlock", "deferred")
		q.Add("_pragma", "query_only(1)")
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: c.File}).EscapedPath(), RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(4)
	return db, nil
}

// Dialect of the database.
func (d *DB) Dialect() Dialect { return d.dialect }

// Query runs a reading statement; placeholders are "?" in every dialect.
func (d *DB) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return d.sql.QueryContext(ctx, query, args...)
}

// QueryRow runs a reading statement that gives one row.
func (d *DB) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return d.sql.QueryRowContext(ctx, query, args...)
}

// Exec runs a statement outside of a transaction, for the ledger's own tables.
func (d *DB) Exec(ctx context.Context, query string, args ...any) error {
	_, err := d.sql.ExecContext(ctx, query, args...)
	return err
}

// Begin starts a writing transaction. It sees what others have committed before each statement.
func (d *DB) Begin(ctx context.Context) (*Tx, error) {
	if !d.writable {
		return nil, errors.New("this site was opened for reading only")
	}
	opts := &sql.TxOptions{}
	if d.dialect == MySQL {
		opts.Isolation = sql.LevelReadCommitted
	}
	tx, err := d.sql.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return &Tx{tx: tx, dialect: d.dialect}, nil
}

// BeginRead starts a transaction in which all reads see one state of the database.
func (d *DB) BeginRead(ctx context.Context) (*Tx, error) {
	tx, err := d.sql.BeginTx(ctx, &sql.TxOptions{ReadOnly: d.dialect == MySQL, Isolation: sql.LevelDefault})
	if err != nil {
		return nil, err
	}
	return &Tx{tx: tx, dialect: d.dialect}, nil
}

// Close closes all connections.
func (d *DB) Close() error { return d.sql.Close() }

// Class is what an error of a database means for what to do next.
type Class int

// Classes of errors.
const (
	// Other: the statement or its data is wrong; trying again gives the same.
	Other Class = iota
	// Retry: deadlock, lock wait, busy; the whole transaction may be run again.
	Retry
	// Gone: the connection or the server went away.
	Gone
	// Refused: wrong user, password or rights.
	Refused
	// Full: no space left.
	Full
	// Missing: no such database, table or column.
	Missing
	// Duplicate: a unique key is taken.
	Duplicate
	// TooLarge: the row or packet is larger than the server takes.
	TooLarge
)

var mysqlClasses = map[uint16]Class{
	1205: Retry, 1213: Retry, 1020: Retry, 1044: Refused, 1045: Refused, 1142: Refused, 1698: Refused, 1227: Refused, 1290: Refused, 1792: Refused,
	1021: Full, 1114: Full, 1030: Full, 1049: Missing, 1146: Missing, 1054: Missing, 1062: Duplicate, 1586: Duplicate,
	1153: TooLarge, 1301: TooLarge, 1406: TooLarge, 1118: TooLarge, 1053: Gone, 1077: Gone, 1927: Gone, 4031: Gone,
}

var sqliteClasses = map[int]Class{
	5: Retry, 6: Retry, 8: Refused, 3: Refused, 23: Refused, 13: Full, 14: Missing, 18: TooLarge, 10: Gone,
}

// ClassOf classes an error; Other for what it does not know.
func ClassOf(err error) Class {
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		return mysqlClasses[my.Number]
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return classOfSQLite(lite)
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, sql.ErrConnDone) || isNetwork(err) {
		return Gone
	}
	if errors.Is(err, mysql.ErrPktTooLarge) {
		return TooLarge
	}
	return Other
}

func classOfSQLite(e *sqlite.Error) Class {
	if e.Code() == 1555 || e.Code() == 2067 {
		return Duplicate
	}
	// SQLite has one code for "no such table" and for a syntax error.
	if e.Code() == 1 && strings.Contains(e.Error(), "no such ") {
		return Missing
	}
	return sqliteClasses[e.Code()&0xff]
}
