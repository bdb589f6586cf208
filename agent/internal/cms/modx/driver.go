// Package modx maps the tables of MODX Revolution 2 and 3, on MySQL and MariaDB, to records and back.
package modx

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/uploads"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Platform is the word on the command line.
const Platform = "modx"

// Short names of the kinds that MODX has.
const (
	kindSite  = recordv1.Kind_KIND_SITE
	kindUser  = recordv1.Kind_KIND_USER
	kindMedia = recordv1.Kind_KIND_MEDIA
	kindEntry = recordv1.Kind_KIND_ENTRY
	kindMenu  = recordv1.Kind_KIND_MENU

	kindRedirect = recordv1.Kind_KIND_REDIRECT
)

// Driver reads and writes MODX Revolution.
type Driver struct {
	// Friendly describes a site with friendly addresses, where a weblink can stand at an old one.
	Friendly bool
}

var _ cms.Versioned = Driver{}

// Of is the driver that describes what a site's settings let it hold.
func (Driver) Of(site cms.Site) cms.Driver {
	s, ok := site.(*Site)
	return Driver{Friendly: ok && s.friendly}
}

// Describe implements cms.Driver.
func (d Driver) Describe() cms.Description {
	return cms.Description{Platform: Platform, Title: "MODX Revolution", Versions: "2.8, 3.0", Dialects: []cmssql.Dialect{cmssql.MySQL}, Kinds: kinds(d.Friendly), Logins: logins}
}

// Open implements cms.Driver. It fails when the tables of the prefix are not there, and names the prefixes that are.
func (Driver) Open(ctx context.Context, set cms.Settings) (cms.Site, error) {
	if set.Prefix == "" {
		set.Prefix = "modx_"
	}
	db, err := cmssql.Open(ctx, set.Database, set.Writable)
	if err != nil {
		return nil, err
	}
	s := &Site{db: db, set: set, now: time.Now}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Site is one MODX installation.
type Site struct {
	db  *cmssql.DB
	set cms.Settings
	// columns by table, both without the prefix.
	columns cmssql.Catalogue
	// three: class names have a namespace, and some columns are gone.
	three bool
	// friendly: addresses are those of the tree, not of numbers.
	friendly bool
	// root is the folder that holds assets; nil when it is out of reach.
	root *os.Root
	now  func() time.Time
	// closed makes reading what is no table fail as well.
	closed atomic.Bool
}

var _ cms.Site = (*Site)(nil)

var errClosed = errors.New("the site is closed")

// tables are those that the driver cannot do without.
var tables = []string{"site_content", "site_templates", "site_tmplvars", "site_tmplvar_contentvalues", "site_tmplvar_templates", "users", "user_attributes",
	"membergroup_names", "member_groups", "system_settings", "context", "context_setting", "content_type"}

func (s *Site) prepare(ctx context.Context) (err error) {
	if s.columns, err = cmssql.ReadColumns(ctx, s.db, func(t string) (string, bool) { return strings.CutPrefix(t, s.set.Prefix) }); err != nil {
		return fmt.Errorf("read the columns: %w", err)
	}
	for _, t := range tables {
		if s.columns[t] == nil {
			return s.missingTable(ctx, t)
		}
	}
	if !s.has("site_content", "class_key") || !s.has("site_content", "context_key") {
		return errors.New("the table site_content is that of Evolution (MODX 1), which has another structure; only MODX Revolution is supported")
	}
	// MODX 3 dropped the column. (core/model/modx/mysql against core/src/Revolution/mysql)
	s.three = !s.has("site_content", "contentType")
	on, err := cmssql.Column[string](ctx, s.db, s.sql("SELECT value FROM {system_settings} WHERE `key` = 'friendly_urls'"))
	if err != nil {
		return fmt.Errorf("read the settings: %w", err)
	}
	s.friendly = slices.Equal(on, []string{"1"})
	s.root, err = uploads.Open(s.set.Files)
	return err
}

func (s *Site) has(table, column string) bool { return s.columns.Has(table, column) }

func (s *Site) missingTable(ctx context.Context, table string) error {
	names, err := s.db.Tables(ctx)
	if err != nil {
		return err
	}
	var seen []string
	for _, n := range names {
		if p, ok := strings.CutSuffix(n, "site_tmplvars"); ok && p != s.set.Prefix {
			seen = append(seen, p)
		}
	}
	slices.Sort(seen)
	hint := "the database holds no MODX tables; check the database's name"
	if len(seen) > 0 {
		hint = "the database holds MODX tables with the prefix " + strings.Join(seen, ", ") + "; check $table_prefix or --prefix"
	}
	return fmt.Errorf("the table %s%s does not exist: %s", s.set.Prefix, table, hint)
}

// class is a class's name as this version stores it: "modDocument", "hashing.modNative", "sources.modFileMediaSource" in 2.
func (s *Site) class(name string) string {
	if !s.three {
		return name
	}
	name = strings.Replace(strings.Replace(name, "hashing.", `Hashing\`, 1), "sources.", `Sources\`, 1)
	return `MODX\Revolution\` + name
}

// bare is a class's name without namespace or package, in every version.
func bare(class string) string { return class[strings.LastIndexAny(class, `\.`)+1:] }

// sql puts full names in place of {name}.
func (s *Site) sql(query string) string { return s.db.Dialect().Named(s.set.Prefix, query) }

// DB implements cms.Site.
func (s *Site) DB() *cmssql.DB { return s.db }

// TablePrefix implements cms.Site.
func (s *Site) TablePrefix() string { return s.set.Prefix }

// Close implements cms.Site.
func (s *Site) Close() error {
	s.closed.Store(true)
	return errors.Join(s.db.Close(), uploads.Close(s.root))
}
