package folder_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// alone is the ledger of a source of which nothing was written.
type alone struct{}

func (alone) Existing(*recordv1.Ref) (string, bool)       { return "", false }
func (alone) Target(*recordv1.Ref) (string, bool)         { return "", false }
func (alone) File(string) (string, bool)                  { return "", false }
func (alone) Expand(text string) (string, []record.Token) { return text, nil }
func (alone) Load(ctx context.Context, _ ...string) error { return ctx.Err() }
func writable(t *testing.T, dir, flavour string) cms.Site { //nolint:ireturn // what Open gives
	t.Helper()
	set := settings(t, dir, flavour)
	set.Writable = true
	site := opened(t, set)
	t.Cleanup(func() { _ = site.Close() })
	return site
}

// put writes entries that are published, or drafts, and carries them into their files.
func put(t *testing.T, site cms.Site, entries ...*recordv1.Entry) []cms.Result {
	t.Helper()
	var batch []*recordv1.Record
	for _, e := range entries {
		if e.Type == "" {
			e.Type = "post"
		}
		batch = append(batch, &recordv1.Record{Ref: record.NewRef(recordv1.Kind_KIND_ENTRY, e.GetSlug()), Body: &recordv1.Record_Entry{Entry: e}})
	}
	return putRecords(t, site, recordv1.Kind_KIND_ENTRY, batch)
}

func putRecords(t *testing.T, site cms.Site, kind cms.Kind, batch []*recordv1.Record) []cms.Result {
	t.Helper()
	tx, err := site.DB().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names := cms.NewNames().Reserve()
	defer names.Release()
	got, err := site.Write(t.Context(), &cms.Unit{Tx: tx, Refs: alone{}, Names: names}, kind, batch)
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := site.(cms.Mirror).Carry(t.Context()); err != nil {
		t.Fatal(err)
	}
	return got
}

func lineOf(t *testing.T, dir, file, key string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, key+": "); ok {
			return strings.Trim(strings.TrimSpace(rest), `"`)
		}
	}
	return ""
}

const published = recordv1.Status_STATUS_PUBLISHED

// A page keeps its address, but where the folder or Hugo itself has something, or no file can stand.
func TestKeptAddresses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/hugo")); err != nil {
		t.Fatal(err)
	}
	site := writable(t, dir, "")
	for name, c := range map[string]struct{ at, url, told string }{
		"kept":           {"/2010/08/a/", "/2010/08/a/", ""},
		"a file":         {"/Old/b.html", "/Old/b.html", ""},
		"a program":      {"/index.php/c", "/index.php/c/", "slash_added"},
		"letters":        {"/old%20page/%C3%BCber/", "/old page/über/", ""},
		"a page's own":   {"/posts/hello/", "", "address_taken"},
		"whatever case":  {"/About", "", "address_taken"},
		"an alias":       {"/old-hello/", "", "address_taken"},
		"a term's":       {"/tags/news/", "", "address_taken"},
		"a taxonomy's":   {"/tags/", "", "address_not_kept"},
		"a section's":    {"/docs/", "", "address_not_kept"},
		"the map's":      {"/sitemap.xml", "", "address_not_kept"},
		"a placeholder":  {"/x/:year/", "", "address_not_kept"},
		"out of bounds":  {"/../x/", "", "address_not_kept"},
		"a hidden query": {"/x%3Fy/", "", "address_not_kept"},
		"too long":       {"/" + strings.Repeat("x", 300) + "/", "", "address_not_kept"},
	} {
		got := put(t, site, &recordv1.Entry{Slug: strings.ReplaceAll(name, " ", "-"), Status: published, Path: c.at})[0]
		told := ""
		for _, a := range got.Adjustments {
			if a.GetField() == "path" {
				told = a.GetCode()
			}
		}
		if url := lineOf(t, dir, got.TargetID, "url"); url != c.url || told != c.told {
			t.Errorf("%s: %s stands at %q and says %q", name, c.at, url, told)
		}
	}
}

// Types whose names are those of folders for other things have their pages elsewhere, and are read as what they were.
func TestTypesNamedLikeFolders(t *testing.T) {
	t.Parallel()
	for _, flavour := range []string{"hugo", "jekyll", "eleventy"} {
		dir := t.TempDir()
		site := writable(t, dir, flavour)
		var all []*recordv1.Entry
		for _, typ := range []string{"static", "assets", "data", "drafts", "layouts", "public", "site"} {
			all = append(all, &recordv1.Entry{Slug: typ + "-page", Type: typ, Status: published})
		}
		got := put(t, site, all...)
		read := whole(t, settings(t, dir, flavour))
		for i, e := range all {
			it := read["entry/"+got[i].TargetID].Record.GetEntry()
			if flavour == "jekyll" {
				// The configuration that names the collections is not written yet.
				it = fetched(t, site, got[i].TargetID)
			}
			if it.GetType() != e.GetType() || it.GetStatus() != published {
				t.Errorf("%s: an entry of type %s in %s is read as %v", flavour, e.GetType(), got[i].TargetID, it)
			}
		}
	}
}

func fetched(t *testing.T, site cms.Site, id string) *recordv1.Entry {
	t.Helper()
	items, err := site.Fetch(t.Context(), site.DB(), recordv1.Kind_KIND_ENTRY, []string{id})
	if err != nil {
		t.Fatal(err)
	}
	return items[0].Record.GetEntry()
}

// What would stand by its name where another page was kept gets another name, and a section another folder.
func TestNamesBesideKeptAddresses(t *testing.T) {
	t.Parallel()
	for _, flavour := range []string{"hugo", "jekyll", "eleventy"} {
		dir := t.TempDir()
		site := writable(t, dir, flavour)
		got := put(t, site, &recordv1.Entry{Slug: "first", Status: published, Path: "/posts/second/"}, &recordv1.Entry{Slug: "second", Status: published},
			&recordv1.Entry{Slug: "third", Status: published, Path: "/posts/second/"})
		key := map[bool]string{true: "url", false: "permalink"}[flavour == "hugo"]
		if at := lineOf(t, dir, got[0].TargetID, key); at != "/posts/second/" || !strings.Contains(got[1].TargetID, "second-2") || lineOf(t, dir, got[2].TargetID, key) != "" {
			t.Errorf("%s: %q in %+v", flavour, at, got)
		}
	}
	dir := t.TempDir()
	got := put(t, writable(t, dir, "hugo"), &recordv1.Entry{Slug: "page", Type: "page", Status: published, Path: "/recipes/"}, &recordv1.Entry{Slug: "soup", Type: "recipes", Status: published})
	if at := lineOf(t, dir, got[0].TargetID, "url"); at != "/recipes/" || got[1].TargetID != "content/recipes-2/soup.md" {
		t.Errorf("the page stands at %q beside %s", at, got[1].TargetID)
	}
}

// Eleventy builds no draft: its address waits for the day, and a page that is hidden leaves the one that it kept.
func TestHiddenLeavesItsAddress(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	site := writable(t, dir, "eleventy")
	got := put(t, site, &recordv1.Entry{Slug: "draft", Status: recordv1.Status_STATUS_DRAFT, Path: "/draft/"}, &recordv1.Entry{Slug: "shown", Status: published, Path: "/kept/"})
	if at := lineOf(t, dir, got[0].TargetID, "permalink"); at != "false" || lineOf(t, dir, got[0].TargetID, "url") != "/draft/" {
		t.Errorf("the draft stands at %q", at)
	}
	tx, err := site.DB().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := site.Bodies(recordv1.Kind_KIND_ENTRY)[0].Hide(t.Context(), tx, []string{got[1].TargetID}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := site.(cms.Mirror).Carry(t.Context()); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(filepath.Join(dir, got[1].TargetID)); err != nil || strings.Count(string(raw), "permalink") != 1 || lineOf(t, dir, got[1].TargetID, "permalink") != "false" {
		t.Errorf("the hidden page is %s (%v)", raw, err)
	}
}

// Addresses in front matter are read: Hugo puts the language only before one that does not begin at the root.
func TestReadAddresses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for file, text := range map[string]string{
		"hugo.yaml":                  "languages:\n  en: {weight: 1}\n  fr: {weight: 2}\n",
		"content/a.fr.md":            "---\ntitle: A\nurl: /salut/\n---\n",
		"content/b.fr.md":            "---\ntitle: B\nurl: salut/b/\n---\n",
		"content/c.fr.md":            "---\ntitle: C\n---\n",
		"content/tags/sea/_index.md": "---\ntitle: Sea\nurl: /category/sea/\n---\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all := whole(t, settings(t, dir, ""))
	for id, want := range map[string]string{"entry/content/a.fr.md": "/salut/", "entry/content/b.fr.md": "/fr/salut/b/", "entry/content/c.fr.md": "/fr/c/", "term/tags/sea": "/category/sea/"} {
		if paths := all[id].Paths; len(paths) == 0 || paths[0].GetPath() != want {
			t.Errorf("%s stands at %v", id, paths)
		}
	}
}
