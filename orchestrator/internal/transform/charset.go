package transform

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// LossCharset is told of a text that had been encoded twice and was decoded once.
const LossCharset = "charset_repaired"

// Charset is what a text looks like to whoever looks for UTF-8 that was taken for Latin-1 (Windows-1252) and encoded again, as by a
// column with the wrong character set.
type Charset int

// What Repair finds.
const (
	// CharsetClean: nothing suggests damage.
	CharsetClean Charset = iota
	// CharsetDamaged: the whole text decodes, and what comes out is strictly better.
	CharsetDamaged
	// CharsetMixed: parts look damaged, but the text as a whole does not decode; it is left alone.
	CharsetMixed
)

// Repair decodes a text by one level when all of it was encoded twice; any other text comes back as it is.
func Repair(s string) (string, Charset) {
	out, c, _ := examine(s)
	return out, c
}

// examine is Repair, with what was seen on the way; nil: the text holds nothing to be looked at.
func examine(s string) (string, Charset, *look) {
	// Every lead byte of UTF-8, taken for Latin-1, is a letter from Â to ô: C3 80 to C3 B4, or C2 and above. Clean text of most scripts
	// and all of ASCII ends here.
	if strings.IndexByte(s, 0xc3) < 0 {
		return s, CharsetClean, nil
	}
	l := &look{s: []rune(s)}
	out, whole := l.decode()
	switch {
	case !l.strong:
		return s, CharsetClean, l
	case !whole:
		return s, CharsetMixed, l
	}
	return out, CharsetDamaged, l
}

// look goes over a text once, with what it has seen.
type look struct {
	s []rune
	// strong says that something was seen that clean text does not hold, first at the character first.
	strong bool
	first  int
}

// decode undoes one level; whole is false when something does not decode.
func (l *look) decode() (out string, whole bool) {
	var b strings.Builder
	whole = true
	wide := 0 // where a character of three bytes or more has ended
	for i := 0; i < len(l.s); {
		if l.s[i] < utf8.RuneSelf {
			b.WriteByte(byte(l.s[i]))
			i++
			continue
		}
		r, n := decodeAt(l.s[i:])
		if n == 0 {
			whole, n = false, 1
		} else {
			l.note(i, l.isStrong(i, n) || n > 2 && i > 0 && i == wide)
		}
		if n > 2 {
			wide = i + n
		}
		b.WriteRune(r)
		i += n
	}
	return b.String(), whole
}

func (l *look) note(i int, strong bool) {
	if strong && !l.strong {
		l.strong, l.first = true, i
	}
}

// aroundSample is how many characters before and behind the first sign of damage a sample shows at most.
const aroundSample = 30

// sample shows the words around the first sign of damage: as they stand and, where the whole text decodes, as they would come out.
func (l *look) sample(c Charset) string {
	from, to := l.first, l.first
	for from > 0 && l.first-from < aroundSample && l.s[from-1] > ' ' {
		from--
	}
	for to < len(l.s) && to-l.first < aroundSample && l.s[to] > ' ' {
		to++
	}
	part := &look{s: l.s[from:to]}
	if c != CharsetDamaged {
		return excerpt(string(part.s))
	}
	out, _ := part.decode()
	return excerpt(string(part.s)) + " → " + excerpt(out)
}

// decodeAt takes the characters at the start of s for bytes and decodes one; n is 0 when they are none that makes sense.
func decodeAt(s []rune) (r rune, n int) {
	var buf [utf8.UTFMax]byte
	for n < len(buf) && n < len(s) {
		c, ok := byteOf(s[n])
		if !ok || c < utf8.RuneSelf {
			break
		}
		buf[n] = c
		n++
	}
	r, size := utf8.DecodeRune(buf[:n])
	if size < 2 || !sensible(r) {
		return s[0], 0
	}
	return r, size
}

// unlikely are scripts that a letter and a mark of punctuation of Latin text decode to ("Spaß…" holds a letter of N'Ko), and that damaged
// texts in these scripts would hold beside others which give them away.
var unlikely = []*unicode.RangeTable{unicode.Nko, unicode.Syriac, unicode.Thaana}

// sensible says that a character stands in texts; phonetic letters and combining marks do not count. Bytes 80 to 9F do: text that was
// damaged twice holds them.
func sensible(r rune) bool {
	return r < 0xa0 || (unicode.IsGraphic(r) || unicode.Is(unicode.Cf, r)) && !unicode.In(r, unlikely...) && (r < 0x250 || r >= 0x2b0 && r < 0x300 || r >= 0x370)
}

// windows1252 are the characters that stand for the bytes 80 to 9F; where there are none, MySQL and browsers keep the byte.
var windows1252 = []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")

// byteOf is the byte that a character stands for.
func byteOf(r rune) (byte, bool) {
	if r <= 0xff {
		return byte(r), true
	}
	if i := slices.Index(windows1252, r); i >= 0 {
		return byte(0x80 + i), true
	}
	return 0, false
}

// after are the characters that follow a letter in clean text: punctuation, signs, blanks, and letters of Windows-1252.
const after = "…‘’“”«»‹›–—•·™®©°ºª¹²³´†‡¶§\u00a0\u00adŠšŽžŒœŸ"

// quotes are those of them that may follow a letter that is quoted as such.
const quotes = "…‘’“”«»‹›–—•·"

// isStrong says that the n characters at i are found in damaged text and not in clean: what follows the first is no character that
// follows a letter, or begins an emoji, or the first is a capital in the midst of small letters or on its own. So does decode of two in a row that take three bytes or more.
func (l *look) isStrong(i, n int) bool {
	if !strings.ContainsRune(after, l.s[i+1]) || n == utf8.UTFMax && l.s[i+1] == 'Ÿ' {
		return true
	}
	lead := l.s[i]
	if lead != 'Ã' && lead != 'Â' {
		return false
	}
	if i > 0 && unicode.IsLetter(l.s[i-1]) {
		return unicode.IsLower(l.s[i-1])
	}
	// No language has a word Â or Ã.
	return lead == 'Â' || !strings.ContainsRune(quotes, l.s[i+1]) || i+n < len(l.s) && unicode.IsLower(l.s[i+n])
}

// prose says that a field holds words that people wrote; what else there is (addresses, logins, names of files) is never repaired.
func prose(path string) bool {
	switch path {
	case "login", "email", "slug", "guid", "uuid", "type", "taxonomy", "from_path", "to_url", "base_url", "password", "author_email", "mime", "format", "template":
		return false
	}
	return !strings.HasPrefix(path, "files.") && !strings.HasPrefix(path, "password.") && !strings.HasSuffix(path, "url")
}

// Damaged tells each text of a record that Repair finds something in, with its field and a sample of it, which is content (Rule 8): for who
// asked, and kept nowhere. The record stays as it is.
func Damaged(r *recordv1.Record, fn func(path, sample string, c Charset)) {
	eachProse(r, func(path, s string) string {
		if _, c, l := examine(s); c != CharsetClean {
			fn(path, l.sample(c), c)
		}
		return s
	})
}

// charset repairs a record's texts and tells each.
func (j *job) charset() {
	eachProse(j.r, func(path, s string) string {
		now, c := Repair(s)
		if c == CharsetDamaged {
			j.lose(LossCharset, path, 1)
		}
		return now
	})
}

func eachProse(r *recordv1.Record, fn func(path, s string) string) {
	record.Texts(r, func(path, s string) string {
		if !prose(path) {
			return s
		}
		return fn(path, s)
	})
}
