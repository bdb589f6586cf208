// Package wxr reads WordPress's own export files, for owners who can reach nothing else: it fills a temporary database
// with WordPress's tables from them and lets the WordPress driver read that.
package wxr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/wordpress"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/scratch"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

const platform = "wxr"

// Driver reads export files of the versions 1.0 to 1.2.
type Driver struct{}

// Describe implements cms.Driver: what WordPress holds, but nothing is written.
func (Driver) Describe() cms.Description {
	d := wordpress.Driver{}.Describe()
	d.Platform, d.Title, d.Versions = platform, "WordPress export file", "1.0 to 1.2"
	d.Dialects, d.Logins = []cmssql.Dialect{cmssql.SQLite}, nil
	for _, k := range d.Kinds {
		if k.GetWritable() {
			k.Writable, k.Reason = false, "an export file is only read"
		}
	}
	return d
}

// Detect implements cms.Driver. A folder with export files in it is one site; WordPress.com divides large sites into several.
func (Driver) Detect(fsys fs.FS, dir string) (*cms.Settings, error) {
	found, err := exports(fsys, dir)
	if err != nil || len(found) == 0 {
		return nil, errors.Join(err, cms.ErrNotFound)
	}
	set := &cms.Settings{Platform: platform, Database: cmssql.Config{Dialect: cmssql.SQLite, File: filepath.FromSlash("/" + dir)}}
	if st, err := fs.Stat(fsys, path.Join(dir, "uploads")); err == nil && st.IsDir() {
		set.Files = filepath.FromSlash("/" + path.Join(dir, "uploads"))
	}
	return set, nil
}

// exports are the export files of a folder, in the order of their names.
func exports(fsys fs.FS, dir string) ([]string, error) {
	names, err := fs.Glob(fsys, path.Join(dir, "*.xml"))
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	return slices.DeleteFunc(names, func(n string) bool { return !isExport(fsys, n) }), nil
}

// isExport looks for WordPress's name space at the beginning of the file.
func isExport(fsys fs.FS, name string) bool {
	f, err := fsys.Open(name)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	head, err := io.ReadAll(io.LimitReader(f, 16<<10))
	return err == nil && strings.Contains(string(head), "http://wordpress.org/export/")
}

// Open implements cms.Driver. It reads the export once from beginning to end; Database.File is one file or a folder of them.
// The temporary database takes about as much space as the export, in the system's folder for such files.
func (Driver) Open(ctx context.Context, set cms.Settings) (cms.Site, error) {
	if set.Writable {
		return nil, errors.New("an export file is only read; use a WordPress site as the target")
	}
	files, err := filesOf(set.Database.File)
	if err != nil {
		return nil, err
	}
	dir, err := scratch.Make("bailey-wxr-")
	if err != nil {
		return nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	s, err := open(ctx, set, files, filepath.Join(dir.Path, "export.db"))
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	s.dir = dir
	return s, nil
}

func filesOf(name string) ([]string, error) {
	st, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("the export: %w", err)
	}
	if !st.IsDir() {
		if !isExport(os.DirFS(filepath.Dir(name)), filepath.Base(name)) {
			return nil, fmt.Errorf("%s is no WordPress export: it does not name http://wordpress.org/export/ at its beginning", name)
		}
		return []string{name}, nil
	}
	found, err := exports(os.DirFS(name), ".")
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%s holds no WordPress export", name)
	}
	for i, f := range found {
		found[i] = filepath.Join(name, f)
	}
	return found, err
}

func open(ctx context.Context, set cms.Settings, files []string, file string) (*Site, error) {
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		return nil, fmt.Errorf("make a temporary database: %w", err)
	}
	db := cmssql.Config{Dialect: cmssql.SQLite, File: file}
	told, version, err := load(ctx, db, files)
	if err != nil {
		return nil, err
	}
	set.Database, set.Prefix = db, prefix
	if set.Version == "" {
		set.Version = version
	}
	opened, err := wordpress.Driver{}.Open(ctx, set)
	if err != nil {
		return nil, err
	}
	wp, ok := opened.(*wordpress.Site)
	if !ok {
		return nil, errors.Join(errors.New("WordPress's driver opened something else"), opened.Close())
	}
	return &Site{Site: wp, told: told}, nil
}

// Site is one export, opened.
type Site struct {
	*wordpress.Site
	dir  *scratch.Dir
	told []*agentv1.Finding
}

// Probe implements cms.Site; what an export never holds is among the findings.
func (s *Site) Probe(ctx context.Context, opt cms.Options) (*cms.Facts, error) {
	f, err := s.Site.Probe(ctx, opt)
	if err != nil {
		return nil, err
	}
	f.Database = "export file"
	f.Findings = append(append(s.told, absent(f)...), f.Findings...)
	return f, nil
}

const useSite = "move from the site itself, with --site or --dsn, where it can be reached"

// absent says what an export leaves out. (wp-admin/includes/export.php of WordPress 6.1)
func absent(f *cms.Facts) []*agentv1.Finding {
	return []*agentv1.Finding{
		{Code: "export_without_accounts", Severity: agentv1.Severity_SEVERITY_WARNING, Kind: recordv1.Kind_KIND_USER, Count: f.Counts[recordv1.Kind_KIND_USER],
			Cause: "an export names only authors, without passwords, roles and profiles", Fix: useSite},
		{Code: "export_without_settings", Severity: agentv1.Severity_SEVERITY_WARNING, Kind: recordv1.Kind_KIND_SITE, Count: 1,
			Cause: "an export holds few settings; permalinks and the time zone are concluded from the entries, menu locations and widgets are not there", Fix: useSite},
		{Code: "export_without_spam", Severity: agentv1.Severity_SEVERITY_INFO, Kind: recordv1.Kind_KIND_COMMENT, Count: f.Counts[recordv1.Kind_KIND_COMMENT],
			Cause: "an export leaves out comments marked as spam, and of the others the visitor's browser", Fix: useSite},
		{Code: "export_without_files", Severity: agentv1.Severity_SEVERITY_INFO, Kind: recordv1.Kind_KIND_MEDIA, Count: f.Counts[recordv1.Kind_KIND_MEDIA],
			Cause: "an export holds no files, only their addresses", Fix: "put the site's wp-content/uploads beside it as a folder, or name it with --files; or migrate with --fetch-missing, where the site answers"},
	}
}

// Close implements cms.Site and removes the temporary database.
func (s *Site) Close() error { return errors.Join(s.Site.Close(), s.dir.Close()) }
