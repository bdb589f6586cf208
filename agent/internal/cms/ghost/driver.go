// Package ghost maps the tables of Ghost 5 (SQLite, MySQL, MariaDB) to records and back.
package ghost

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/uploads"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Platform is the word on the command line.
const Platform = "ghost"

// Short names of the kinds that Ghost has.
const (
	kindSite    = recordv1.Kind_KIND_SITE
	kindUser    = recordv1.Kind_KIND_USER
	kindTerm    = recordv1.Kind_KIND_TERM
	kindMedia   = recordv1.Kind_KIND_MEDIA
	kindEntry   = recordv1.Kind_KIND_ENTRY
	kindComment = recordv1.Kind_KIND_COMMENT
	kindMenu    = recordv1.Kind_KIND_MENU
	// kindRedirect lies in a file beside the database.
	kindRedirect = recordv1.Kind_KIND_REDIRECT
)

// Driver makes Ghost sites.
type Driver struct {
	// Redirects describes a site whose content folder is there.
	Redirects bool
}

var _ cms.Versioned = Driver{}

// Of implements cms.Versioned: what is in reach, and not the version, decides about redirects.
func (Driver) Of(site cms.Site) cms.Driver {
	s, ok := site.(*Site)
	return Driver{Redirects: ok && s.redirects}
}

// Describe says what the driver can do. No I/O.
func (d Driver) Describe() cms.Description {
	return cms.Description{
		Platform: Platform, Title: "Ghost", Versions: "5.0 to 5.130",
		Dialects: []cmssql.Dialect{cmssql.SQLite, cmssql.MySQL}, Folders: []string{"images", "media", "files"},
		Kinds: kinds(d.Redirects), Logins: logins,
	}
}

// Open connects, and checks that the database is Ghost's.
func (Driver) Open(ctx context.Context, s cms.Settings) (cms.Site, error) {
	db, err := cmssql.Open(ctx, s.Database, s.Writable)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	site := &Site{db: db, settings: s, now: time.Now, ids: newIDs()}
	if err := site.prepare(ctx); err != nil {
		return nil, errors.Join(err, site.Close())
	}
	return site, nil
}

// Site is one opened Ghost site.
type Site struct {
	db       *cmssql.DB
	settings cms.Settings
	// schema knows which tables and columns this version has.
	schema schema
	// zone is the site's own clock.
	zone *time.Location
	// root is the content folder; nil when it is out of reach.
	root *os.Root
	// redirects says that the folder is there in which Ghost looks for them; foretold is their file in a dry run.
	redirects bool
	foretold  *string
	// filing lets one batch at a time change the file.
	filing sync.Mutex
	now    func() time.Time
	ids    *idSource
	// closed makes reading what is no table fail as well.
	closed atomic.Bool
}

var errClosed = errors.New("the site is closed")

var _ cms.Site = (*Site)(nil)

func (s *Site) prepare(ctx context.Context) (err error) {
	if s.schema, err = readSchema(ctx, s.db); err != nil {
		return fmt.Errorf("read the columns: %w", err)
	}
	for _, t := range []string{"posts", "tags", "users", "roles", "settings"} {
		if !s.schema.Has(t) {
			return fmt.Errorf("the database has no table %q: it is not Ghost's; check the DSN and the database's name", t)
		}
	}
	if s.root, err = uploads.Open(s.settings.Files); err != nil {
		return err
	}
	if s.root != nil {
		st, err := s.root.Stat(redirectsFolder)
		s.redirects = err == nil && st.IsDir()
	}
	return s.loadZone(ctx)
}

func (s *Site) loadZone(ctx context.Context) error {
	s.zone = time.UTC
	rows, err := cmssql.Rows(ctx, s.db, "SELECT `value` FROM `settings` WHERE `key` = 'timezone'")
	if err != nil || len(rows) == 0 {
		return err
	}
	if z, err := time.LoadLocation(rows[0].Text("value")); err == nil {
		s.zone = z
	}
	return nil
}

// baseURL is the site's address without a trailing slash; the database does not hold it.
func (s *Site) baseURL() string { return strings.TrimRight(s.settings.BaseURL, "/") }

// DB is the site's database.
func (s *Site) DB() *cmssql.DB { return s.db }

// TablePrefix is empty: Ghost's tables have none.
func (s *Site) TablePrefix() string { return "" }

// Close releases the connection and the folder.
func (s *Site) Close() error {
	s.closed.Store(true)
	return errors.Join(s.db.Close(), uploads.Close(s.root))
}
