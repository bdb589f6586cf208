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
		n += utf8.EncodeRune(p[n:], r)
	}
	return n, nil
}

// allowed is the range Char of XML 1.0.
func allowed(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000
}
