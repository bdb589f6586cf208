package cmssql

import (
	"context"
	"fmt"
	"strings"
)

// Tables are the names of all tables and views that the session finds without naming a schema.
func (d *DB) Tables(ctx context.Context) ([]string, error) {
	query := "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
	switch d.dialect {
	case SQLite:
		query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
	case Postgres:
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = ANY(current_schemas(false))"
	}
	rows, err := d.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var names []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		names = append(names, n)
	}
	return names, rows.Err()
}

// Product is the name and version of the database for people: "MariaDB 10.11.6-MariaDB", "SQLite 3.50.4".
func (d *DB) Product(ctx context.Context) (string, error) {
	query := "SELECT VERSION()"
	switch d.dialect {
	case SQLite:
		query = "SELECT 'SQLite ' || sqlite_version()"
	case Postgres:
		query = "SELECT 'PostgreSQL ' || current_setting('server_version')"
	}
	var v string
	if err := d.QueryRow(ctx, query).Scan(&v); err != nil {
		return "", fmt.Errorf("ask for the database's version: %w", err)
	}
	switch {
	case d.dialect != MySQL:
		return v, nil
	case strings.Contains(v, "MariaDB"):
		return "MariaDB " + v, nil
	}
	return "MySQL " + v, nil
}
