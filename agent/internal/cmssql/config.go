// Package cmssql opens a site's database in the way its platform does and hides the dialect's differences from drivers.
package cmssql

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// Dialect is a family of database servers.
type Dialect string

// Dialects known.
const (
	MySQL    Dialect = "mysql"
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Config says which database to open. Its String hides the password.
type Config struct {
	Dialect Dialect
	// File is the SQLite database.
	File string
	// Network is "tcp" or "unix"; Address is host:port or the socket's path.
	Network, Address string
	User, Password   string
	Name             string
	// TLS asks for an encrypted connection: to MySQL "true", "skip-verify", "preferred", or empty; to PostgreSQL its sslmode.
	TLS string
	// DryRun opens one session that writes to temporary copies of the tables alone; see DB.Copy.
	DryRun bool
}

// String never shows the password.
func (c Config) String() string {
	if c.Dialect == SQLite {
		return "sqlite:" + c.File
	}
	return fmt.Sprintf("%s://%s@%s/%s", c.Dialect, c.User, c.Address, c.Name)
}

// GoString never shows the password.
func (c Config) GoString() string { return c.String() }

// ParseDSN reads what stands after --dsn: mysql://user:password@host:3306/name, mysql://user@/name?socket=/path,
// postgres://user:password@host:5432/name, postgres://user@/name?host=/folder,
// user:password@tcp(host:3306)/name, sqlite:/path/to.db, or the path of an existing SQLite file.
func ParseDSN(dsn string) (Config, error) {
	switch {
	case dsn == "":
		return Config{}, errors.New("the DSN is empty; write mysql://user:password@host:3306/name, postgres://user:password@host:5432/name or sqlite:/path/to.db")
	case strings.HasPrefix(dsn, "mysql://"), strings.HasPrefix(dsn, "mariadb://"), strings.HasPrefix(dsn, "postgres://"), strings.HasPrefix(dsn, "postgresql://"):
		return parseURL(dsn)
	case strings.HasPrefix(dsn, "sqlite:"):
		return Config{Dialect: SQLite, File: strings.TrimPrefix(strings.TrimPrefix(dsn, "sqlite:"), "//")}, nil
	case strings.HasPrefix(dsn, "file:"):
		return Config{Dialect: SQLite, File: strings.TrimPrefix(dsn, "file:")}, nil
	}
	if st, err := os.Stat(dsn); err == nil && st.Mode().IsRegular() {
		return Config{Dialect: SQLite, File: dsn}, nil
	}
	c, err := mysql.ParseDSN(dsn)
	if err != nil || c.DBName == "" {
		// The parser's error could quote the password.
		return Config{}, errors.New("the DSN cannot be read; write mysql://user:password@host:3306/name or sqlite:/path/to.db")
	}
	return Config{Dialect: MySQL, Network: c.Net, Address: c.Addr, User: c.User, Password: c.Passwd, Name: c.DBName, TLS: c.TLSConfig}, nil
}

func parseURL(dsn string) (Config, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return Config{}, errors.New("the DSN cannot be read; percent-encode special letters of the password")
	}
	if strings.HasPrefix(u.Scheme, "postgres") {
		return parsePostgres(u)
	}
	c := Config{Dialect: MySQL, Network: "tcp", Address: u.Host, Name: strings.Trim(u.Path, "/"), User: u.User.Username(), TLS: u.Query().Get("tls")}
	c.Password, _ = u.User.Password()
	if s := u.Query().Get("socket"); s != "" {
		c.Network, c.Address = "unix", s
	} else if u.Port() == "" {
		c.Address = net.JoinHostPort(u.Hostname(), "3306")
	}
	if c.Name == "" {
		return Config{}, errors.New("the DSN names no database; write mysql://user:password@host:3306/name")
	}
	return c, nil
}
