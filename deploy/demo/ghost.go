package main

import (
	"context"
	"database/sql"
	_ "embed" // schema
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/crypto/bcrypt"
)

//go:embed ghost.sql
var ghostSchema string

// ghostRoles are the roles of a fresh Ghost; the last one is the owner's.
var ghostRoles = []string{"Administrator", "Editor", "Author", "Contributor", "Admin Integration", "Super Editor", "Owner"}

// ghostSettings are the settings of a fresh Ghost that a site owner sees: group, key, type, value (nil: null).
var ghostSettings = [][4]any{
	{"core", "site_uuid", "string", "5b7b3a54-6a4f-4c0e-9d1b-2b7f0d9a1c11"},
	{"site", "title", "string", "Ghost"}, {"site", "description", "string", "Thoughts, stories and ideas"}, {"site", "logo", "string", ""}, {"site", "cover_image", "string", ""},
	{"site", "icon", "string", ""}, {"site", "accent_color", "string", "#FF1A75"}, {"site", "locale", "string", "en"}, {"site", "timezone", "string", "Etc/UTC"},
	{"site", "codeinjection_head", "string", ""}, {"site", "codeinjection_foot", "string", ""}, {"site", "facebook", "string", "ghost"}, {"site", "twitter", "string", "@ghost"},
	{"site", "navigation", "array", `[{"label":"Home","url":"/"}]`}, {"site", "secondary_navigation", "array", `[{"label":"Sign up","url":"#/portal/"}]`},
	{"site", "meta_title", "string", nil}, {"site", "meta_description", "string", nil}, {"site", "og_image", "string", ""}, {"site", "og_title", "string", nil},
	{"site", "og_description", "string", nil}, {"site", "twitter_image", "string", ""}, {"site", "twitter_title", "string", nil}, {"site", "twitter_description", "string", nil},
	{"theme", "active_theme", "string", "source"}, {"members", "default_content_visibility", "string", "public"}, {"members", "members_signup_access", "string", "all"},
	{"comments", "comments_enabled", "string", "off"},
}

const ghostTime = "2024-02-01 09:00:00"

// makeGhost makes an empty Ghost site in dir: settings, roles, a newsletter, a tier, the owner.
func makeGhost(ctx context.Context, dir string) (*site, error) {
	s := &site{dir: dir, database: filepath.Join(dir, "content", "data", "ghost.db"), files: filepath.Join(dir, "content", "images")}
	if err := os.MkdirAll(s.files, 0o755); err != nil {
		return nil, err
	}
	db, err := create(ctx, s.database, ghostSchema)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	if err := fillGhost(ctx, db); err != nil {
		return nil, err
	}
	return s, ghostConfig(dir)
}

func fillGhost(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for i, r := range ghostRoles {
		if _, err := tx.Exec("INSERT INTO roles (id,name,created_at,created_by) VALUES (?,?,?,'1')", objectID(1, i), r, ghostTime); err != nil {
			return err
		}
	}
	for i, v := range ghostSettings {
		if _, err := tx.Exec(`INSERT INTO settings (id,"group","key",type,value,created_at,created_by) VALUES (?,?,?,?,?,?,'1')`, objectID(2, i), v[0], v[1], v[2], v[3], ghostTime); err != nil {
			return err
		}
	}
	hash, err := bcrypt.GenerateFromPassword([]byte("lantern-on-the-pier"), 10)
	if err != nil {
		return err
	}
	for _, q := range []struct {
		query string
		args  []any
	}{
		{"INSERT INTO users (id,name,slug,password,email,created_at,created_by) VALUES ('1','Owner','owner',?,'owner@ghost.example',?,'1')", []any{string(hash), ghostTime}},
		{"INSERT INTO roles_users (id,role_id,user_id) VALUES (?,?,'1')", []any{objectID(3, 0), objectID(1, len(ghostRoles)-1)}},
		{"INSERT INTO newsletters (id,uuid,name,slug,created_at) VALUES (?,'6f1c61c6-9a0a-4d53-b8a5-6b5b6d0ed0aa','Default newsletter','default-newsletter',?)", []any{objectID(4, 0), ghostTime}},
		{"INSERT INTO products (id,name,slug,type,visibility,created_at) VALUES (?,'Free','free','free','public',?)", []any{objectID(5, 0), ghostTime}},
		{"INSERT INTO migrations (name,version,currentVersion) VALUES ('1-add-settings.js','5.130','5.130')", nil},
		{"INSERT INTO migrations_lock (lock_key,locked) VALUES ('km01',0)", nil},
	} {
		if _, err := tx.Exec(q.query, q.args...); err != nil {
			return fmt.Errorf("%.40s: %w", q.query, err)
		}
	}
	return tx.Commit()
}

// objectID is a stable id in Ghost's form.
func objectID(table, row int) string { return fmt.Sprintf("65bb5c90%08x%08x", table, row) }

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
