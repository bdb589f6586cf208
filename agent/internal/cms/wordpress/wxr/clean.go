package wxr

import (
	"bufio"
	"unicode/utf8"
)

// cleaner replaces what XML does not allow and exports still hold: control letters and invalid UTF-8, which WordPress
// writes as they are in the database. Each is counted.
type cleaner struct {
	r        *bufio.Reader
	repaired uint64
	text     text
}

// text is what stands between two tags, or in a CDATA section. The parser holds it whole, and so it is cut off behind what a record holds:
// what is left makes the record too large, and is told as that (Rule 9).
type text struct {
	bytes, most int
	cdata       bool
	// marks are how many letters of the begin or the end of a section have just been read.
	marks int
}

const beginSection, endSection = "<![CDATA[", "]]>"

// add puts a letter of the file behind what goes on to the parser.
func (t *text) add(to []byte, r rune) []byte {
	switch next := t.mark()[t.marks]; {
	case r == rune(next):
		t.marks++
	case t.cdata && t.marks == 2 && r == ']':
		// Of three brackets the last two count.
	default:
		t.marks = 0
		if r == rune(t.mark()[0]) {
			t.marks = 1
		}
	}
	cut := t.bytes > t.most
	switch {
	case t.marks == len(t.mark()):
		t.cdata, t.bytes, t.marks = !t.cdata, 0, 0
		if cut {
			return append(to, endSection...)
		}
	case !t.cdata && r == '<':
		t.bytes = 0
	case cut:
		return to
	default:
		t.bytes += utf8.RuneLen(r)
	}
	return utf8.AppendRune(to, r)
}

// mark is what begins a section, or ends the one that has begun.
func (t *text) mark() string {
	if t.cdata {
		return endSection
	}
	return beginSection
}

// Read implements io.Reader.
func (c *cleaner) Read(p []byte) (int, error) {
	n := 0
	for n+utf8.UTFMax <= len(p) {
		// What is buffered is taken whole before more is waited for.
		if n > 0 && c.r.Buffered() == 0 {
			break
		}
		r, size, err := c.r.ReadRune()
		if err != nil {
			if n > 0 {
				return n, nil
			}
			return 0, err
		}
		if r == utf8.RuneError && size == 1 || !allowed(r) {
			r = utf8.RuneError
			c.repaired++
		}
		n = len(c.text.add(p[:n], r))
	}
	return n, nil
}

// allowed is the range Char of XML 1.0.
func allowed(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000
}
