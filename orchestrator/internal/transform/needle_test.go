package transform

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNeedleFindsWhatStringsFinds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab-_é")), 0, 5, -1).Draw(t, "text")
		s := rapid.StringOfN(rapid.RuneFrom([]rune("ab-_é")), 0, 40, -1).Draw(t, "s")
		from := rapid.IntRange(0, len(s)).Draw(t, "from")
		want := strings.Index(s[from:], text)
		if want >= 0 {
			want += from
		}
		if got := newNeedle(text).index(s, from); got != want {
			t.Fatalf("%q in %q from %d: %d", text, s, from, got)
		}
	})
}
