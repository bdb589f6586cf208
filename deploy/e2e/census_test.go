//go:build accept

package e2e

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
)

// counted is a construct as bailey plan --json tells it.
type counted struct {
	Code, Kind, Field, Example string
	Count                      int
	Refs                       []string
}

const censusPolicies = `version: 1
markup:
  "shortcode:w-text": keep_text
  "shortcode:w-raw": keep_raw
  "shortcode:w-drop": drop
  "shortcode:w-tpl": {template: '<b>{{city}} has {{content}}</b>'}
  "shortcode:w-page": rendered
`

// TestCensusOfTags: bailey plan tells of each tag that nothing on the target fills in which it is, how often it occurs, where, and one
// as it stands; the owner's policy for a tag changes what arrives; and what the plan shows is kept nowhere (Rule 8).
func TestCensusOfTags(t *testing.T) {
	s := newWordPress(t, "wp-dev")
	_, to := placeNamed(t, "hugo", "ghost-blank")
	one := s.longPost(t, "census", `'<p>A [w-none a="1"]in none[/w-none] B [w-text]in text[/w-text] C [w-raw x="2"]in raw[/w-raw] D [w-drop]in drop[/w-drop] E [w-tpl city="Basel"]rain[/w-tpl] F [w-page]in page[/w-page] G</p>'`)
	two := s.longPost(t, "census-two", `'<p>[w-none b="1"]in none[/w-none] and [w-none b="2"/]</p>'`)
	src, dst, data := s.place().serve(t, "source"), to.serve(t, "target"), t.TempDir()
	sites := []string{"--source", src.link(), "--target", dst.link(), "--data", data}

	census := func(more ...string) map[string]counted {
		res := bailey(t, slices.Concat([]string{"plan", "--json"}, sites, more)...)
		var doc struct{ Losses []counted }
		if err := json.Unmarshal([]byte(res.stdout), &doc); res.code != 0 || err != nil {
			t.Fatalf("bailey plan: %d, %v\n%s", res.code, err, tail(res.stderr, 3000))
		}
		all := map[string]counted{}
		for _, l := range doc.Losses {
			if strings.HasPrefix(l.Code, "shortcode:w-") {
				all[l.Code] = l
			}
		}
		return all
	}
	same := func(got counted, code string, count int, example string, refs ...string) {
		t.Helper()
		if slices.Sort(got.Refs); got.Code != code || got.Kind != "entry" || got.Field != "content" || got.Count != count || got.Example != example || !slices.Equal(got.Refs, refs) {
			t.Errorf("%s: %+v, want %d in %v, like %s", code, got, count, refs, example)
		}
	}
	plain := census()
	same(plain["shortcode:w-none"], "shortcode:w-none", 3, `[w-none a="1"]in none[/w-none]`, "entry/"+one, "entry/"+two)
	same(plain["shortcode:w-tpl"], "shortcode:w-tpl", 1, `[w-tpl city="Basel"]rain[/w-tpl]`, "entry/"+one)
	if len(plain) != 6 {
		t.Errorf("%d tags are told: %v", len(plain), plain)
	}
	file := t.TempDir() + "/map.yaml"
	writeFile(t, file, censusPolicies)
	chosen := census("--map", file)
	same(chosen["shortcode:w-raw=keep_raw"], "shortcode:w-raw=keep_raw", 1, `[w-raw x="2"]in raw[/w-raw]`, "entry/"+one)
	says(t, bailey(t, slices.Concat([]string{"plan", "--map", file}, sites)...), []int{0}, `3  entry    shortcode:w-none. `, `as in  [w-none a="1"]in none[/w-none]`, "shortcode:w-drop=drop. ", `"markup" says`)

	rep := migrate(t, data, src, dst, []int{0}, "--map", file)
	rep.reconcile(t)
	for _, code := range []string{"shortcode:w-none", "shortcode:w-text=keep_text", "shortcode:w-raw=keep_raw", "shortcode:w-drop=drop", "shortcode:w-tpl=template", "shortcode:w-page", "page_not_fetched"} {
		if n := rep.loss(code); n == 0 {
			t.Errorf("the report does not tell %s: %+v", code, rep.Losses)
		}
	}
	// The page of a site on this machine is never asked for: the tag goes as it goes without a word.
	const want = `<p>A in none B in text C [w-raw x="2"]in raw[/w-raw] D E <strong>Basel has rain</strong> F in page G</p>`
	if got := query(t, to.db, "SELECT html FROM posts WHERE slug = 'census'"); len(got) != 1 || got[0] != want {
		t.Errorf("the post became %q, want %q", got, want)
	}
	need(t, fs.WalkDir(os.DirFS(data), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(data + "/" + name)
		if bytes.Contains(b, []byte("Basel")) || bytes.Contains(b, []byte("in none")) {
			t.Errorf("%s holds what the plan showed", name)
		}
		return err
	}))
}
