// Package fake is the commented example of a driver: a small invented platform with tables of its own.
//
// To write a driver, copy its shape: this file says what the platform is and how it is found, schema.go what its tables
// are, read.go turns rows into records, write.go records into rows, relink.go fills what was not known while writing.
package fake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Platform is the word on the command line.
const Platform = "fake"

// config is the platform's configuration file.
const config = "fake-config.json"

// Driver implements cms.Driver. It holds nothing: all state is in the Site that Open gives.
type Driver struct{}

// Describe implements cms.Driver. It says per kind what the platform can hold; the orchestrator leaves out and counts the
// rest before it sends anything, so Write never has to drop a field silently.
func (Driver) Describe() cms.Description {
	d := cms.Description{Platform: Platform, Title: "Fake", Versions: "1", Dialects: []cmssql.Dialect{cmssql.MySQL, cmssql.SQLite, cmssql.Postgres}}
	for _, k := range record.Kinds {
		// This platform keeps everything as it is. A real one lists its fields, value rules and limits.
		holds := &agentv1.Holds{Fields: []string{"*"}, CustomFields: true, Languages: true, Markups: []string{"html", "wordpress", "lexical", "text"}}
		d.Kinds = append(d.Kinds, &agentv1.KindInfo{Kind: k, Readable: true, Writable: true, Addressable: addressable(k), Holds: holds})
	}
	return d
}

func addressable(k cms.Kind) bool {
	return k == recordv1.Kind_KIND_ENTRY || k == recordv1.Kind_KIND_TERM || k == recordv1.Kind_KIND_MEDIA
}

// Detect implements cms.Driver. It reads the configuration file, never runs it, and answers cms.ErrNotFound for a folder
// that is no such site; any other error means "it is one, but".
func (Driver) Detect(fsys fs.FS, dir string) (*cms.Settings, error) {
	raw, err := fs.ReadFile(fsys, path.Join(dir, config))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cms.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", config, err)
	}
	var c struct{ DSN, Prefix, Files, Version string }
	if err := json.Unmarshal(raw, &c); err != nil {
		// The decoder's error could quote the password.
		return nil, errors.New(config + " is not valid JSON")
	}
	db, err := cmssql.ParseDSN(c.DSN)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", config, err)
	}
	return &cms.Settings{Platform: Platform, Database: db, Prefix: c.Prefix, Files: c.Files, Version: c.Version}, nil
}

// Open implements cms.Driver. The session is read-only unless s.Writable (Rule 5).
func (Driver) Open(ctx context.Context, s cms.Settings) (cms.Site, error) {
	db, err := cmssql.Open(ctx, s.Database, s.Writable)
	if err != nil {
		return nil, err
	}
	site := &Site{db: db, prefix: s.Prefix, version: s.Version, base: s.BaseURL}
	if err := site.load(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	return site, nil
}

// Site implements cms.Site. Everything in it is read-only after Open, so its methods may run in parallel.
type Site struct {
	db      *cmssql.DB
	prefix  string
	version string
	// base is the site's address, made while installing.
	base string
	// uuid was made while installing and belongs to no other site.
	uuid string
}

// load reads what all calls need.
func (s *Site) load(ctx context.Context) error {
	base := s.base
	if err := s.db.QueryRow(ctx, "SELECT base, uuid FROM "+s.table("install")).Scan(&s.base, &s.uuid); err != nil {
		return err
	}
	if base != "" {
		s.base = base
	}
	return nil
}

// Place implements cms.Site: this platform stores an upload where the source had it.
func (s *Site) Place(h *agentv1.FileHeader) string { return h.GetFile().GetPath() }

// DB implements cms.Site.
func (s *Site) DB() *cmssql.DB { return s.db }

// TablePrefix implements cms.Site.
func (s *Site) TablePrefix() string { return s.prefix }

// Close implements cms.Site.
func (s *Site) Close() error { return s.db.Close() }
