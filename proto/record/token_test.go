package record_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/baileybridge/bailey/proto/record"
)

// nasty draws text rich in what tokens are made of.
func nasty() *rapid.Generator[string] {
	piece := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"bailey:", "bailey::", "bailey", ":", "!", ";", "entry/", "entry/12", "media/5;300x200", "%2F", "%", "id", "a", "Bailey:entry/1", "/",
	}))
	return rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOf(piece).Draw(t, "pieces"), "") })
}

func token() *rapid.Generator[record.Token] {
	return rapid.Custom(func(t *rapid.T) record.Token {
		return record.Token{
			Ref:  record.Key{Kind: rapid.SampledFrom(record.Kinds).Draw(t, "kind"), ID: rapid.StringN(1, 40, record.MaxSourceID).Draw(t, "id")},
			Form: rapid.StringMatching(`[a-z0-9]{0,7}`).Draw(t, "form"),
		}
	})
}

func none(record.Token) (string, bool) { return "", false }

func TestEscapedTextExpandsToItself(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := nasty().Draw(t, "text")
		escaped := record.EscapeText(s)
		if tokens := record.Tokens(escaped); len(tokens) > 0 {
			t.Fatalf("%q escaped to %q holds %v", s, escaped, tokens)
		}
		if got, open := record.ExpandText(escaped, none); got != s || open != nil {
			t.Fatalf("%q became %q", s, got)
		}
	})
}

func TestTokenNamesParseBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := token().Draw(t, "token")
		if got, ok := record.ParseToken(want.Name()); !ok || got != want {
			t.Fatalf("%q parses to %v, %v", want.Name(), got, ok)
		}
	})
}

// A token written with Before is read as itself whatever stands around it.
func TestTokensSurviveTheirNeighbours(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tokens := rapid.SliceOfN(token(), 1, 4).Draw(t, "tokens")
		want, written := nasty().Draw(t, "first"), ""
		written = record.EscapeText(want)
		rest := make([]string, len(tokens))
		for i := len(tokens) - 1; i >= 0; i-- {
			literal := nasty().Draw(t, "literal")
			tail := record.EscapeText(literal)
			if i+1 < len(tokens) {
				tail += tokens[i+1].Before(rest[i+1]) + rest[i+1]
			}
			rest[i] = tail
		}
		written += tokens[0].Before(rest[0]) + rest[0]
		if got := record.Tokens(written); !slices.Equal(got, tokens) {
			t.Fatalf("%q holds %v, want %v", written, got, tokens)
		}
		if got, open := record.ExpandText(written, none); got != written || !slices.Equal(open, tokens) {
			t.Fatalf("unresolved: %q, open %v", got, open)
		}
		// What is resolved is not looked at again, even if it reads like a token.
		got, _ := record.ExpandText(written, func(record.Token) (string, bool) { return "bailey:entry/9", true })
		if !strings.HasPrefix(got, want+"bailey:entry/9") {
			t.Fatalf("%q became %q", written, got)
		}
	})
}

func TestExpandKeepsATextWithAnOpenToken(t *testing.T) {
	t.Parallel()
	in := `bailey:: <a href="bailey:entry/1"> bailey:media/2;id`
	resolve := func(known ...string) func(record.Token) (string, bool) {
		return func(t record.Token) (string, bool) { return "[" + t.Name() + "]", slices.Contains(known, t.Name()) }
	}
	if got, open := record.ExpandText(in, resolve("entry/1")); got != in || len(open) != 1 || open[0].Name() != "media/2;id" {
		t.Errorf("got %q, open %v", got, open)
	}
	if got, open := record.ExpandText(in, resolve("entry/1", "media/2;id")); got != `bailey: <a href="[entry/1]"> [media/2;id]` || open != nil {
		t.Errorf("got %q, open %v", got, open)
	}
}

// What was asked of an address goes on behind what its new one asks.
func TestExpandJoinsQueries(t *testing.T) {
	t.Parallel()
	resolve := func(tok record.Token) (string, bool) {
		return map[string]string{"1": "/?p=5", "2": "/page/"}[tok.Ref.ID], true
	}
	for in, want := range map[string]string{
		`<a href="bailey:entry/1?x=1#a">`: `<a href="/?p=5&x=1#a">`, `<a href="bailey:entry/2?x=1">`: `<a href="/page/?x=1">`, `bailey:entry/1?`: `/?p=5?`,
		`Is it bailey:entry/1? Yes?`: `Is it /?p=5? Yes?`, `"bailey:entry/1"?x`: `"/?p=5"?x`, `bailey:entry/1 ?x`: `/?p=5 ?x`, `bailey:entry/2?a bailey:entry/1?b`: `/page/?a /?p=5&b`,
	} {
		if got, _ := record.ExpandText(in, resolve); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
}

func FuzzTokens(f *testing.F) {
	for _, s := range []string{"bailey:entry/12", "bailey:media/5;300x200!x", "bailey::entry/1", "bailey:term/%2F%2", "bailey:entry/" + strings.Repeat("a", 200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, tok := range record.Tokens(s) {
			if again, ok := record.ParseToken(tok.Name()); !ok || again != tok {
				t.Fatalf("%v reads back as %v", tok, again)
			}
		}
		if got, _ := record.ExpandText(record.EscapeText(s), none); got != s {
			t.Fatalf("%q became %q", s, got)
		}
	})
}
