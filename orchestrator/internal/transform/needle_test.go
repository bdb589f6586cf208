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
		if got, want := newNeedle(text).in(s), strings.Contains(s, text); got != want {
			t.Fatalf("%q in %q: %v", text, s, got)
		}
	})
}
