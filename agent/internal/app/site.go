package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/proto/link"
)

// where are the flags that say which site is meant.
type where struct {
	dir, platform, dsn, prefix, files, baseURL, flavour string
	prefixSet                                           bool
}

// find gives driver and settings of the site.
func (w where) find(drivers []cms.Driver) (cms.Driver, *cms.Settings, error) {
	d, s, err := w.base(drivers)
	if err != nil {
		return nil, nil, err
	}
	if w.files != "" {
		s.Files = w.files
	}
	if s.Files != "" {
		if s.Files, err = folder(s.Files); err != nil {
			return nil, nil, err
		}
	}
	if w.baseURL != "" {
		s.BaseURL = strings.TrimRight(w.baseURL, "/")
	}
	if w.prefixSet {
		s.Prefix = w.prefix
	}
	return d, s, nil
}

func folder(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("the folder of uploads: %w", err)
	}
	if st, err := os.Stat(abs); err != nil || !st.IsDir() {
		return "", &link.Error{Code: "files_missing", Cause: "the folder of uploads " + abs + " is not there", Fix: "name it with --files DIR"}
	}
	return abs, nil
}

func (w where) base(drivers []cms.Driver) (cms.Driver, *cms.Settings, error) {
	if w.dir != "" {
		if w.platform != "" || w.dsn != "" {
			return nil, nil, usage("give either --site, or --platform with --dsn")
		}
		if w.flavour != "" {
			return flavoured(drivers, w.dir, w.flavour)
		}
		return detect(drivers, w.dir)
	}
	if w.platform == "" || w.dsn == "" {
		return nil, nil, usage("say which site: --site DIR, or --platform with --dsn")
	}
	for _, d := range drivers {
		if d.Describe().Platform == w.platform {
			db, err := cmssql.ParseDSN(w.dsn)
			if err != nil {
				return nil, nil, usageError{err}
			}
			return d, &cms.Settings{Platform: w.platform, Database: db}, nil
		}
	}
	return nil, nil, usage("no platform %q; there are %s", w.platform, strings.Join(platforms(drivers), ", "))
}

// flavoured takes a folder by the name of what builds it, without looking for a configuration.
func flavoured(drivers []cms.Driver, dir, name string) (cms.Driver, *cms.Settings, error) {
	abs, err := folder(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range drivers {
		if f, ok := d.(cms.Flavoured); ok {
			if s, ok := f.Flavour(abs, name); ok {
				return d, s, nil
			}
		}
	}
	return nil, nil, usage("no flavour %q; there are hugo, jekyll and eleventy", name)
}

func platforms(drivers []cms.Driver) []string {
	var names []string
	for _, d := range drivers {
		names = append(names, d.Describe().Platform)
	}
	return names
}

// detect asks each driver whether the folder holds a site of its platform.
func detect(drivers []cms.Driver, dir string) (cms.Driver, *cms.Settings, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("detect: %w", err)
	}
	// From the root, because a configuration file may lie one level above.
	fsys, below := os.DirFS("/"), strings.TrimPrefix(filepath.ToSlash(abs), "/")
	if below == "" {
		below = "."
	}
	for _, d := range drivers {
		s, err := d.Detect(fsys, below)
		if errors.Is(err, cms.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, nil, &link.Error{Code: "site_unreadable", Cause: fmt.Sprintf("%s looks like %s, but: %v", abs, d.Describe().Title, err), Fix: "correct that, or name the database with --platform and --dsn"}
		}
		return d, s, nil
	}
	return nil, nil, &link.Error{Code: "site_not_found", Cause: "no site of a known platform in " + abs, Fix: "name the folder that holds the configuration file, or use --platform and --dsn; platforms: " + strings.Join(platforms(drivers), ", ")}
}

// open opens the site and has use look at it. Where no prefix was named and the database has just one, that is taken.
func open(ctx context.Context, d cms.Driver, s *cms.Settings, guess bool, use func(cms.Site) error) (cms.Site, error) {
	site, err := try(ctx, d, *s, use)
	if err == nil || cmssql.ClassOf(err) != cmssql.Missing {
		return site, startFault(ctx, s, err, nil)
	}
	seen := prefixes(ctx, s.Database)
	if guess && len(seen) == 1 && seen[0] != s.Prefix {
		s.Prefix = seen[0]
		if site, err = try(ctx, d, *s, use); err == nil {
			return site, nil
		}
	}
	return nil, startFault(ctx, s, err, seen)
}

func try(ctx context.Context, d cms.Driver, s cms.Settings, use func(cms.Site) error) (cms.Site, error) {
	site, err := d.Open(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := use(site); err != nil {
		return nil, errors.Join(err, site.Close())
	}
	return site, nil
}

// startFault says in one line why a site cannot be opened, and what to do. No password is in it.
func startFault(ctx context.Context, s *cms.Settings, err error, seen []string) error {
	var known *link.Error
	if err == nil || errors.As(err, &known) || ctx.Err() != nil {
		return err
	}
	db := s.Database
	switch cmssql.ClassOf(err) {
	case cmssql.Refused:
		return &link.Error{Code: "site_refused", Cause: fmt.Sprintf("the database %s refuses the account", db), Fix: "check user and password, and that the account may read the site's tables"}
	case cmssql.Gone:
		return &link.Error{Code: "site_gone", Cause: fmt.Sprintf("the database %s does not answer", db), Fix: "check host and port, and that the database runs"}
	case cmssql.Retry:
		return &link.Error{Code: "site_busy", Cause: fmt.Sprintf("the database %s is locked or has no connection left", db), Fix: "try again when it is free"}
	case cmssql.Missing:
		return missing(s, seen)
	}
	if n := cmssql.Number(err); n != "none" {
		return &link.Error{Code: "site_failed", Cause: fmt.Sprintf("the database %s cannot be opened (%s)", db, n), Fix: "look the number up in the database's manual"}
	}
	return err
}

func missing(s *cms.Settings, seen []string) error {
	e := &link.Error{Code: "site_table_missing", Cause: fmt.Sprintf("the database %s has no %s tables with the prefix %q", s.Database, s.Platform, s.Prefix)}
	switch {
	case len(seen) > 0:
		e.Fix = "name the right one with --prefix; the database has tables that begin with " + strings.Join(seen, ", ")
	case s.Database.Dialect == cmssql.SQLite && !exists(s.Database.File):
		e.Cause, e.Fix = "there is no database file "+s.Database.File, "check the path"
	default:
		e.Fix = "check the name of the database; it has no tables that share a prefix"
	}
	return e
}

func exists(file string) bool {
	st, err := os.Stat(file)
	return err == nil && st.Mode().IsRegular()
}
