package transform

import (
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"pgregory.net/rapid"
)

var markdownPieces = rapid.SampledFrom([]string{
	"[a b](https://x.example/a_b)", "[ab](http://www.x.example)", "![a.b](https://x.example/c)", "[x](https://x.example)", "[^ab](https://x.example)", "[a*b](https://x.example)", "[ab](www.x.example)",
	"https://x.example", "www.x.example", "ftp://x.example/", "http:", "a@x.example", "<https://x.example>", "(https://x.example)", "[ab]: https://x.example", "[ab](<https://x.example>)",
	"[", "]", "(", ")", "!", "\\", "`", "``", "*", "**", "_", "~~", "~", "<", ">", "<b>", "</b>", "<a b=\"", "\">", "<!--", "-->", "|", "\n", "\n\n", "\n- ", "\n> ", "\n# ", "\n1. ", "\n    ", "\n```\n", "\n: ", "\n---\n", "\n|-|\n",
	" ", "  ", "  \n", "\t", "\r\n", "\\\n", "word", "a b.", "ü", "&amp;", ":", "[^1]", "\n[^1]: ", "{#id}", "[ab]",
})

// Law: where no bare address and no blanks at ends of lines are seen, looking for addresses changes nothing.
func TestBareAddresses(t *testing.T) {
	t.Parallel()
	brief := 0
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(markdownPieces, 0, 15).Draw(t, "pieces"), "")
		if endsBlank(s) || hasBareAddress(s) {
			return
		}
		brief++
		for _, r := range []*renderer{commonMark, ghostMark} {
			if b, f := converted(t, r.brief, s), converted(t, r.full, s); b != f {
				t.Fatalf("%q\nis    %s\nwant %s", s, b, f)
			}
		}
	})
	if brief == 0 {
		t.Error("each held an address")
	}
}

func converted(t *rapid.T, m goldmark.Markdown, s string) string {
	var b htmlBuffer
	if err := m.Convert([]byte(s), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
