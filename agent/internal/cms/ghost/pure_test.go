package ghost

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/ghost/ghosttest"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

func TestSlugsAsGhostMakesThem(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"مرحبا بالعالم": "mrhb-blaalm", "Rock & Roll": "rock-roll", "Emoji 🎉": "emoji", "Über uns": "uber-uns", "Don't": "dont", "Москва": "moskva",
		"a--b__c": "a-b__c", "": "", "Straße № 5": "strasse-no-5", "日本": "x8a3b4a5c", "ﬁn": "fin",
	} {
		got := slugify(in)
		if strings.HasPrefix(want, "x") {
			if !regexp.MustCompile(`^x[0-9a-f]{8}$`).MatchString(got) {
				t.Errorf("slugify(%q) = %q, want a hash", in, got)
			}
		} else if got != want {
			t.Errorf("slugify(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSlugLaws(t *testing.T) {
	t.Parallel()
	clean := regexp.MustCompile(`^[a-z0-9_-]+$`)
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.String().Draw(t, "text")
		slug := slugify(in)
		if in != "" && (!clean.MatchString(slug) || len(slug) > maxSlug) {
			t.Fatalf("slugify(%q) = %q", in, slug)
		}
		if again := slugify(slug); again != slug {
			t.Fatalf("slugify(%q) = %q, and of that %q", in, slug, again)
		}
	})
}

// Whatever is taken, every wish gets a slug of its own, and a row keeps the one that it has.
func TestChooserLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		held := rapid.MapOf(rapid.SampledFrom([]string{"a", "a-2", "a-3", "b"}), rapid.SampledFrom([]string{"row1", "row2", "row3"})).Draw(t, "held")
		busy := rapid.SliceOf(rapid.SampledFrom([]string{"a", "a-4", "b-2"})).Draw(t, "busy")
		var wishes []*wish
		for _, slug := range rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "a-2"}), 1, 8).Draw(t, "wishes") {
			wishes = append(wishes, &wish{slug: slug})
		}
		wishes[0].own = "row1"
		c := &chooser{busy: func(s string) bool { return set(busy...)[s] }, chosen: map[string]bool{}, next: map[string]int{}}
		if _, err := c.all(wishes, func([]string) (map[string]string, error) { return held, nil }); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, w := range wishes {
			if holder, ok := held[w.got]; seen[w.got] || ok && holder != w.own || !ok && set(busy...)[w.got] {
				t.Fatalf("%q was chosen for %q although it is taken", w.got, w.slug)
			}
			seen[w.got] = true
		}
	})
}

func TestDetect(t *testing.T) {
	t.Parallel()
	const db = `{"url":"https://x.example/blog/","database":{"client":"mysql2","connection":{"host":"db","port":"3307","user":"u","password":"geheim","database":"g"}},"paths":{"contentPath":"/data/content/"}}`
	const lite = `{"url":"http://l","database":{"client":"sqlite3","connection":{"filename":"content/data/ghost.db"}}}`
	fsys := fstest.MapFS{
		"www/a/config.production.json": {Data: []byte(db)}, "www/a/config.development.json": {Data: []byte(lite)},
		"www/a/current/package.json": {Data: []byte(`{"name":"ghost","version":"5.130.6"}`)}, "www/b/config.local.json": {Data: []byte(lite)},
		"www/c/config.app.json": {Data: []byte(`{"other":1}`)}, "www/d/config.production.json": {Data: []byte(`{"password":"geheim",`)},
	}
	a, err := Driver{}.Detect(fsys, "www/a")
	must(t, err)
	if a.Database.Address != "db:3307" || a.Database.Password != "geheim" || a.Files != "/data/content" || a.BaseURL != "https://x.example/blog" || a.Version != "5.130.6" {
		t.Errorf("settings %+v", a)
	}
	b, err := Driver{}.Detect(fsys, "/www/b/content")
	must(t, err)
	if b.Database.Dialect != cmssql.SQLite || b.Database.File != "/www/b/content/data/ghost.db" || b.Files != "/www/b/content" {
		t.Errorf("settings %+v", b)
	}
	if _, err := (Driver{}).Detect(fsys, "www/c"); !errors.Is(err, cms.ErrNotFound) {
		t.Errorf("another program's file: %v", err)
	}
	if _, err := (Driver{}).Detect(fsys, "www/d"); err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("a broken file: %v", err)
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	s := &Site{}
	for hint, want := range map[string]string{"2019/07/ünï 2.jpg": "images/2019/07/-n--2.jpg", "../../etc/passwd": "files/2024/03/passwd", "2020/01/big-scaled.jpg": "images/2020/01/big.jpg",
		"media/2023/12/film.mp4": "media/2023/12/film.mp4",
		// Ghost makes no smaller sizes of a file without an ending.
		"2024/05/東京.jpg": "images/2024/05/file.jpg", "2024/05/東京": "files/2024/05/file"} {
		s.now = fixedNow
		if got := s.Place(&agentv1.FileHeader{File: &recordv1.File{Path: hint, Role: "full"}, Created: &recordv1.Time{Seconds: 1709287200}}); got != want {
			t.Errorf("Place(%q) = %q, want %q", hint, got, want)
		}
	}
	if got := s.Place(&agentv1.FileHeader{File: &recordv1.File{Path: "2020/01/big.jpg", Role: "original"}}); got != "images/2020/01/big_o.jpg" {
		t.Errorf("original: %q", got)
	}
}

// Secrets never leave the site: no record holds a value of a key that is not on the list.
func TestSecretsStay(t *testing.T) {
	t.Parallel()
	src := ghosttest.New(t, cmssql.SQLite)
	src.Fill(t)
	site := openSite(t, src, false)
	for _, kind := range ownKinds {
		for _, it := range readAll(t, site, kind, cms.Options{Revisions: true}) {
			if strings.Contains(it.Record.String(), "SECRET") {
				t.Errorf("%v holds a secret", it.Record.GetRef())
			}
		}
	}
	facts, err := site.Probe(t.Context(), cms.Options{Revisions: true})
	must(t, err)
	if n := len(readAll(t, site, kindEntry, cms.Options{Revisions: true})); uint64(n) != facts.Counts[kindEntry] || n != 10 {
		t.Errorf("%d entries with revisions, counted %d, want 10", n, facts.Counts[kindEntry])
	}
	if facts.Version != "5.130" {
		t.Errorf("version %s", facts.Version)
	}
}

// What belongs to no record is told, and what a new Ghost has anyway is not.
func TestWhatStaysBehindIsTold(t *testing.T) {
	t.Parallel()
	src := ghosttest.New(t, cmssql.SQLite)
	for _, q := range []string{
		"CREATE TABLE collections (slug text)", "INSERT INTO collections VALUES ('latest'), ('featured'), ('best')",
		"CREATE TABLE webhooks (id text)", "INSERT INTO webhooks VALUES ('1')", "CREATE TABLE offers (id text)",
	} {
		_, err := src.DB.ExecContext(t.Context(), q)
		must(t, err)
	}
	facts, err := openSite(t, src, false).Probe(t.Context(), cms.Options{})
	must(t, err)
	is := map[string]uint64{}
	for _, f := range facts.Findings {
		is[f.GetCode()] = f.GetCount()
	}
	for _, code := range []string{"collections_not_moved", "webhooks_not_moved"} {
		if is[code] != 1 {
			t.Errorf("%s counts %d, want 1", code, is[code])
		}
	}
	for _, code := range []string{"offers_not_moved", "newsletter_settings_not_moved"} {
		if n, told := is[code]; told {
			t.Errorf("%s counts %d, where there are none but what every Ghost has", code, n)
		}
	}
}

// FuzzConfig: a configuration file from anywhere is read or refused, never more.
func FuzzConfig(f *testing.F) {
	f.Add([]byte(`{"url":"http://x","database":{"client":"sqlite3","connection":{"filename":"a"}}}`))
	f.Add([]byte(`{"database":{"client":"mysql","connection":[]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Driver{}.Detect(fstest.MapFS{"config.production.json": {Data: data}}, ".")
		if (s == nil) == (err == nil) {
			t.Fatalf("settings %v and error %v", s, err)
		}
	})
}

func fixedNow() time.Time { return time.Unix(1709287200, 0) }
