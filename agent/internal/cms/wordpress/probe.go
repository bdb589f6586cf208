package wordpress

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sort"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// Probe implements cms.Site.
func (s *Site) Probe(ctx context.Context, opt cms.Options) (*cms.Facts, error) {
	e, err := s.env(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("read the options: %w", err)
	}
	p := &probe{ctx: ctx, s: s, env: e, opt: opt, f: &cms.Facts{
		Version: s.version(e), BaseURL: e.home, Locales: []string{language(e.opts["WPLANG"])},
		Logins: e.logins(), Counts: map[cms.Kind]uint64{}, Types: map[cms.Kind][]*agentv1.TypeCount{},
	}}
	if e.siteURL != e.home {
		p.f.OtherURL = append(p.f.OtherURL, e.siteURL)
	}
	if home := e.opts["home"]; home != e.home && home != "" {
		p.f.OtherURL = append(p.f.OtherURL, home)
	}
	p.languages()
	steps := []func() error{p.database, p.identity, p.counts, p.fields, p.findings}
	if opt.Brief {
		steps = steps[:2]
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, fmt.Errorf("look at the site: %w", err)
		}
	}
	return p.f, nil
}

// version is the program's version, or what the database's version says of it.
func (s *Site) version(e *env) string {
	if s.set.Version != "" {
		return s.set.Version
	}
	db := atoi(e.opts["db_version"])
	for _, v := range dbVersions {
		if db >= v.db {
			return v.name
		}
	}
	return ""
}

// dbVersions are db_version of releases. (wp-includes/version.php)
var dbVersions = []struct {
	db   int64
	name string
}{
	{60717, "6.9"}, {60421, "6.8"}, {58975, "6.7"}, {57155, "6.5"}, {56657, "6.4"}, {55853, "6.3"}, {53496, "6.1"}, {51917, "5.9"},
	{49752, "5.8"}, {49632, "5.6"}, {48748, "5.5"}, {47018, "5.4"}, {45805, "5.3"}, {44719, "5.2"}, {44454, "5.1"}, {43764, "5.0"},
}

type probe struct {
	ctx context.Context
	s   *Site
	env *env
	opt cms.Options
	f   *cms.Facts
}

// languages adds those that a plugin keeps.
func (p *probe) languages() {
	if t := p.env.tongues; t != nil {
		for _, code := range slices.Sorted(maps.Keys(t.locales)) {
			if !slices.Contains(p.f.Locales, t.locales[code]) {
				p.f.Locales = append(p.f.Locales, t.locales[code])
			}
		}
	}
}

func (p *probe) database() (err error) {
	p.f.Database, err = p.s.db.Product(p.ctx)
	return err
}

// identity is what does not change in the life of a site: database, prefix, and when it began.
func (p *probe) identity() error {
	name := p.s.set.Database.Name
	if p.s.db.Dialect() == cmssql.SQLite {
		name = filepath.Base(p.s.set.Database.File)
	}
	began, err := cmssql.Column[string](p.ctx, p.s.db, p.s.sql("SELECT "+p.s.date("user_registered")+" FROM {users} ORDER BY ID LIMIT 1"))
	if err != nil {
		return err
	}
	opts, err := p.s.options(p.ctx, p.s.db, []string{"initial_db_version"})
	p.f.Identity = append([]string{platform, name, p.s.prefix, opts["initial_db_version"], p.env.opts["home"]}, began...)
	return err
}

func (p *probe) counts() error {
	p.f.Counts[recordv1.Kind_KIND_SITE] = 1
	for _, kind := range record.Kinds {
		src, ok := p.s.source(kind, p.opt)
		if !ok {
			continue
		}
		if err := p.count(kind, src); err != nil {
			return err
		}
	}
	return nil
}

// typeColumn is what a kind's records are counted by.
var typeColumn = map[cms.Kind]string{
	recordv1.Kind_KIND_TERM: "taxonomy", recordv1.Kind_KIND_MEDIA: "post_mime_type", recordv1.Kind_KIND_ENTRY: "post_type",
	recordv1.Kind_KIND_COMMENT: "comment_type",
}

func (p *probe) count(kind cms.Kind, src source) error {
	col := typeColumn[kind]
	if col == "" {
		var n uint64
		err := p.s.db.QueryRow(p.ctx, p.s.sql("SELECT COUNT(*) FROM "+src.table+" WHERE "+src.where+" AND "+src.key+" > 0")).Scan(&n)
		p.f.Counts[kind] = n
		return err
	}
	return cmssql.Each(p.ctx, p.s.db, func(r *sql.Rows) error {
		t := &agentv1.TypeCount{}
		if err := r.Scan(&t.Type, &t.Count); err != nil {
			return err
		}
		if kind == recordv1.Kind_KIND_TERM {
			t.Type = recordTaxonomy(t.Type)
		}
		p.f.Counts[kind] += t.Count
		p.f.Types[kind] = append(p.f.Types[kind], t)
		return nil
	}, p.s.sql("SELECT "+col+", COUNT(*) FROM "+src.table+" WHERE "+src.where+" AND "+src.key+" > 0 GROUP BY "+col+" ORDER BY COUNT(*) DESC, "+col))
}

// maxFields is how many names of custom fields are told.
const maxFields = 1000

func (p *probe) fields() error {
	for _, q := range []struct {
		kind  cms.Kind
		query string
	}{
		{recordv1.Kind_KIND_USER, "SELECT meta_key, COUNT(*) FROM {usermeta} WHERE meta_key <> '' GROUP BY meta_key"},
		{recordv1.Kind_KIND_TERM, "SELECT meta_key, COUNT(*) FROM {termmeta} WHERE meta_key <> '' GROUP BY meta_key"},
		{recordv1.Kind_KIND_COMMENT, "SELECT meta_key, COUNT(*) FROM {commentmeta} WHERE meta_key <> '' GROUP BY meta_key"},
		{recordv1.Kind_KIND_MEDIA, "SELECT m.meta_key, COUNT(*) FROM {postmeta} m JOIN {posts} p ON p.ID = m.post_id WHERE p.post_type = 'attachment' AND m.meta_key <> '' GROUP BY m.meta_key"},
		{recordv1.Kind_KIND_ENTRY, "SELECT m.meta_key, COUNT(*) FROM {postmeta} m JOIN {posts} p ON p.ID = m.post_id WHERE p.post_type NOT IN ('attachment','nav_menu_item') AND m.meta_key <> '' GROUP BY m.meta_key"},
	} {
		err := cmssql.Each(p.ctx, p.s.db, func(r *sql.Rows) error {
			f := &agentv1.FieldInfo{Kind: q.kind}
			if err := r.Scan(&f.Name, &f.Count); err != nil {
				return err
			}
			if f.Kind == recordv1.Kind_KIND_USER {
				f.Name = p.s.markPrefix(f.Name)
			}
			if !p.taken(f.Kind, f.Name) {
				p.f.Fields = append(p.f.Fields, f)
			}
			return nil
		}, p.s.sql(q.query+" ORDER BY COUNT(*) DESC LIMIT 1000"))
		if err != nil {
			return err
		}
	}
	sort.SliceStable(p.f.Fields, func(i, j int) bool { return p.f.Fields[i].Count > p.f.Fields[j].Count })
	p.f.Fields = p.f.Fields[:min(len(p.f.Fields), maxFields)]
	return nil
}

// places are the custom fields that have a place of their own in records.
var places = map[cms.Kind]func(key string) bool{
	recordv1.Kind_KIND_USER:  func(key string) bool { return key == disabledMeta || slices.Contains(networks, key) },
	recordv1.Kind_KIND_MEDIA: func(key string) bool { return key == attachedFile || key == attachmentMeta || key == altMeta },
	recordv1.Kind_KIND_ENTRY: func(key string) bool {
		switch key {
		case "_thumbnail_id", "_wp_page_template", visibilityMeta, tiersMeta, yoastNoindex, yoastNofollow:
			return true
		}
		return isYoast(key)
	},
}

// taken says that a custom field is not content or has a place of its own in records.
func (p *probe) taken(kind cms.Kind, key string) bool {
	if in := places[kind]; in != nil && in(key) {
		return true
	}
	return cacheName(key) != "" || p.s.private(key)
}
