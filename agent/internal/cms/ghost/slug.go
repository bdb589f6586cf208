package ghost

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/baileybridge/bailey/agent/internal/cms"
	"github.com/baileybridge/bailey/agent/internal/cmssql"
)

// maxSlug is the width of the slug columns; slugBase leaves room for a suffix.
const (
	maxSlug  = 191
	slugBase = 180
)

// slugify makes a slug as Ghost does: transliterated to ASCII, lower case, dashes. Letters of a script that is not
// transliterated here are stood for by a hash of the whole text, so that the slug stays unique and the same on every run.
func slugify(s string) string {
	if s == "" {
		return ""
	}
	ascii, lost := transliterate(s)
	var b strings.Builder
	for _, c := range []byte(strings.ToLower(ascii)) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_':
			b.WriteByte(c)
		case c == '\'':
		case b.Len() > 0 && b.String()[b.Len()-1] != '-':
			b.WriteByte('-')
		}
	}
	out := strings.Trim(b.String(), "-")
	if len(out) > slugBase {
		out = strings.TrimRight(out[:slugBase], "-")
	}
	if out != "" && !lost {
		return out
	}
	sum := sha256.Sum256([]byte(s))
	return strings.TrimLeft(out+"-x"+hex.EncodeToString(sum[:4]), "-")
}

// transliterate gives ASCII; lost says that a letter or digit had no counterpart.
func transliterate(s string) (ascii string, lost bool) {
	var b strings.Builder
	for _, r := range norm.NFC.String(strings.ToLower(s)) {
		switch t, ok := letters[r]; {
		case r < 0x80:
			b.WriteRune(r)
		case ok:
			b.WriteString(t)
		default:
			base := baseLetters(r)
			lost = lost || base == "" && (unicode.IsLetter(r) || unicode.IsNumber(r))
			if base == "" && !unicode.IsMark(r) {
				base = "-"
			}
			b.WriteString(base)
		}
	}
	return b.String(), lost
}

// baseLetters is a letter without its accents: "e" for "é", "fi" for the ligature; "" when that is still not ASCII.
func baseLetters(r rune) string {
	var b strings.Builder
	for _, d := range norm.NFKD.String(string(r)) {
		t, ok := letters[d]
		switch {
		case d < 0x80:
			b.WriteRune(d)
		case ok:
			b.WriteString(t)
		case !unicode.IsMark(d):
			return ""
		}
	}
	return b.String()
}

// letters maps lower-case letters that do not decompose. Arabic and Cyrillic follow what Ghost's own library gives.
var letters = pairs(
	"ß ss æ ae ø o å a đ d ð d þ th ł l œ oe ı i ŋ ng ħ h ŧ t ĸ k ŉ n ſ s ə a ƒ f £ - ’ _ ‘ _",
	"а a б b в v г g д d е e ё io ж zh з z и i й i к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts ч ch ш sh щ shch ъ _ ы y ь _ э e ю iu я ia",
	"є ie і i ї i ґ g ў u ђ dj ј j љ lj њ nj ћ c џ dz ѓ gj ќ kj ѕ dz",
	"α a β b γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ y φ f χ ch ψ ps ω o",
	"ء _ آ a أ _ ؤ w إ _ ئ y ا _ ب b ة h ت t ث th ج j ح h خ kh د d ذ dh ر r ز z س s ش sh ص s ض d ط t ظ z ع aa غ gh ف f ق q ك k ل l م m ن n ه h و w ى a ي y پ p چ ch ژ zh گ g ک k ی y",
	"א _ ב b ג g ד d ה h ו v ז z ח kh ט t י y כ k ך k ל l מ m ם m נ n ן n ס s ע _ פ p ף p צ ts ץ ts ק q ר r ש sh ת t",
)

// pairs reads "letter text letter text …"; "_" is nothing.
func pairs(lines ...string) map[rune]string {
	m := map[rune]string{}
	for _, line := range lines {
		words := strings.Fields(line)
		for i := 0; i+1 < len(words); i += 2 {
			m[[]rune(words[i])[0]] = strings.ReplaceAll(words[i+1], "_", "")
		}
	}
	return m
}

// wish is a slug that a row would like to have.
type wish struct {
	// own is the id of the row that asks; it may keep what it has.
	own  string
	slug string
	got  string
}

// reserved slugs lead elsewhere in Ghost.
var reserved = set("ghost", "rss", "amp", "p", "tag", "author", "content", "members", "email", "page", "r", "webmentions")

// choose gives every wish a slug that is free in the table, with a suffix where it must.
func (s *Site) choose(ctx context.Context, u *cms.Unit, table string, wishes []*wish) error {
	_, err := u.Names.Choose(table+".slug", func(busy func(string) bool) ([]string, error) {
		c := &chooser{busy: busy, chosen: map[string]bool{}, next: map[string]int{}}
		if table == "posts" {
			c.never = reserved
		}
		return c.all(wishes, func(slugs []string) (map[string]string, error) { return s.holders(ctx, u.Tx, table, slugs) })
	})
	return err
}

// holders says which row has which slug. Posts and pages share addresses, so a page must not take a post's slug although
// the table would allow it.
func (s *Site) holders(ctx context.Context, q cmssql.Querier, table string, slugs []string) (map[string]string, error) {
	in, args := cmssql.In(slugs)
	rows, err := cmssql.Rows(ctx, q, "SELECT `id`, `slug` FROM `"+table+"` WHERE `slug` IN "+in, args...)
	if err != nil {
		return nil, err
	}
	m := make(map[string]string, len(rows))
	for _, r := range rows {
		m[lower(r.Text("slug"))] = r.Text("id")
	}
	return m, nil
}

type chooser struct {
	busy   func(string) bool
	never  map[string]bool
	chosen map[string]bool
	// next is the next suffix to try per slug.
	next map[string]int
}

// all asks for the holders of every wish's candidate at once, and again for those that were taken.
func (c *chooser) all(wishes []*wish, holders func([]string) (map[string]string, error)) ([]string, error) {
	open := wishes
	for len(open) > 0 {
		tries := make([]string, len(open))
		for i, w := range open {
			tries[i] = c.candidate(w.slug)
		}
		held, err := holders(tries)
		if err != nil {
			return nil, err
		}
		var again []*wish
		for i, w := range open {
			if !c.take(w, tries[i], held) {
				again = append(again, w)
			}
		}
		open = again
	}
	names := make([]string, len(wishes))
	for i, w := range wishes {
		names[i] = w.got
	}
	return names, nil
}

func (c *chooser) candidate(slug string) string {
	n := c.next[slug]
	c.next[slug] = max(n+1, 2)
	if n == 0 {
		return slug
	}
	return slug + "-" + strconv.Itoa(n)
}

func (c *chooser) take(w *wish, try string, held map[string]string) bool {
	holder, taken := held[lower(try)]
	own := taken && holder == w.own
	if c.chosen[try] || taken && !own || !own && (c.never[try] || c.busy(try)) {
		return false
	}
	c.chosen[try], w.got = true, try
	return true
}
