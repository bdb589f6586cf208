package transform

import (
	"strings"

	"github.com/baileybridge/bailey/proto/record"
)

// edits replaces ranges of a text, in ascending order; what is not named keeps its bytes.
type edits struct {
	out strings.Builder
	at  int
}

func (e *edits) replace(s string, start, end int, with string) {
	if e.out.Cap() == 0 {
		// What links become is seldom longer than they were; a text that grew by itself would hold twice its length.
		e.out.Grow(len(s) + len(with))
	}
	e.out.WriteString(s[e.at:start])
	e.out.WriteString(with)
	e.at = end
}

func (e *edits) token(s string, start, end int, t record.Token) {
	e.replace(s, start, end, t.Before(s[end:]))
}

// done is the whole text; s itself when nothing was replaced.
func (e *edits) done(s string) string {
	if e.at == 0 && e.out.Len() == 0 {
		return s
	}
	e.out.WriteString(s[e.at:])
	return e.out.String()
}
