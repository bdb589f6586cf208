// Package joomla maps the tables of Joomla 3.10 to 6 (MySQL, MariaDB, PostgreSQL) to records and back.
package joomla

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/uploads"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Platform is the word on the command line.
const Platform = "joomla"

// Short names of the kinds that Joomla has.
const (
	kindSite     = recordv1.Kind_KIND_SITE
	kindUser     = recordv1.Kind_KIND_USER
	kindTerm     = recordv1.Kind_KIND_TERM
	kindMedia    = recordv1.Kind_KIND_MEDIA
	kindEntry    = recordv1.Kind_KIND_ENTRY
	kindMenu     = recordv1.Kind_KIND_MENU
	kindRedirect = recordv1.Kind_KIND_REDIRECT
)

// Driver makes Joomla sites.
type Driver struct{}

var _ cms.Driver = Driver{}

// Describe says what the driver can do. No I/O.
func (Driver) Describe() cms.Description {
	return cms.Description{
		Platform: Platform, Title: "Joomla", Versions: "3.10 to 6.0",
		Dialects: []cmssql.Dialect{cmssql.MySQL, cmssql.Postgres},
		Kinds:    kinds(),
		Logins:   logins,
	}
}

// Open connects, and checks that the database is Joomla's.
func (Driver) Open(ctx context.Context, s cms.Settings) (cms.Site, error) {
	db, err := cmssql.Open(ctx, s.Database, s.Writable)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	site := &Site{db: db, set: s, now: time.Now}
	if err := site.prepare(ctx); err != nil {
		return nil, errors.Join(err, site.Close())
	}
	return site, nil
}

// Site is one opened Joomla.
type Site struct {
	db  *cmssql.DB
	set cms.Settings
	// schema knows which tables and columns this version has.
	schema cmssql.Catalogue
	// config is what configuration.php beside the folder images says; empty without it.
	config config
	// root is the site's folder, below which images lie; nil when it is out of reach.
	root *os.Root
	now  func() time.Time
	// articleType is the number of com_content.article in content_types.
	articleType string
	// closed makes reading what is no table fail as well.
	closed atomic.Bool
}

var errClosed = errors.New("the site is closed")

var (
	_ cms.Site   = (*Site)(nil)
	_ cms.Mender = (*Site)(nil)
)

func (s *Site) prepare(ctx context.Context) (err error) {
	if s.schema, err = cmssql.ReadColumns(ctx, s.db, func(t string) (string, bool) { return strings.CutPrefix(t, s.set.Prefix) }); err != nil {
		return fmt.Errorf("read the columns: %w", err)
	}
	for _, t := range []string{"content", "categories", "users", "usergroups", "viewlevels", "extensions", "menu"} {
		if !s.schema.Has(t) {
			return fmt.Errorf("the database has no table %q: it is not Joomla's, or its tables have another prefix; check the DSN and --prefix", s.set.Prefix+t)
		}
	}
	if s.schema.Has("content", "sectionid") {
		return errors.New("this Joomla is of version 1.5; update it to 3.10 or later first")
	}
	if err := s.openFiles(); err != nil {
		return err
	}
	s.articleType, err = s.one(ctx, s.db, "SELECT type_id FROM {content_types} WHERE type_alias = 'com_content.article'")
	return err
}

func (s *Site) openFiles() (err error) {
	if s.root, err = uploads.Open(s.set.Files); err != nil || s.root == nil {
		return err
	}
	s.config = readConfig(s.root.FS(), configFile)
	return nil
}

// base is the site's address without a trailing slash; the database does not hold it.
func (s *Site) base() string {
	if s.set.BaseURL != "" {
		return strings.TrimRight(s.set.BaseURL, "/")
	}
	return strings.TrimRight(s.config["live_site"], "/")
}

// sql puts quoted full names in place of {name}.
func (s *Site) sql(query string) string { return s.db.Dialect().Named(s.set.Prefix, query) }

// name quotes a column.
func (s *Site) name(col string) string { return cmssql.QuoteName(s.db.Dialect(), col) }

// DB is the site's database.
func (s *Site) DB() *cmssql.DB { return s.db }

// TablePrefix begins the names of all tables.
func (s *Site) TablePrefix() string { return s.set.Prefix }

// Close releases the connection and the folder.
func (s *Site) Close() error {
	s.closed.Store(true)
	return errors.Join(s.db.Close(), uploads.Close(s.root))
}
