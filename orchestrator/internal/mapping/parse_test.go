package mapping_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/baileybridge/bailey/orchestrator/internal/mapping"
)

// faultsOf parses a file that begins with its version in line 1.
func faultsOf(t *testing.T, text string) mapping.Faults {
	t.Helper()
	_, err := mapping.Parse("m.yaml", []byte("version: 1\n"+text))
	var faults mapping.Faults
	if err != nil && !errors.As(err, &faults) {
		t.Fatal(err)
	}
	return faults
}

func TestMistakesHaveTheirPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"section", "typs:\n  a: b\n", `2:1 unknown there is no section "typs"|Did you mean "types"?`},
		{"kind", "kinds:\n  entri: move\n", `3:3 unknown there is no kind "entri"|Did you mean "entry"?`},
		{"kind's word", "kinds:\n  entry: skipp\n", `3:10 unknown there is no word for what becomes of a kind: "skipp"|Did you mean "skip"?`},
		{"status", "statuses:\n  draft: publishd\n", `3:10 unknown there is no status "publishd"|Did you mean "published"?`},
		{"twice", "types:\n  a: b\n  a: c\n", `4:3 repeated "a" stands here a second time|It stands in line 3 already.`},
		{"no table", "types: [a]\n", `2:8 wrong_shape types must be a table of names and values|Write`},
		{"no list", "filters: {a: b}\n", `2:10 wrong_shape filters must be a list|Begin`},
		{"nested", "types:\n  a: {b: c}\n", `3:6 wrong_shape the new name must be a single value|`},
		{"alias", "types:\n  a: &x b\n  c: *x\n", `4:6 wrong_shape the new name must be a single value|`},
		{"empty", "types:\n  a: ''\n", `3:6 missing the new name is empty|`},
		{"field word", "fields:\n  entry:\n    x: drob\n", `4:8 unknown there is no word for what becomes of a field: "drob"|Did you mean "drop"?`},
		{"field key", "fields:\n  entry:\n    x: {rename: y, konvert: int}\n", `4:20 unknown there is no key of a field "konvert"|Did you mean "convert"?`},
		{"conversion", "fields:\n  entry:\n    x: {convert: integer}\n", `4:18 unknown there is no type to convert to: "integer"|`},
		{"home", "fields:\n  entry:\n    x: {into: featured}\n", `4:15 not_settable a field goes into a text only|For example`},
		{"key of filter", "filters:\n  - kind: entry\n    skips: 'true'\n", `4:5 unknown there is no key of a filter "skips"|Did you mean "skip"?`},
		{"missing key", "filters:\n  - kind: entry\n", `3:5 missing a filter needs "skip"|`},
		{"plain expression", "filters:\n  - kind: entry\n    skip: entry.titel == \"\"\n", `4:16 expression undefined field 'titel'|Did you mean "title"?`},
		{"single quotes", "filters:\n  - kind: entry\n    skip: 'entry.title == ''x'' && entri.slug == \"\"'\n", `4:36 expression undeclared reference to 'entri'|Did you mean "entry"?`},
		{"double quotes", "filters:\n  - kind: entry\n    skip: \"entry.title == \\\"x\\\" && entri.slug == ''\"\n", `4:36 expression undeclared reference to 'entri'|Did you mean "entry"?`},
		{"literal block", "filters:\n  - kind: entry\n    skip: |\n      entry.title == \"x\" &&\n        entry.slog == \"\"\n", `6:14 expression undefined field 'slog'|Did you mean "slug"?`},
		{"folded block", "filters:\n  - kind: entry\n    skip: >\n      entry.title == \"x\" &&\n      entry.slog == \"\"\n", `6:12 expression undefined field 'slog'|Did you mean "slug"?`},
		{"folded plain", "filters:\n  - kind: entry\n    skip: entry.title == \"x\" &&\n        entry.slog == \"\"\n", `5:14 expression undefined field 'slog'|Did you mean "slug"?`},
		{"umlauts count once", "filters:\n  - kind: entry\n    skip: '\"äöü\" == entry.titel'\n", `4:26 expression undefined field 'titel'|Did you mean "title"?`},
		{"syntax", "filters:\n  - kind: entry\n    skip: 'entry.title =='\n", `4:26 expression Syntax error: mismatched input '<EOF>'|`},
		{"not a condition", "filters:\n  - kind: entry\n    skip: entry.title\n", `4:11 expression_type the condition is string, and must be true or false|`},
		{"types do not fit", "values:\n  - kind: entry\n    set: featured\n    to: entry.title\n", `5:9 expression_type the value is string, and must be true or false|`},
		{"unknown path", "values:\n  - kind: entry\n    set: seo.titel\n    to: entry.title\n", `4:10 unknown there is no field "titel" in Seo|Did you mean "title"?`},
		{"pointer", "values:\n  - kind: entry\n    set: parent.source_id\n    to: '\"5\"'\n", `4:10 not_settable nothing can be set below "parent"|`},
		{"password", "values:\n  - kind: user\n    set: password.hash\n    to: '\"5\"'\n", `4:10 not_settable nothing can be set below "password"|`},
		{"placeholder", "slugs:\n  - kind: entry\n    pattern: \"a-{yeat}-{slug}\"\n", `4:18 unknown there is no placeholder {yeat}|Did you mean "year"?`},
		{"brace", "slugs:\n  - kind: entry\n    pattern: \"a-{year\"\n", `4:17 pattern the brace is not closed|Write {slug}.`},
		{"no slug", "slugs:\n  - kind: comment\n    pattern: x\n", `3:11 no_slug records of the kind comment have no slug|`},
		{"path leaves", "paths:\n  media: ../{name}\n", `3:10 pattern the path must stay below the folder of uploads|`},
		{"path without name", "paths:\n  media: \"{year}\"\n", `3:10 pattern the pattern must hold {name}|`},
		{"construct", "markup:\n  shortcde:gallery: drop\n", `3:3 unknown there is no construct "shortcde:gallery"|Did you mean "shortcode"?`},
		{"construct's word", "markup:\n  shortcode:gallery: keep_txt\n", `3:22 unknown there is no word for what becomes of a construct: "keep_txt"|Did you mean "keep_text"?`},
		{"construct's table", "markup:\n  shortcode:gallery: {tmplate: x}\n", `3:23 unknown there is no key of a construct "tmplate"|Did you mean "template"?`},
		{"domain", "domains:\n  - old.example\n  - https://a b.example/\n", `4:5 wrong_value "https://a b.example/" is no address of a site|Write a host`},
		{"domain's query", "domains:\n  - old.example/?p=1\n", `3:5 wrong_value "old.example/?p=1" is no address of a site|`},
		{"no domains", "domains: old.example\n", `2:10 wrong_shape domains must be a list|Begin`},
		{"merged twice", "authors:\n  \"1\": \"2\"\n  \"2\": \"3\"\n", `3:8 merged_twice "2", which is to stand for another one, is itself merged into one|Name the last one.`},
		{"row", "authors:\n  \"1\": {logn: x}\n", `3:9 unknown there is no field "logn" in User|Did you mean "login"?`},
		{"row's value", "authors:\n  \"1\": {account: admn}\n", `3:18 wrong_value account cannot be "admn": there is no such word|`},
		{"not yaml", "types:\n\tx: y\n", `3:1 not_yaml found character that cannot start any token|`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			faults := faultsOf(t, c.text)
			if len(faults) != 1 {
				t.Fatalf("%d mistakes: %v", len(faults), faults)
			}
			f := faults[0]
			place, fix, _ := strings.Cut(c.want, "|")
			if got := fmt.Sprintf("%d:%d %s %s", f.Line, f.Column, f.Code, f.Cause); !strings.HasPrefix(got, place) || !strings.HasPrefix(f.Fix, fix) {
				t.Errorf("got  %s|%s\nwant %s", got, f.Fix, c.want)
			}
			if f.File != "m.yaml" || !strings.HasPrefix(f.String(), fmt.Sprintf("m.yaml:%d:%d: ", f.Line, f.Column)) {
				t.Errorf("line: %s", f)
			}
		})
	}
}

func TestAllMistakesAreTold(t *testing.T) {
	t.Parallel()
	faults := faultsOf(t, "kinds:\n  entri: move\ntypes:\n  a: ''\nfilters:\n  - kind: entry\n    skip: nope\n")
	if len(faults) != 3 || faults.Problem().Exit != 2 || !strings.Contains(faults.Problem().Cause, "m.yaml:3:3") || !strings.Contains(faults.Problem().Cause, "2 more") {
		t.Errorf("%v", faults)
	}
}

func TestVersionIsAskedFor(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"types: {a: b}\n": "version", "version: 2\n": "version", "": "empty", "- a\n": "wrong_shape"} {
		var faults mapping.Faults
		if _, err := mapping.Parse("m", []byte(text)); !errors.As(err, &faults) || faults[0].Code != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestDigestIsOfWhatIsSaid(t *testing.T) {
	t.Parallel()
	digest := func(text string) string {
		m, err := mapping.Parse("m", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return m.Digest()
	}
	one := digest("version: 1\ntypes: {a: b, c: d}\n")
	if digest("# remark\nversion: 1\ntypes:\n  c: d\n  \"a\": b\n") != one {
		t.Error("layout counts")
	}
	if digest("version: 1\ntypes: {a: b, c: e}\n") == one {
		t.Error("what is said does not count")
	}
	var none *mapping.Mapping
	if none.Digest() != "" || none.Text() != nil {
		t.Error("no mapping has a digest")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("types:\n  a: b\n")
	f.Add("\r0")
	f.Add("filters:\n  - kind: entry\n    skip: \"entry.title == \\\"\\u00e4\\\" && x\"\n")
	f.Add("values:\n  - {kind: entry, set: title, to: 'entry.title + \"x\"', when: \"true\"}\n")
	f.Add("slugs:\n  - kind: term\n    pattern: >-\n      {year}-{x}\n")
	f.Add("fields: {entry: {x: {convert: int, rename: y}}}\nauthors: {\"1\": {login: a}}\n")
	f.Fuzz(func(t *testing.T, text string) {
		all := "version: 1\n" + text
		lines := 1
		for _, end := range []string{"\n", "\r", "\u0085", "\u2028", "\u2029"} {
			lines += strings.Count(all, end)
		}
		m, err := mapping.Parse("m", []byte(all))
		var faults mapping.Faults
		if err != nil && !errors.As(err, &faults) {
			t.Fatalf("an error without a place: %v", err)
		}
		for _, one := range faults {
			if one.Line < 1 || one.Line > lines || one.Column < 1 || one.Cause == "" {
				t.Errorf("place: %s", one)
			}
		}
		if err == nil {
			again, err := mapping.Parse("m", m.Text())
			if err != nil || again.Digest() != m.Digest() {
				t.Error("read again it is another one")
			}
		}
	})
}
