package main

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"

	"github.com/baileybridge/bailey/deploy/testbed"
)

// target is an empty site that is written, and where its rows are.
type target struct {
	kind *targetKind
	// files is the folder of uploads.
	files string
	// database is nil for SQLite.
	database *testbed.Database
	db       *sql.DB
	// file is the SQLite database.
	file string
}

// targetKind is a row of the table of targets.
type targetKind struct {
	name, platform string
	make           func(s *samples, t *target) error
	rules          *rules
}

var targetKinds = []*targetKind{
	{"wordpress on mariadb", "wordpress", func(s *samples, t *target) error { return s.blankWordPress(t.db) }, wordpressRules},
	{"ghost on sqlite", "ghost", nil, ghostRules},
	{"ghost on mariadb", "ghost", func(s *samples, t *target) error { return errors.Join(s.blankGhost(t.db), t.christen(t.database.Name)) }, ghostRules},
}

// newTarget makes an empty site in dir.
func (k *targetKind) newTarget(s *samples, srv *testbed.Server, dir, name string) (*target, error) {
	t := &target{kind: k, files: filepath.Join(dir, "files")}
	if err := os.MkdirAll(t.files, 0o755); err != nil {
		return nil, err
	}
	if k.make == nil {
		t.file = filepath.Join(dir, "ghost.db")
		if err := copyFile(t.file, s.ghostFile()); err != nil {
			return nil, err
		}
		var err error
		if t.db, err = sql.Open("sqlite", "file:"+t.file+"?_pragma=busy_timeout(5000)"); err == nil {
			err = t.christen(name)
		}
		return t, err
	}
	var err error
	if t.database, err = srv.Create(name); err != nil {
		return nil, err
	}
	t.db = t.database.DB
	if err := k.make(s, t); err != nil {
		return nil, errors.Join(err, t.drop())
	}
	return t, nil
}

// christen gives a Ghost an identity of its own: with the same, it would be the target of an earlier run.
func (t *target) christen(name string) error {
	_, err := t.db.Exec("UPDATE settings SET value = ? WHERE `key` = 'site_uuid'", name)
	return err
}

// drop removes the database.
func (t *target) drop() error {
	if t.database == nil {
		return t.db.Close()
	}
	_, err := t.db.Exec("DROP DATABASE " + t.database.Name)
	return errors.Join(err, t.db.Close())
}
