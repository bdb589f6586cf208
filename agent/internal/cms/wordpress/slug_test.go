package wordpress

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

func TestSlugsAreStoredAsWordPressDoes(t *testing.T) {
	t.Parallel()
	for text, stored := range map[string]string{
		"größe-日本": "gr%c3%b6%c3%9fe-%e6%97%a5%e6%9c%ac", "plain": "plain", "to-be-trashed__trashed": "to-be-trashed__trashed", "": "",
	} {
		if got := encodeSlug(text); got != stored {
			t.Errorf("encodeSlug(%q) = %q; want %q", text, got, stored)
		}
		if got := decodeSlug(stored); got != text {
			t.Errorf("decodeSlug(%q) = %q; want %q", stored, got, text)
		}
	}
	for _, odd := range []string{"50%", "a%2fb", "a%ff", "%E6%97%A5"} {
		if got := decodeSlug(odd); got != odd {
			t.Errorf("decodeSlug(%q) = %q: it would not come back the same", odd, got)
		}
	}
}

func TestSlugLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "slug")
		stored := encodeSlug(s)
		if len(stored) > maxSlug || !utf8.ValidString(slugText(stored)) {
			t.Fatalf("%q is stored as %q", s, stored)
		}
		if again := encodeSlug(decodeSlug(stored)); again != stored {
			t.Fatalf("%q comes back as %q", stored, again)
		}
		n := rapid.IntRange(2, 9999).Draw(t, "number")
		if next := suffixed(stored, n); len(next) > maxSlug || !utf8.ValidString(slugText(next)) || !strings.HasSuffix(next, "-"+itoa(int64(n))) {
			t.Fatalf("suffix %d makes %q of %q", n, next, stored)
		}
		if made := slugify(s); encodeSlug(made) != "" && decodeSlug(encodeSlug(made)) != made && len(made) < 60 {
			t.Fatalf("slug %q of title %q does not come back", made, s)
		}
	})
}

func TestTimesComeBack(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := &recordv1.Time{
			Seconds:  rapid.Int64Range(-2e9, 4e9).Draw(t, "seconds"),
			Offset:   rapid.Int32Range(-50000, 50000).Draw(t, "offset"),
			Floating: rapid.Bool().Draw(t, "floating"),
		}
		got := readTime2(at, berlin)
		// One hour a year exists twice, one not at all; a floating time may move by it.
		if d := got.GetSeconds() - at.GetSeconds(); d != 0 && (!at.GetFloating() || d > 3600 || d < -3600) || got.GetFloating() != at.GetFloating() {
			t.Fatalf("%v comes back as %v", at, got)
		}
	})
}

func readTime2(at *recordv1.Time, zone *time.Location) *recordv1.Time {
	local, gmt := writeTime(at, zone)
	return readTime(local, gmt, zone)
}

func TestTimes(t *testing.T) {
	t.Parallel()
	berlin := zoneOf("Europe/Berlin", "")
	for name, c := range map[string]struct {
		local, gmt      string
		seconds, offset int64
		floating, none  bool
	}{
		"summer":        {"2024-07-01 12:00:00", "2024-07-01 10:00:00", 1719828000, 7200, false, false},
		"draft":         {"2024-01-01 12:00:00", zeroTime, 1704106800, 3600, true, false},
		"no local date": {zeroTime, "2024-07-01 10:00:00", 1719828000, 7200, false, false},
		"none":          {zeroTime, zeroTime, 0, 0, false, true},
		"impossible":    {"2024-00-00 00:00:00", "", 0, 0, false, true},
	} {
		got := readTime(c.local, c.gmt, berlin)
		if c.none != (got == nil) || got.GetSeconds() != c.seconds || int64(got.GetOffset()) != c.offset || got.GetFloating() != c.floating {
			t.Errorf("%s: %v", name, got)
		}
	}
	for zone, want := range map[string]string{"Europe/Berlin": "0", "+05:30": "5.5", "-03:00": "-3"} {
		name, offset := zoneOptions(zone)
		if offset != want || zoneName(name, offset) != zone {
			t.Errorf("zone %s is stored as %q, %q", zone, name, offset)
		}
	}
}
