package redirects_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"

	"github.com/baileybridge/bailey/orchestrator/internal/pipeline"
	"github.com/baileybridge/bailey/orchestrator/internal/redirects"
)

func move(id, before, after string) pipeline.Move {
	return pipeline.Move{Ref: record.Key{Kind: recordv1.Kind_KIND_ENTRY, ID: id}, Old: before, New: after}
}

func sequence(moves ...pipeline.Move) iter.Seq2[pipeline.Move, error] {
	return func(yield func(pipeline.Move, error) bool) {
		for _, m := range moves {
			if !yield(m, nil) {
				return
			}
		}
	}
}

var moves = sequence(
	move("1", "/2010/08/hello/", "/hello/"),
	move("1", "/?p=1", "/hello/"),
	move("2", "/same/", "/same"),
	move("3", "/gone/", ""),
	move("4", "/hello/", "/fourth/"),
	move("5", "/?p=1", "/fifth/"),
	move("6", `/%C3%BCber%20"uns"/a+b.html`, "/about%20us/$1/"),
	move("7", "/x%0ARewriteRule/", "/seventh/"),
	move("8", "/index.php?option=com_content&id=7:a.b", "/eighth/"),
	move("9", "/page:2/*", "/ninth/"),
	move("10", "/%e6%97/", "/%E6%97"),
)

func TestForms(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"htaccess": `<IfModule mod_rewrite.c>
RewriteEngine On
RewriteRule "^2010/08/hello/?$" "/hello/" [R=301,L,NE]
RewriteCond %{QUERY_STRING} "^p=1$"
RewriteRule "^$" "/hello/" [R=301,L,NE,QSD]
RewriteRule "^über \x22uns\x22/a\+b\.html/?$" "/about\%20us/\$1/" [R=301,L,NE]
RewriteCond %{QUERY_STRING} "^option=com_content&id=7:a\.b$"
RewriteRule "^index\.php/?$" "/eighth/" [R=301,L,NE,QSD]
RewriteRule "^page:2/\*/?$" "/ninth/" [R=301,L,NE]
</IfModule>
`,
		"netlify": `/2010/08/hello/ /hello/ 301
/ p=1 /hello/ 301
/%C3%BCber%20"uns"/a+b.html /about%20us/$1/ 301
`,
		"ghost": `301:
  "^/2010/08/hello/?$": "/hello/"
  "^/%C3%BCber%20\"uns\"/a\\+b\\.html/?$": "/about%20us/$1/"
  "^/page:2/\\*/?$": "/ninth/"
`,
	} {
		var b strings.Builder
		if _, err := redirects.Write(&b, format, "", moves); err != nil || b.String() != want {
			t.Errorf("%s: %v\n%s", format, err, b.String())
		}
	}
	var b strings.Builder
	if _, err := redirects.Write(&b, "nginx", "https://new.example", moves); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`"/2010/08/hello/" "https://new.example/hello/";`, `"/2010/08/hello" "https://new.example/hello/";`, `"/?p=1" "https://new.example/hello/";`,
		`"/über \"uns\"/a+b.html" "https://new.example/about%20us/%241/";`, `"/index.php?option=com_content&id=7:a.b" "https://new.example/eighth/";`,
	} {
		if !strings.Contains(b.String(), "\n"+line+"\n") {
			t.Errorf("%s is not in\n%s", line, b.String())
		}
	}
}

// Every address is accounted for, in the count and in the forms that name all.
func TestNoAddressIsLeftOut(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	sum, err := redirects.Write(&b, "csv", "", moves)
	if err != nil || !maps.Equal(sum, redirects.Summary{redirects.Moved: 5, redirects.Same: 2, redirects.Missing: 1, redirects.Taken: 1, redirects.Twice: 1, redirects.Unfit: 1}) {
		t.Errorf("%v, %v", sum, err)
	}
	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil || len(rows) != 12 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if !slices.Equal(rows[5], []string{"/hello/", "/fourth/", "entry", "4", "taken"}) {
		t.Errorf("%q", rows[5])
	}
}

func TestAFailingSiteEndsTheMap(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	_, err := redirects.Write(&strings.Builder{}, "csv", "", func(yield func(pipeline.Move, error) bool) { yield(pipeline.Move{}, gone) })
	if !errors.Is(err, gone) {
		t.Error(err)
	}
	if _, err := redirects.Write(&strings.Builder{}, "iis", "", moves); err == nil {
		t.Error("a format is taken that there is not")
	}
}

// Whatever addresses are: no line of a form is made by an address, and none redirects to itself or hides what answers there.
func TestHostileAddresses(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.Custom(func(t *rapid.T) string {
			return "/" + strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"a", "/", "?", "%0a", "%22", "\"", "\\", "\n", "$1", " ", "*", "ü", "%zz", ";", "}"})).Draw(t, "parts"), "")
		})
		var all []pipeline.Move
		for i, old := range rapid.SliceOf(path).Draw(t, "old") {
			all = append(all, move(string(rune('a'+i%20)), old, path.Draw(t, "new")))
		}
		for _, format := range redirects.Formats() {
			var b strings.Builder
			sum, err := redirects.Write(&b, format, "", sequence(all...))
			if err != nil {
				t.Fatal(err)
			}
			total := uint64(0)
			for _, n := range sum {
				total += n
			}
			if total != uint64(len(all)) {
				t.Fatalf("%s: %d of %d are accounted for", format, total, len(all))
			}
			if format != "csv" && strings.Contains(b.String(), "\n\n") {
				t.Fatalf("%s: an address breaks its line:\n%s", format, b.String())
			}
			if format == "json" {
				checkLines(t, b.String(), len(all))
			}
			if lines := uint64(strings.Count(b.String(), "301\n")); format == "netlify" && lines != sum.Written() {
				t.Fatalf("%d lines for %d redirects", lines, sum.Written())
			}
		}
	})
}

func checkLines(t *rapid.T, text string, want int) {
	lines := json.NewDecoder(strings.NewReader(text))
	n := 0
	for ; lines.More(); n++ {
		var e redirects.Entry
		if err := lines.Decode(&e); err != nil {
			t.Fatal(err)
		}
		if e.Remark == redirects.Moved && e.Old == e.New {
			t.Fatalf("%q leads to itself", e.Old)
		}
	}
	if n != want {
		t.Fatalf("%d lines for %d addresses", n, want)
	}
}
