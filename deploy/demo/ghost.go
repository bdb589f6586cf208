package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	_ "embed" // the fresh database
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/crypto/bcrypt"
)

// freshGhost is what the first start of Ghost 5.130.6 writes, as SQL, without its sample posts and keys; Ghost makes missing keys when it
// starts, so a real one can be started on the demo's site.
//
//go:embed ghost.sql.gz
var freshGhost []byte

// makeGhost makes an empty Ghost site in dir, set up for its owner.
func makeGhost(ctx context.Context, dir string) (*site, error) {
	s := &site{dir: dir, database: filepath.Join(dir, "content", "data", "ghost.db"), files: filepath.Join(dir, "content", "images")}
	if err := os.MkdirAll(s.files, 0o755); err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(freshGhost))
	if err != nil {
		return nil, err
	}
	statements, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	db, err := create(ctx, s.database, string(statements))
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	if err := setUpGhost(ctx, db); err != nil {
		return nil, err
	}
	return s, ghostConfig(dir)
}

// setUpGhost gives the site its owner and keys of its own.
func setUpGhost(ctx context.Context, db *sql.DB) error {
	hash, err := bcrypt.GenerateFromPassword([]byte("lantern-on-the-pier"), 10)
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, "UPDATE users SET name = 'Owner', slug = 'owner', email = 'owner@ghost.example', password = ?, status = 'active' WHERE id = '1'", string(hash)); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "UPDATE api_keys SET secret = lower(hex(randomblob(CASE type WHEN 'content' THEN 13 ELSE 32 END)))")
	return err
}

const ghostConfiguration = `{
  "url": "http://new.ulvbekk.example",
  "database": {"client": "sqlite3", "connection": {"filename": %q}, "useNullAsDefault": true},
  "paths": {"contentPath": %q}
}
`

func ghostConfig(dir string) error {
	text := fmt.Sprintf(ghostConfiguration, filepath.Join(dir, "content", "data", "ghost.db"), filepath.Join(dir, "content"))
	if err := os.WriteFile(filepath.Join(dir, "config.production.json"), []byte(text), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"name":"ghost","version":"5.130.6"}`+"\n"), 0o644)
}
