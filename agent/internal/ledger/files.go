package ledger

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// File is one stored file of the source, or the intent to store it.
type File struct {
	ID, MediaID string
	// Path below the folder of uploads, slash-separated.
	Path   string
	Bytes  int64
	SHA256 []byte
	// Whole: the file stands under its name; otherwise it is being transferred.
	Whole bool
	// Replaces: the path holds an older version of the same file that a migration stored.
	Replaces bool
}

// ErrPathTaken means that another file of a migration has the path.
var ErrPathTaken = errors.New("the path belongs to another file")

// pathKey identifies a path also on file systems that fold case.
func pathKey(path string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(path)))
	return string(sum[:16])
}

// Files gives what the ledger knows of files of the source, by id.
func (l *Ledger) Files(ctx context.Context, sc *Scope, ids []string) (map[string]*File, error) {
	found := make(map[string]*File, len(ids))
	for part := range chunks(ids, lookup) {
		in, args := cmssql.In(part)
		all, err := l.filesWhere(ctx, sc, "file_id IN "+in, args...)
		if err != nil {
			return nil, err
		}
		for _, f := range all {
			found[f.ID] = f
		}
	}
	return found, nil
}

// filesWhere gives files of the source.
func (l *Ledger) filesWhere(ctx context.Context, sc *Scope, where string, args ...any) ([]*File, error) {
	rows, err := l.db.Query(ctx, "SELECT file_id, media_id, path, bytes, sha256, whole, replaces FROM "+l.from(tableFiles)+" WHERE site = ? AND "+where,
		append([]any{sc.site}, args...)...)
	if err != nil {
		return nil, whole(err)
	}
	var all []*File
	for rows.Next() {
		f := &File{}
		if err := rows.Scan(&f.ID, &f.MediaID, &f.Path, &f.Bytes, &f.SHA256, &f.Whole, &f.Replaces); err != nil {
			_ = rows.Close()
			return nil, whole(err)
		}
		all = append(all, f)
	}
	return all, whole(closed(rows))
}

// FileOf gives a file of the source that stands whole on the target with this content; nil: none does.
func (l *Ledger) FileOf(ctx context.Context, sc *Scope, content []byte) (*File, error) {
	all, err := l.filesWhere(ctx, sc, "sha256 = ? AND whole = 1 LIMIT 1", content)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

// ClaimFile writes down where a file will be before it appears there, so that a crash leaves nothing unknown.
// ErrPathTaken: choose another path.
func (l *Ledger) ClaimFile(ctx context.Context, sc *Scope, f *File) error {
	err := l.tx(ctx, func(tx *cmssql.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM "+l.from(tableFiles)+" WHERE site = ? AND file_id = ?", sc.site, f.ID); err != nil {
			return err
		}
		_, err := tx.Insert(ctx, l.table(tableFiles), []string{"site", "file_id", "media_id", "path", "path_key", "bytes", "sha256", "whole", "replaces", "run"},
			[][]any{{sc.site, f.ID, f.MediaID, f.Path, []byte(pathKey(f.Path)), f.Bytes, f.SHA256, f.Whole, f.Replaces, sc.run}})
		return err
	})
	if cmssql.ClassOf(err) == cmssql.Duplicate {
		return ErrPathTaken
	}
	return whole(err)
}

// FileWhole writes down that a claimed file stands whole under its name, and how long it is.
func (l *Ledger) FileWhole(ctx context.Context, sc *Scope, id string, bytes int64) error {
	return whole(l.tx(ctx, func(tx *cmssql.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE "+l.from(tableFiles)+" SET whole = 1, replaces = 0, bytes = ? WHERE site = ? AND file_id = ?", bytes, sc.site, id)
		return err
	}))
}

// fileSources finds the source's ids of the files that media records of the target name, by path key.
func (l *Ledger) fileSources(ctx context.Context, sc *Scope, recs []*recordv1.Record) (map[string]string, error) {
	var keys [][]byte
	for _, rec := range recs {
		for _, f := range rec.GetMedia().GetFiles() {
			keys = append(keys, []byte(pathKey(f.GetPath())))
		}
	}
	known := map[string]string{}
	for part := range chunks(keys, lookup) {
		in, args := cmssql.In(part)
		rows, err := l.db.Query(ctx, "SELECT path_key, file_id FROM "+l.from(tableFiles)+" WHERE site = ? AND path_key IN "+in, append([]any{sc.site}, args...)...)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var key, id string
			if err := rows.Scan(&key, &id); err != nil {
				_ = rows.Close()
				return nil, err
			}
			known[key] = id
		}
		if err := closed(rows); err != nil {
			return nil, err
		}
	}
	return known, nil
}
