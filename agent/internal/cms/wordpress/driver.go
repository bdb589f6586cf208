// Package wordpress maps the tables of WordPress, on MySQL, MariaDB and SQLite, to records and back.
package wordpress

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"
	_ "time/tzdata" // sites name IANA zones; the server may have no zone files

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

const platform = "wordpress"

// Driver reads and writes WordPress 5.0 to 6.8.
type Driver struct {
	// Multilingual describes a site on which a plugin keeps languages.
	Multilingual bool
	// Redirects describes a site that has the tables of the plugin Redirection.
	Redirects bool
}

var _ cms.Versioned = Driver{}

// Of is the driver that describes what a site's plugins let it hold.
func (Driver) Of(site cms.Site) cms.Driver {
	s, ok := site.(*Site)
	return Driver{Multilingual: ok && s.plugin != nil, Redirects: ok && s.redirects}
}

// Describe implements cms.Driver.
func (d Driver) Describe() cms.Description {
	return cms.Description{
		Platform: platform, Title: "WordPress", Versions: "5.0 to 6.8",
		Dialects: []cmssql.Dialect{cmssql.MySQL, cmssql.SQLite}, Kinds: kindInfos(d), Logins: logins,
	}
}

// Open implements cms.Driver. It fails when the tables of the prefix are not there, and names the prefixes that are.
func (Driver) Open(ctx context.Context, set cms.Settings) (cms.Site, error) {
	if set.Prefix == "" {
		set.Prefix = "wp_"
	}
	db, err := cmssql.Open(ctx, set.Database, set.Writable)
	if err != nil {
		return nil, err
	}
	s := &Site{db: db, set: set, prefix: set.Prefix, now: time.Now}
	if err := s.checkTables(ctx); err != nil {
		_ = db.Close()
		return nil, err
	}
	return s, nil
}

// Site is one WordPress installation.
type Site struct {
	db     *cmssql.DB
	set    cms.Settings
	prefix string
	now    func() time.Time
	// taxonomy remembers what rows of term_taxonomy are, bases what stored rewrite rules say.
	taxonomy taxonomyCache
	bases    basesCache
	kinds    kindsCache
	lately   lately
	// plugin keeps the site's languages; nil: none does.
	plugin multilingual
	// redirects says that the plugin Redirection keeps some; oldRedirects, that its tables are too old to be read.
	redirects, oldRedirects bool
}

// tables are those that the driver cannot do without.
var tables = []string{"posts", "postmeta", "users", "usermeta", "terms", "term_taxonomy", "term_relationships", "termmeta", "comments", "commentmeta", "options"}

func (s *Site) checkTables(ctx context.Context) error {
	have, err := s.tableNames(ctx)
	if err != nil {
		return fmt.Errorf("list the tables: %w", err)
	}
	for _, t := range tables {
		if !have[strings.ToLower(s.prefix+t)] {
			return missingTable(s.prefix, t, have)
		}
	}
	if s.redirects, s.oldRedirects, err = s.redirections(ctx, have); err != nil {
		return fmt.Errorf("read the columns: %w", err)
	}
	s.plugin, err = s.findPlugin(ctx, have)
	return err
}

func missingTable(prefix, table string, have map[string]bool) error {
	var seen []string
	for t := range have {
		if p, ok := strings.CutSuffix(t, "term_taxonomy"); ok && have[p+"posts"] && p != strings.ToLower(prefix) {
			seen = append(seen, p)
		}
	}
	sort.Strings(seen)
	hint := "the database holds no WordPress tables; check the database's name"
	if len(seen) > 0 {
		hint = "the database holds WordPress tables with the prefix " + strings.Join(seen, ", ") + "; check $table_prefix or --prefix"
	}
	return fmt.Errorf("the table %s%s does not exist: %s", prefix, table, hint)
}

// tableNames are the lower-case names of all tables; servers on some systems fold them.
func (s *Site) tableNames(ctx context.Context) (map[string]bool, error) {
	names, err := s.db.Tables(ctx)
	if err != nil {
		return nil, err
	}
	have := make(map[string]bool, len(names))
	for _, n := range names {
		have[strings.ToLower(n)] = true
	}
	return have, nil
}

// t is a table's quoted name.
func (s *Site) t(name string) string { return cmssql.QuoteName(s.db.Dialect(), s.prefix+name) }

// sql puts a table's quoted name in place of {name}.
func (s *Site) sql(query string) string { return s.db.Dialect().Named(s.prefix, query) }

// bytes is the SQL for a text column's length in bytes.
func (s *Site) bytes(col string) string {
	if s.db.Dialect() == cmssql.SQLite {
		return "COALESCE(LENGTH(CAST(" + col + " AS BLOB)),0)"
	}
	return "COALESCE(LENGTH(" + col + "),0)"
}

// date is the SQL for a date as it is stored; SQLite's driver would turn some into another form.
func (s *Site) date(col string) string {
	if s.db.Dialect() == cmssql.SQLite {
		return "COALESCE(CAST(" + col + " AS TEXT),'')"
	}
	return "COALESCE(" + col + ",'')"
}

// lock makes a SELECT hold its rows until the transaction ends. SQLite has one writer at a time anyway.
func (s *Site) lock() string {
	if s.db.Dialect() == cmssql.MySQL {
		return " FOR UPDATE"
	}
	return ""
}

// DB implements cms.Site.
func (s *Site) DB() *cmssql.DB { return s.db }

// TablePrefix implements cms.Site.
func (s *Site) TablePrefix() string { return s.prefix }

// Close implements cms.Site.
func (s *Site) Close() error { return s.db.Close() }
