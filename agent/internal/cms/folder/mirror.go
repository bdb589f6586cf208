package folder

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"

	"google.golang.org/grpc/codes"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/proto/link"
)

// A folder knows no transactions. So each file that a migration makes has a row in a database beside the folder, in the same
// transaction as the ledger's (Rule 2); after the commit the row is carried out to the file. The names of what is still to be
// carried stand in the outbox, so that a crash at any moment is repaired by the next one who carries.
const (
	// ours is the folder of what a migration keeps, database the file in it.
	ours     = ".bailey"
	database = "site.db"
	carrying = ours + "/carrying"
)

// A row's path may have a part behind "#": then it is a piece of that file. pending is the record as it was before its
// pointers were filled, see relink.go. folders are those that were made for files,
// addresses those at which records stand, languages those of entries.
var schema = []string{
	`CREATE TABLE IF NOT EXISTS files (path TEXT NOT NULL PRIMARY KEY, kind INTEGER NOT NULL, id TEXT NOT NULL, content TEXT, pending BLOB)`,
	`CREATE INDEX IF NOT EXISTS files_id ON files (kind, id)`,
	`CREATE TABLE IF NOT EXISTS addresses (at TEXT NOT NULL PRIMARY KEY, path TEXT NOT NULL)`,
	`CREATE INDEX IF NOT EXISTS addresses_path ON addresses (path)`,
	`CREATE TABLE IF NOT EXISTS languages (code TEXT NOT NULL PRIMARY KEY, locale TEXT NOT NULL)`,
	`CREATE TABLE IF NOT EXISTS outbox (path TEXT NOT NULL PRIMARY KEY)`,
	`CREATE TABLE IF NOT EXISTS folders (path TEXT NOT NULL PRIMARY KEY)`,
	`CREATE TRIGGER IF NOT EXISTS files_made AFTER INSERT ON files BEGIN INSERT OR IGNORE INTO outbox VALUES (NEW.path); END`,
	`CREATE TRIGGER IF NOT EXISTS files_changed AFTER UPDATE OF content ON files BEGIN INSERT OR IGNORE INTO outbox VALUES (NEW.path); END`,
	`CREATE TRIGGER IF NOT EXISTS files_gone AFTER DELETE ON files BEGIN INSERT OR IGNORE INTO outbox VALUES (OLD.path); END`,
	`CREATE TRIGGER IF NOT EXISTS files_left AFTER DELETE ON files BEGIN DELETE FROM addresses WHERE path = OLD.path; END`,
}

// prepare makes the folder of what a migration keeps.
func (s *Site) prepare() error {
	if err := s.root.Mkdir(ours, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return diskFault(err)
	}
	st, err := s.root.Lstat(ours)
	if err != nil || !st.IsDir() {
		return &link.Error{Code: "folder_refused", Cause: "the folder holds something else called " + ours, Fix: "move it away"}
	}
	if err := s.root.WriteFile(ours+"/.gitignore", []byte("*\n"), 0o600); err != nil {
		return diskFault(err)
	}
	f, err := s.root.OpenFile(path.Join(ours, database), syscall.O_RDWR|syscall.O_CREAT, 0o600)
	if err != nil {
		return diskFault(err)
	}
	return f.Close()
}

func (s *Site) makeTables(ctx context.Context) error {
	for _, q := range schema {
		if err := s.db.Exec(ctx, q); err != nil {
			return fmt.Errorf("make the tables beside the folder: %w", err)
		}
	}
	return nil
}

// idle says that no migration is remembered, and nothing waits to be carried.
func (s *Site) idle() bool {
	ctx := context.Background()
	var n int
	err := s.db.QueryRow(ctx, "SELECT (SELECT COUNT(*) FROM sqlite_master WHERE name LIKE 'bailey~_%' ESCAPE '~') + (SELECT COUNT(*) FROM files) + (SELECT COUNT(*) FROM outbox)").Scan(&n)
	return err == nil && n == 0
}

// recall takes up the keys of terms that were written before.
func (s *Site) recall(ctx context.Context) error {
	ids, err := cmssql.Column[string](ctx, s.db, "SELECT DISTINCT substr(id, 1, instr(id, '/') - 1) FROM files WHERE kind = ?", int(kindTerm))
	for _, key := range ids {
		s.config.own.Store(key, true)
	}
	return errors.Join(err, s.recallLanguages(ctx))
}

// carryPage is how many files are carried before that is noted.
const carryPage = 500

// Carry implements cms.Mirror.
func (s *Site) Carry(ctx context.Context) error {
	if s.dry {
		return nil
	}
	for {
		paths, err := cmssql.Column[string](ctx, s.db, fmt.Sprintf("SELECT path FROM outbox ORDER BY path LIMIT %d", carryPage))
		if err != nil || len(paths) == 0 {
			return err
		}
		if err := s.carry(ctx, paths); err != nil {
			return diskFault(err)
		}
		tx, err := s.db.Begin(ctx)
		if err != nil {
			return err
		}
		if err := cmssql.ExecIn(ctx, tx, paths, "DELETE FROM outbox WHERE path IN "); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		if err := tx.Commit(); err != nil {
			return err
		}
	}
}

func (s *Site) carry(ctx context.Context, paths []string) error {
	if err := s.noteFolders(ctx, paths); err != nil {
		return err
	}
	for _, file := range paths {
		file, name, _ := strings.Cut(file, "#")
		want, err := s.whole(ctx, s.db, file, name)
		if err != nil {
			return err
		}
		if want == nil {
			err = s.remove(ctx, file)
		} else {
			err = s.store(file, *want)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// whole is what a file is to hold; nil: it is not to be there. name is the piece that has changed; "": the file itself. Around a
// piece people may have edited: that stays as it stands in the file.
func (s *Site) whole(ctx context.Context, q cmssql.Querier, file, name string) (*string, error) {
	pieces, err := s.pieces(ctx, q, file)
	if err != nil {
		return nil, err
	}
	var own sql.Null[string]
	switch {
	case file == menusFile:
		return s.wholeMenus(pieces, name)
	case name != "":
		own.V, err = s.text(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		own.V, own.Valid = s.config.withoutAliases(own.V), err == nil
	default:
		if err := q.QueryRow(ctx, "SELECT content FROM files WHERE path = ?", file).Scan(&own); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
	}
	if !own.Valid {
		return nil, nil
	}
	text := s.config.withAliases(own.V, pieces)
	return &text, nil
}

// piece is a part of a file that is a record of its own.
type piece struct{ name, content string }

func (s *Site) pieces(ctx context.Context, q cmssql.Querier, file string) (all []piece, err error) {
	err = cmssql.Each(ctx, q, func(r *sql.Rows) error {
		var p piece
		if err := r.Scan(&p.name, &p.content); err != nil {
			return err
		}
		_, p.name, _ = strings.Cut(p.name, "#")
		all = append(all, p)
		return nil
	}, "SELECT path, content FROM files WHERE path > ? AND path < ? ORDER BY path", file+"#", file+"$")
	return all, err
}

// aliasLine begins the line of old addresses. Eleventy has none.
func (c *config) aliasLine() string { return c.shape.aliases + ": [" }

// withAliases puts old addresses into front matter, as its first line.
func (c *config) withAliases(content string, pieces []piece) string {
	rest, ok := strings.CutPrefix(content, "---\n")
	if !ok || len(pieces) == 0 {
		return content
	}
	var from []string
	for _, p := range pieces {
		from = append(from, quoted(p.name))
	}
	return "---\n" + c.aliasLine() + strings.Join(from, ", ") + "]\n" + rest
}

// withoutAliases undoes withAliases: what we write begins with another key.
func (c *config) withoutAliases(text string) string {
	rest, ok := strings.CutPrefix(text, "---\n"+c.aliasLine())
	if !ok {
		return text
	}
	if _, rest, ok = strings.Cut(rest, "]\n"); !ok {
		return text
	}
	return "---\n" + rest
}

// store writes a file whole or not at all.
func (s *Site) store(file, text string) error {
	if have, err := s.root.ReadFile(file); err == nil && string(have) == text {
		return nil
	}
	if dir := path.Dir(file); dir != "." {
		if err := s.root.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	f, err := s.root.Create(carrying)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return s.root.Rename(carrying, file)
}

// noteFolders notes which folders are about to be made.
func (s *Site) noteFolders(ctx context.Context, files []string) error {
	var rows [][]any
	seen := map[string]bool{}
	for _, file := range files {
		file, _, _ = strings.Cut(file, "#")
		for dir := path.Dir(file); dir != "." && !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			if _, err := s.root.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
				rows = append(rows, []any{dir})
			}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	tx, err := s.db.Begin(ctx)
	if err != nil {
		return err
	}
	if _, err := tx.InsertElse(ctx, "folders", []string{"path"}, rows, " ON CONFLICT DO NOTHING"); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// remove takes a file away, and the folders that were made for it and are empty now.
func (s *Site) remove(ctx context.Context, file string) error {
	if err := s.root.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for dir := path.Dir(file); dir != "."; dir = path.Dir(dir) {
		var made int
		if err := s.db.QueryRow(ctx, "SELECT COUNT(*) FROM folders WHERE path = ?", dir).Scan(&made); err != nil || made == 0 {
			return err
		}
		if s.root.Remove(dir) != nil {
			return nil // not empty
		}
	}
	return nil
}

// Look implements cms.Mirror. A row that waits to be carried is ahead of its file.
func (s *Site) Look(ctx context.Context, q cmssql.Querier, kind cms.Kind, ids []string) error {
	column := "id"
	if kind == 0 {
		column = "path"
	}
	tx, mine := q.(*cmssql.Tx)
	if _, plain := q.(*cmssql.DB); plain && !s.dry {
		var err error
		if tx, err = s.db.Begin(ctx); err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
	} else if !mine {
		return nil
	}
	type state struct{ path, content string }
	var all []state
	err := cmssql.EachIn(ctx, tx, ids, func(r *sql.Rows) error {
		var st state
		var content sql.Null[string]
		err := r.Scan(&st.path, &content)
		st.content = content.V
		all = append(all, st)
		return err
	}, fmt.Sprintf("SELECT path, content FROM files WHERE kind = %d AND path NOT IN (SELECT path FROM outbox) AND "+column+" IN ", kind), "")
	if err != nil {
		return err
	}
	for _, st := range all {
		now, err := s.piece(kind, st.path, st.content)
		switch {
		case err != nil:
			return err
		case now == nil:
			_, err = tx.Exec(ctx, "DELETE FROM files WHERE path = ?", st.path)
		case *now != st.content:
			_, err = tx.Exec(ctx, "UPDATE files SET content = ? WHERE path = ?", *now, st.path)
		}
		if err != nil {
			return err
		}
	}
	if mine {
		return nil
	}
	return tx.Commit()
}

// piece is what stands in the folder for a row; nil: it is gone. content is what the row holds.
func (s *Site) piece(kind cms.Kind, file, content string) (*string, error) {
	host, name, part := strings.Cut(file, "#")
	raw, err := s.text(host)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a file: %w", err)
	}
	switch {
	case part && kind == kindMenu:
		if text := menuBlock(raw, name); text != "" {
			return &text, nil
		}
		return nil, nil
	case part:
		front, _, _, err := splitFront(raw)
		if err == nil && !slices.Contains(texts(front.get(s.config.shape.aliases)), name) {
			return nil, nil
		}
		return &content, nil
	}
	text := s.config.withoutAliases(raw)
	return &text, nil
}

// diskFault tells what a full or refusing disk means.
func diskFault(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return &link.Error{Code: "target_full", Cause: "the disk of the folder is full", Fix: "free space there, then resume the migration", Grpc: codes.ResourceExhausted}
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return &link.Error{Code: "files_refused", Cause: "the folder may not be written", Fix: "start the agent as the user that the folder belongs to", Grpc: codes.FailedPrecondition}
	}
	return err
}
