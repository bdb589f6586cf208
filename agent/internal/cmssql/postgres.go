package cmssql

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// parsePostgres reads postgres://user:password@host:5432/name?sslmode=require; a socket is named by ?host=/folder&port=5432.
func parsePostgres(u *url.URL) (Config, error) {
	q := u.Query()
	c := Config{Dialect: Postgres, Network: "tcp", Address: u.Host, Name: strings.Trim(u.Path, "/"), User: u.User.Username(), TLS: q.Get("sslmode")}
	c.Password, _ = u.User.Password()
	port := q.Get("port")
	if port == "" {
		port = "5432"
	}
	if dir := q.Get("host"); strings.HasPrefix(dir, "/") {
		c.Network, c.Address = "unix", path.Join(dir, socketName+port)
	} else if u.Port() == "" {
		c.Address = net.JoinHostPort(u.Hostname(), port)
	}
	if c.Name == "" {
		return Config{}, errors.New("the DSN names no database; write postgres://user:password@host:5432/name")
	}
	return c, nil
}

// socketName begins the name of PostgreSQL's socket; the port follows.
const socketName = ".s.PGSQL."

func openPostgres(c Config, writable bool) (*sql.DB, error) {
	host, port, err := endpoint(c)
	if err != nil {
		return nil, err
	}
	q := url.Values{"host": {host}, "port": {port}, "connect_timeout": {"10"}, "client_encoding": {"UTF8"}, "timezone": {"UTC"}, "lock_timeout": {"50s"},
		// The text of values is what before-images keep.
		"bytea_output": {"hex"}, "datestyle": {"ISO"}, "intervalstyle": {"postgres"}, "extra_float_digits": {"3"}}
	if c.TLS != "" {
		q.Set("sslmode", c.TLS)
	}
	if !writable {
		// Rule 5: the session itself refuses to write.
		q.Set("default_transaction_read_only", "on")
	}
	u := url.URL{Scheme: "postgres", User: url.UserPassword(c.User, c.Password), Path: "/" + c.Name, RawQuery: q.Encode()}
	cfg, err := pgx.ParseConfig(u.String())
	if err != nil {
		// The parser's error could quote the password.
		return nil, errors.New("the database settings cannot be used")
	}
	// One round trip per statement; a number written as a text fits where a number is wanted, as in the other dialects.
	cfg.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	connector := stdlib.GetConnector(*cfg)
	if c.DryRun {
		connector = &single{Connector: connector}
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(10)
	db.SetMaxIdleConns(10)
	return db, nil
}

func endpoint(c Config) (host, port string, err error) {
	if c.Network == "unix" {
		dir, name := path.Split(c.Address)
		return path.Clean(dir), strings.TrimPrefix(name, socketName), nil
	}
	host, port, err = net.SplitHostPort(c.Address)
	if err != nil {
		return "", "", errors.New("the database's address is not host:port")
	}
	return host, port, nil
}

// Bind turns the placeholders "?" outside of quotes into those of the dialect.
func (d Dialect) Bind(query string) string {
	if d != Postgres || !strings.Contains(query, "?") {
		return query
	}
	var b strings.Builder
	b.Grow(len(query) + 64)
	var quote byte
	n := 0
	for i := range len(query) {
		switch c := query[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
			b.WriteByte(c)
		case c == '?':
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		default:
			if c == '\'' || c == '"' {
				quote = c
			}
			b.WriteByte(c)
		}
	}
	return b.String()
}

// serials knows the column of each table that numbers its rows by itself.
type serials struct{ byTable sync.Map }

const serialColumn = `SELECT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
	LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
	WHERE c.relname = $1 AND c.relnamespace = ANY(SELECT n.oid FROM pg_namespace n WHERE n.nspname = ANY(current_schemas(false))) AND a.attnum > 0
	AND NOT a.attisdropped AND (a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%') ORDER BY a.attnum LIMIT 1`

// of gives the column; empty where the table has none.
func (s *serials) of(ctx context.Context, tx *sql.Tx, table string) (string, error) {
	if c, ok := s.byTable.Load(table); ok {
		return c.(string), nil
	}
	var col string
	if err := tx.QueryRowContext(ctx, serialColumn, table).Scan(&col); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", err
	}
	s.byTable.Store(table, col)
	return col, nil
}

// insertReturning inserts and gives the number of each row, in order; zeros where the table numbers no rows or the clause
// left rows out.
func (t *Tx) insertReturning(ctx context.Context, table, query string, args []any, n int) ([]int64, error) {
	ids := make([]int64, 0, n)
	col, err := t.serials.of(ctx, t.tx, table)
	if err != nil {
		return nil, err
	}
	if col == "" {
		_, err := t.tx.ExecContext(ctx, query, args...)
		return make([]int64, n), err
	}
	rows, err := t.tx.QueryContext(ctx, query+" RETURNING "+t.Quote(col), args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return append(ids, make([]int64, n-len(ids))...), nil
}
