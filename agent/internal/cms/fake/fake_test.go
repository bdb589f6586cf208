package fake_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/cmstest"
	"github.com/baileybridge/bailey/agent/internal/cms/fake"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	"github.com/baileybridge/bailey/agent/internal/ledger"
	"github.com/baileybridge/bailey/deploy/testbed"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
	"go.uber.org/zap"
)

func TestMain(m *testing.M) { testbed.Main(m) }

func TestConformance(t *testing.T) {
	t.Parallel()
	cmstest.Run(t, cmstest.Harness{
		Driver: fake.Driver{}, Source: source, Target: target, Prefix: "fk_", Unusual: "F_k-2_",
		Poison: map[cms.Kind]cmstest.Column{
			recordv1.Kind_KIND_ENTRY: {Table: "entrys", Column: "name"}, recordv1.Kind_KIND_TERM: {Table: "terms", Column: "name"},
			recordv1.Kind_KIND_USER: {Table: "users", Column: "name"}, recordv1.Kind_KIND_COMMENT: {Table: "comments", Column: "name"},
		},
		AutoID: []string{"users", "terms", "medias", "entrys", "comments", "menus", "redirects"},
	})
}

func database(t *testing.T, d cmssql.Dialect) cmssql.Config {
	t.Helper()
	if d == cmssql.SQLite {
		file := testbed.SQLite(t)
		create(t, file)
		return cmssql.Config{Dialect: d, File: file}
	}
	var dsn string
	if d == cmssql.Postgres {
		dsn = testbed.Postgres(t).Database(t)
	} else {
		dsn = testbed.MariaDB(t).Database(t).DSN
	}
	c, err := cmssql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func target(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings {
	t.Helper()
	set := cms.Settings{Platform: fake.Platform, Database: database(t, d), Prefix: prefix, Files: t.TempDir(), Writable: true, Version: "1.0"}
	db, err := cmssql.Open(t.Context(), set.Database, true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := fake.Install(t.Context(), db, prefix, "https://fake.example", filepath.Base(t.TempDir())); err != nil {
		t.Fatal(err)
	}
	return set
}

// source is a site filled through the driver itself.
func source(t *testing.T, d cmssql.Dialect, prefix string) cms.Settings {
	t.Helper()
	set := target(t, d, prefix)
	site, err := fake.Driver{}.Open(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = site.Close() }()
	books, err := ledger.Open(site, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	sc, err := books.Scope(t.Context(), &agentv1.WriteScope{SourceSite: "fill", Run: "fill"})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range record.Kinds[1:] {
		if _, err := books.Write(t.Context(), sc, content(kind)); err != nil {
			t.Fatal(err)
		}
	}
	set.Writable = false
	return set
}

// content is enough of a kind for several pages and shards.
func content(kind cms.Kind) []*recordv1.Record {
	var recs []*recordv1.Record
	for i := range 12 {
		name := fmt.Sprintf("%s-%d", record.KindName(kind), i)
		r := &recordv1.Record{Ref: record.NewRef(kind, name)}
		switch kind {
		case recordv1.Kind_KIND_USER:
			r.Body = &recordv1.Record_User{User: &recordv1.User{Email: name + "@example.org", DisplayName: name}}
		case recordv1.Kind_KIND_TERM:
			r.Body = &recordv1.Record_Term{Term: &recordv1.Term{Taxonomy: "tag", Name: name, Slug: name}}
		case recordv1.Kind_KIND_MEDIA:
			r.Body = &recordv1.Record_Media{Media: &recordv1.Media{Title: name, Slug: name}}
		case recordv1.Kind_KIND_ENTRY:
			r.Body = &recordv1.Record_Entry{Entry: &recordv1.Entry{Type: "post", Title: name, Slug: name, Authors: []*recordv1.Ref{record.NewRef(recordv1.Kind_KIND_USER, "user-1")}}}
		case recordv1.Kind_KIND_COMMENT:
			r.Body = &recordv1.Record_Comment{Comment: &recordv1.Comment{AuthorName: name, Entry: record.NewRef(recordv1.Kind_KIND_ENTRY, "entry-2")}}
		case recordv1.Kind_KIND_MENU:
			r.Body = &recordv1.Record_Menu{Menu: &recordv1.Menu{Name: name, Slug: name}}
		case recordv1.Kind_KIND_REDIRECT:
			r.Body = &recordv1.Record_Redirect{Redirect: &recordv1.Redirect{FromPath: "/" + name, ToUrl: "/"}}
		}
		record.Seal(r)
		recs = append(recs, r)
	}
	return recs
}
