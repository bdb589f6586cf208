package mapping

import (
	"slices"
	"unicode"

	"gopkg.in/yaml.v3"
)

// place finds where in the file a character of a scalar's value stands; line and column of the value count from 1 and 0, as CEL
// tells them.
func (f *file) place(n *yaml.Node, line, column int) (atLine, atColumn int) {
	value := []rune(n.Value)
	p := f.align(n, value[:offsetOf(value, line, column)])
	at, found := slices.BinarySearch(f.lines, p)
	if !found {
		at--
	}
	return at + 1, p - f.lines[at] + 1
}

// offsetOf is the number of characters before a line and column.
func offsetOf(value []rune, line, column int) int {
	i := 0
	for ; line > 1 && i < len(value); i++ {
		if value[i] == '\n' {
			line--
		}
	}
	return min(i+max(0, column), len(value))
}

// align walks through a value and through the file side by side, and gives the place in the file behind the value's part. They
// differ by quotes, escapes, indentation and the breaks of folded lines.
func (f *file) align(n *yaml.Node, part []rune) int {
	p, indent := f.begin(n)
	for _, c := range part {
		p = f.step(n.Style, p, indent, c)
	}
	// What follows may stand on a next line, or behind blanks that are not part of the value.
	if n.Style&(yaml.LiteralStyle|yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) == 0 && len(part) > 0 && unicode.IsSpace(part[len(part)-1]) {
		p = f.blanks(p)
	}
	return min(p, max(0, len(f.text)-1))
}

// begin is where a scalar's value begins, and how far a block is indented.
func (f *file) begin(n *yaml.Node) (p, indent int) {
	p = f.lines[min(n.Line, len(f.lines))-1] + n.Column - 1
	switch {
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return p + 1, 0
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		if n.Line >= len(f.lines) {
			return p, 0
		}
		p = f.lines[n.Line]
		for p+indent < len(f.text) && f.text[p+indent] == ' ' {
			indent++
		}
		return p + indent, indent
	}
	return p, 0
}

// step moves behind one character of the value.
func (f *file) step(style yaml.Style, p, indent int, c rune) int {
	switch {
	case p >= len(f.text):
		return p
	case style&yaml.DoubleQuotedStyle != 0 && f.text[p] == '\\':
		return p + f.escape(p)
	case style&yaml.SingleQuotedStyle != 0 && f.text[p] == '\'':
		return p + 2
	case style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 && f.text[p] == '\n':
		for p++; indent > 0 && p < len(f.text) && f.text[p] == ' '; indent-- {
			p++
		}
		return p
	case f.text[p] == c:
		return p + 1
	case unicode.IsSpace(f.text[p]):
		if p = f.blanks(p); unicode.IsSpace(c) {
			return p
		}
	}
	return p + 1
}

func (f *file) blanks(p int) int {
	for p < len(f.text) && unicode.IsSpace(f.text[p]) {
		p++
	}
	return p
}

// escape is the length of an escape in double quotes.
func (f *file) escape(p int) int {
	if p+1 < len(f.text) {
		switch f.text[p+1] {
		case 'x':
			return 4
		case 'u':
			return 6
		case 'U':
			return 10
		}
	}
	return 2
}
