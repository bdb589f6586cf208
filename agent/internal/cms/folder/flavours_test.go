package folder_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cms/folder"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// whole is all that a folder holds, by kind and id.
func whole(t *testing.T, set cms.Settings) map[string]cms.Item {
	t.Helper()
	site, err := folder.Driver{}.Open(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = site.Close() }()
	all := map[string]cms.Item{}
	for _, kind := range record.Kinds {
		shards, err := site.Split(t.Context(), kind, 1, cms.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, sh := range shards {
			for it, err := range site.Read(context.Background(), kind, sh, nil, cms.Options{}) {
				if err != nil {
					t.Fatal(err)
				}
				ref := it.Record.GetRef()
				if it.Unread != nil {
					ref = it.Unread.GetRef()
				}
				all[record.KeyOf(ref).String()] = it
			}
		}
	}
	return all
}

func sample(t *testing.T, name string) map[string]cms.Item {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", name))); err != nil {
		t.Fatal(err)
	}
	return whole(t, settings(t, dir, ""))
}

// told is a record in the words of these tests.
func told(it cms.Item) string {
	var words []string
	if len(it.Paths) > 0 {
		words = append(words, it.Paths[0].GetPath())
	}
	ids := func(refs []*recordv1.Ref) (all []string) {
		for _, r := range refs {
			all = append(all, r.GetSourceId())
		}
		return all
	}
	switch b := it.Record.GetBody().(type) {
	case *recordv1.Record_Site:
		words = append(words, b.Site.GetTitle(), b.Site.GetTagline(), b.Site.GetBaseUrl(), b.Site.GetTimezone())
	case *recordv1.Record_Entry:
		e := b.Entry
		words = append(words, e.GetType(), e.GetTitle(), strings.TrimPrefix(e.GetStatus().String(), "STATUS_"), fmt.Sprint(e.GetPublished().GetSeconds()), fmt.Sprint(ids(e.GetTerms()), ids(e.GetAuthors())), e.GetContent().GetMarkup())
		for _, f := range it.Record.GetFields() {
			words = append(words, f.GetName())
		}
	case *recordv1.Record_User:
		words = append(words, b.User.GetDisplayName(), b.User.GetEmail())
	case *recordv1.Record_Term:
		words = append(words, b.Term.GetTaxonomy(), b.Term.GetName())
	case *recordv1.Record_Media:
		words = append(words, b.Media.GetMime(), b.Media.GetFiles()[0].GetPath())
	case *recordv1.Record_Menu:
		for _, m := range b.Menu.GetItems() {
			words = append(words, strings.Repeat(">", min(len(m.GetParentId()), 1))+m.GetTitle()+"="+m.GetUrl()+m.GetTarget().GetSourceId())
		}
	case *recordv1.Record_Redirect:
		words = append(words, b.Redirect.GetFromPath(), b.Redirect.GetTo().GetSourceId())
	case *recordv1.Record_Comment:
		words = append(words, b.Comment.GetEntry().GetSourceId(), b.Comment.GetAuthorName(), b.Comment.GetContent().GetText(), b.Comment.GetParent().GetSourceId())
	}
	if it.Unread != nil {
		words = append(words, it.Unread.GetProblem().GetCode())
	}
	return strings.Join(words, " | ")
}

func expect(t *testing.T, got map[string]cms.Item, want map[string]string) {
	t.Helper()
	var names []string
	for name := range got {
		names = append(names, name)
	}
	for name := range want {
		if _, ok := got[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if told(got[name]) != want[name] {
			t.Errorf("%q: %q,\nnot %q", name, told(got[name]), want[name])
		}
	}
}

func TestReadJekyll(t *testing.T) {
	t.Parallel()
	expect(t, sample(t, "jekyll"), map[string]string{
		"comment/_data/comments/hello/c1.yml": "_posts/2024-01-31-hello.md | Visitor | <p>Nice</p> | ",
		"redirect//old-series/":               "/old-series/ | series/beginnings",
		"term/series/beginnings":              "/series/beginnings/ | series | Beginnings",
		"entry/_drafts/unready.md":            "/1970/01/01/unready/ | post | Unready | DRAFT | 0 | [] [] | markdown",
		"entry/_posts/2024-01-31-hello.md":    "/news/local/2024/01/31/hello/ | post | Hello | PUBLISHED | 1706691600 | [categories/news categories/local tags/one tags/two] [jane] | markdown+liquid",
		"entry/_posts/2024-02-01-second.md":   "/2024/02/01/second/ | post | Second helping | PUBLISHED | 1706742000 | [] [] | markdown",
		"entry/_recipes/soup.md":              "/recipes/soup/ | recipes | Soup | PUBLISHED | 0 | [] [] | markdown | serves",
		"entry/about.md":                      "/about-us/ | page | About | PUBLISHED | 0 | [] [] | markdown",
		"media/assets/img/cat.png":            "/assets/img/cat.png | image/png | assets/img/cat.png",
		"menu/main":                           "Home=/ | More=/about-us/ | >Soup=/recipes/soup/",
		"redirect//old-hello/":                "/old-hello/ | _posts/2024-01-31-hello.md",
		"site/site":                           "/ | A Jekyll site | Made for a test | https://jekyll.example/blog | Europe/Berlin",
		"term/categories/local":               "/categories/local/ | category | local",
		"term/categories/news":                "/categories/news/ | category | news",
		"term/tags/one":                       "/tags/one/ | tag | one",
		"term/tags/two":                       "/tags/two/ | tag | two",
		"user/jane":                           "Jane Doe | jane@jekyll.example",
	})
}

func TestReadEleventy(t *testing.T) {
	t.Parallel()
	expect(t, sample(t, "eleventy"), map[string]string{
		"entry/src/index.md":                             "/ | page | Home | PUBLISHED | 0 | [] [] | markdown",
		"entry/src/posts/first.md":                       "/journal/first/ | post | First light | PUBLISHED | 1709510400 | [tags/sea series/beginnings] [jane] | markdown+liquid",
		"comment/src/_data/comments/posts/first/c1.json": "src/posts/first.md | Visitor | <p>Nice</p> | ",
		"redirect/src/_data/redirects/old-first.json":    "/old-first/ | src/posts/first.md",
		"term/series/beginnings":                         "/series/beginnings/ | series | Beginnings",
		"user/jane":                                      "Jane Doe | jane@eleventy.example",
		"media/src/img/sea.jpg":                          "/img/sea.jpg | image/jpeg | src/img/sea.jpg",
		"menu/navigation":                                "Home=src/index.md | First light=src/posts/first.md",
		"site/site":                                      "/ |  |  | http://localhost:8080 | ",
		"term/tags/sea":                                  "/tags/sea/ | tag | sea",
	})
}

func TestReadHugo(t *testing.T) {
	t.Parallel()
	expect(t, sample(t, "hugo"), map[string]string{
		"comment/data/comments/hello/c1.yml":  "content/posts/hello.md | Visitor | <p>Nice</p> | ",
		"comment/data/comments/hello/c2.yml":  "content/posts/hello.md | Other | Indeed | data/comments/hello/c1.yml",
		"comment/data/comments/second.json#0": "content/posts/second.md | Three | In a list | ",
		"entry/content/about.md":              "/about/ | page |  | PUBLISHED | 0 | [] [] | markdown",
		"entry/content/broken.md":             "file_unreadable",
		"entry/content/docs/_index.md":        "/docs/ | page | Docs | PUBLISHED | 0 | [] [] | markdown",
		"entry/content/docs/guide.md":         "/docs/guide/ | docs | Guide | PUBLISHED | 0 | [] [] | markdown",
		"entry/content/posts/bundle/index.md": "/posts/bundle/ | post | A bundle | PUBLISHED | 1714514400 | [tags/go-lang] [jane] | markdown",
		"entry/content/posts/hello.md":        "/posts/hello/ | post | Hello: the first | PUBLISHED | 1709283600 | [tags/go-lang tags/news categories/general series/beginnings] [jane] | markdown | rating | flags",
		"entry/content/posts/second.md":       "/posts/second/ | post | Second | DRAFT | 1711960200 | [tags/news] [bob-builder] | markdown+hugo | extra",
		"media/content/posts/bundle/dog.jpg":  "/posts/bundle/dog.jpg | image/jpeg | content/posts/bundle/dog.jpg",
		"media/static/img/cat.png":            "/img/cat.png | image/png | static/img/cat.png",
		"media/static/img/paper.pdf":          "/img/paper.pdf | application/pdf | static/img/paper.pdf",
		"menu/footer":                         "Elsewhere=https://elsewhere.example/",
		"menu/main":                           "Home=/ | Posts=/posts/ | >First=content/posts/hello.md",
		"menu/side":                           "Docs=/docs/",
		"redirect//2010/hello/":               "/2010/hello/ | content/posts/hello.md",
		"redirect//old-hello/":                "/old-hello/ | content/posts/hello.md",
		"site/site":                           "/ | A Hugo site | Made for a test | https://hugo.example | Europe/Berlin",
		"term/categories/general":             "/categories/general/ | category | General",
		"term/series/beginnings":              "/series/beginnings/ | series | Beginnings",
		"term/tags/go-lang":                   "/tags/go-lang/ | tag | The Go language",
		"term/tags/news":                      "/tags/news/ | tag | news",
		"user/bob-builder":                    "Bob Builder | ",
		"user/jane":                           "Jane Doe | jane@example.org",
		"user/max":                            "Max | ",
	})
}

// Addresses that begin at the file are made to begin at the site.
func TestRelativeLinks(t *testing.T) {
	t.Parallel()
	all := sample(t, "hugo")
	for id, want := range map[string]string{
		"entry/content/posts/hello.md":        "[the bundle](/content/posts/bundle/index.md) and [docs](/docs/guide/#more)",
		"entry/content/posts/bundle/index.md": "![Inside](/content/posts/bundle/dog.jpg)",
	} {
		if got := all[id].Record.GetEntry().GetContent().GetText(); !strings.Contains(got, want) {
			t.Errorf("%s: %q", id, got)
		}
	}
}

// Custom fields keep their types.
func TestTypedFields(t *testing.T) {
	t.Parallel()
	fields := map[string]string{}
	for _, f := range append(sample(t, "hugo")["entry/content/posts/hello.md"].Record.GetFields(), sample(t, "hugo")["entry/content/posts/second.md"].Record.GetFields()...) {
		fields[f.GetName()] = fmt.Sprint(f.GetValue())
	}
	for name, parts := range map[string][]string{"rating": {`float_value:"4.50"`}, "flags": {"bool_value:true", "int_value:3", `text:"b"`, "list:true"}, "extra": {`text:"2024-01-02"`, "int_value:3"}} {
		for _, part := range parts {
			if !strings.Contains(strings.ReplaceAll(fields[name], ":  ", ":"), part) {
				t.Errorf("%s is %s", name, fields[name])
			}
		}
	}
}

// Nothing outside of the folder is read, and no configuration is run.
func TestSymbolicLinks(t *testing.T) {
	t.Parallel()
	dir, secret := t.TempDir(), filepath.Join(t.TempDir(), "secret.md")
	if err := os.CopyFS(dir, os.DirFS("testdata/hugo")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(secret, []byte("---\ntitle: secret\n---\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"content/posts/leak.md", "static/img/leak.png"} {
		if err := os.Symlink(secret, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Dir(secret), filepath.Join(dir, "content/outside")); err != nil {
		t.Fatal(err)
	}
	set := settings(t, dir, "")
	for id := range whole(t, set) {
		if strings.Contains(id, "leak") || strings.Contains(id, "secret") {
			t.Errorf("%s was read", id)
		}
	}
	site, err := folder.Driver{}.Open(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = site.Close() }()
	facts, err := site.Probe(t.Context(), cms.Options{})
	if err != nil {
		t.Fatal(err)
	}
	told := false
	for _, f := range facts.Findings {
		told = told || f.GetCode() == "symlink_not_followed" && f.GetCount() == 3
	}
	if !told {
		t.Errorf("the links are not told: %v", facts.Findings)
	}
}
