// Package drupal maps the tables of Drupal 7 and of Drupal 8 to 11 (MySQL, MariaDB, PostgreSQL, SQLite) to records and back.
package drupal

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

// Platform is the word on the command line, for all versions.
const Platform = "drupal"

// Short names of the kinds.
const (
	kindSite     = recordv1.Kind_KIND_SITE
	kindUser     = recordv1.Kind_KIND_USER
	kindTerm     = recordv1.Kind_KIND_TERM
	kindMedia    = recordv1.Kind_KIND_MEDIA
	kindEntry    = recordv1.Kind_KIND_ENTRY
	kindComment  = recordv1.Kind_KIND_COMMENT
	kindMenu     = recordv1.Kind_KIND_MENU
	kindRedirect = recordv1.Kind_KIND_REDIRECT
)

// Driver makes Drupal sites.
type Driver struct {
	// Seven says that Drupal 7 is described; otherwise the later versions are.
	Seven bool
	// Languages says that a site of a later version has several, so that terms, entries and menus keep theirs.
	Languages bool
	// Library says that a site of a later version keeps files as media entities.
	Library bool
	// Private says that the site can hold files that not everybody may fetch.
	Private bool
	// PrivateFolder is where these lie, outside of the public files; empty: nowhere, or below them.
	PrivateFolder string
	// Books says that the site has the module Book, so that pages of books keep their places.
	Books bool
	// Markups are the texts of other Drupals that the site shows as they are stored.
	Markups []string
}

var _ cms.Versioned = Driver{}

// Of is the driver that describes a site's version.
func (Driver) Of(site cms.Site) cms.Driver {
	s, ok := site.(*Site)
	if !ok {
		return Driver{}
	}
	return Driver{Seven: s.seven, Languages: s.speaks(), Library: s.library(), Private: s.guarded(), PrivateFolder: s.privateFolder(), Books: s.has("book"), Markups: markupsOf(s)}
}

// Describe says what the driver can do. No I/O.
func (d Driver) Describe() cms.Description {
	list := kinds(d)
	if d.Seven {
		list = kinds7(d)
	}
	return cms.Description{
		Platform: Platform, Title: "Drupal", Versions: "7, 9.5, 10.1",
		Dialects: []cmssql.Dialect{cmssql.MySQL, cmssql.SQLite, cmssql.Postgres}, Kinds: list, Logins: logins, Private: d.PrivateFolder,
	}
}

// Open connects, and finds out which of the two schemas the database has.
func (Driver) Open(ctx context.Context, set cms.Settings) (cms.Site, error) {
	db, err := cmssql.Open(ctx, set.Database, set.Writable)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	s := &Site{db: db, src: db, settings: set, zone: time.UTC, live: &columns{}, closed: &atomic.Bool{}, now: time.Now}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Site is one opened Drupal site. A source's types and fields are read once: they change only with the site's set-up.
type Site struct {
	db *cmssql.DB
	// src is where the set-up is read from: the database, or the transaction that may have changed it.
	src      cmssql.Querier
	settings cms.Settings
	// seven says that the tables are those of Drupal 7.
	seven  bool
	live   *columns
	schema schema
	zone   *time.Location
	// root is the folder of public files; nil when it is out of reach.
	root *os.Root
	// private is the folder of private files where that lies elsewhere, at privateDir; nil: it does not, or is out of reach.
	private    *os.Root
	privateDir string
	// closed makes reading what is no table fail as well.
	closed *atomic.Bool
	now    func() time.Time
	// verified are the schemes of password hashes that the site verifies, while it is written.
	verified []string
	// threeBytes says that texts hold no letter of four bytes, as in tables that Drupal 7's installer makes by default.
	threeBytes bool
}

// fresh is the site with its set-up as it is now: writing makes types and fields.
func (s *Site) fresh(ctx context.Context, q cmssql.Querier) (*Site, error) {
	if !s.settings.Writable {
		return s, nil
	}
	n := *s
	n.src = q
	err := n.loadSchema(ctx)
	if err == nil {
		n.verified, err = n.logins(ctx, q)
	}
	return &n, err
}

var errClosed = errors.New("the site is closed")

func (s *Site) prepare(ctx context.Context) (err error) {
	// Dialects tell the names of tables as they are, MySQL on some systems in lower case.
	if err := s.live.load(ctx, s.db, s.settings.Prefix); err != nil {
		return err
	}
	switch {
	case s.has("node") && s.has("variable") && s.has("field_config"):
		s.seven = true
	case s.has("node_field_data") && s.has("config"):
	default:
		return errors.New("the database has no tables of Drupal with this prefix; check the DSN, the database's name and the prefix")
	}
	if s.root, err = uploads.Open(s.settings.Files); err != nil {
		return err
	}
	if err := s.measureLetters(ctx); err != nil {
		return err
	}
	if err := s.loadSchema(ctx); err != nil {
		return fmt.Errorf("read the site's types and fields: %w", err)
	}
	return s.openPrivate()
}

func (s *Site) has(table string) bool { return s.live.of(table) != nil }

// sql puts full names in place of {name}.
func (s *Site) sql(query string) string { return s.db.Dialect().Named(s.settings.Prefix, query) }

// baseURL is the site's address without a trailing slash; the database does not hold it.
func (s *Site) baseURL() string { return strings.TrimRight(s.settings.BaseURL, "/") }

// DB is the site's database.
func (s *Site) DB() *cmssql.DB { return s.db }

// TablePrefix goes before the names of the ledger's tables.
func (s *Site) TablePrefix() string { return s.settings.Prefix }

// Close releases the connection and the folders.
func (s *Site) Close() error {
	s.closed.Store(true)
	return errors.Join(s.db.Close(), uploads.Close(s.root), uploads.Close(s.private))
}
