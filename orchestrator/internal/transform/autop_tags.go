package transform

import (
	"slices"
	"strings"
)

var autopBlockNames = newTagNames(`table thead tfoot caption col colgroup tbody tr td th div dl dd dt ul ol li pre form map area blockquote address style p
	h1 h2 h3 h4 h5 h6 hr fieldset legend section article aside hgroup header footer nav figure figcaption details menu summary`)

// autopBreakNames are those before which a break is dropped.
var autopBreakNames = newTagNames("p li div dl dd dt th pre td ul ol")

// tagNames are names of elements by their first letter.
type tagNames ['z' + 1][]string

func newTagNames(list string) *tagNames {
	all := &tagNames{}
	for name := range strings.FieldsSeq(list) {
		all[name[0]] = append(all[name[0]], name)
	}
	return all
}

func (all *tagNames) withLetter(s string) []string {
	if s == "" || int(s[0]) >= len(all) {
		return nil
	}
	return all[s[0]]
}

// starts says that a name begins with one of them, as the original's patterns match: "param" counts as "p".
func (all *tagNames) starts(s string) bool {
	for _, name := range all.withLetter(s) {
		if strings.HasPrefix(s, name) {
			return true
		}
	}
	return false
}

// blockEnds finds the ends of tags of blocks; questions must ascend.
type blockEnds struct {
	s   string
	set *tagNames
	// close is the first ">" behind what was asked last: texts may hold many tags that do not end.
	close int
}

// end is where the tag at i ends when it opens or closes a block; 0: it is none.
func (b *blockEnds) end(i int) int {
	j := i + 1
	if j < len(b.s) && b.s[j] == '/' {
		j++
	}
	if i >= len(b.s) || b.s[i] != '<' || !b.set.starts(b.s[j:]) {
		return 0
	}
	if b.close < j {
		n := strings.IndexByte(b.s[j:], '>')
		if n < 0 {
			n = len(b.s)
		}
		b.close = j + n
	}
	if b.close >= len(b.s) {
		return 0
	}
	return b.close + 1
}

// eachTag calls fn at each "<" that it has not passed; fn gives where to go on, or 0 for the next one.
func eachTag(s, first string, fn func(i int) int) {
	for at := 0; at < len(s); {
		i := strings.Index(s[at:], first)
		if i < 0 {
			return
		}
		at += i
		if next := fn(at); next > at {
			at = next
		} else {
			at++
		}
	}
}

// spaceBlocks puts a blank line above each opening tag of a block and below each closing one.
func spaceBlocks(s string) string {
	var e edits
	eachTag(s, "<", func(i int) int {
		closing := i+1 < len(s) && s[i+1] == '/'
		start := i + 1
		if closing {
			start++
		}
		end := start
		for end < len(s) && isAlnum(s[end]) {
			end++
		}
		switch {
		case end >= len(s) || !slices.Contains(autopBlockNames.withLetter(s[start:end]), s[start:end]):
		case closing && s[end] == '>':
			e.replace(s, end+1, end+1, "\n\n")
		case !closing && strings.IndexByte(" \t\r\n\f/>", s[end]) >= 0:
			e.replace(s, i, i, "\n\n")
		}
		return end
	})
	return e.done(s)
}

// unwrapWhole takes <p> and </p> away from around a single tag of a block.
func unwrapWhole(s string) string {
	tags := blockEnds{s: s, set: autopBlockNames}
	var e edits
	eachTag(s, "<p>", func(i int) int {
		start := skipBlanks(s, i+len("<p>"))
		end := tags.end(start)
		if end == 0 {
			return 0
		}
		stop := skipBlanks(s, end)
		if !strings.HasPrefix(s[stop:], "</p>") {
			return 0
		}
		e.replace(s, i, stop+len("</p>"), s[start:end])
		return stop + len("</p>")
	})
	return e.done(s)
}

// unwrapBefore takes away a <p> in front of a tag of a block.
func unwrapBefore(s string) string {
	tags := blockEnds{s: s, set: autopBlockNames}
	var e edits
	eachTag(s, "<p>", func(i int) int {
		start := skipBlanks(s, i+len("<p>"))
		end := tags.end(start)
		if end > 0 {
			e.replace(s, i, start, "")
		}
		return end
	})
	return e.done(s)
}

// dropBehind takes away a text that follows a tag of a block.
func dropBehind(s, drop string) string {
	if !strings.Contains(s, drop) {
		return s
	}
	tags := blockEnds{s: s, set: autopBlockNames}
	var e edits
	eachTag(s, "<", func(i int) int {
		end := tags.end(i)
		if end == 0 {
			return 0
		}
		stop := skipBlanks(s, end)
		if !strings.HasPrefix(s[stop:], drop) {
			return end // Others that begin in this tag end with it.
		}
		e.replace(s, end, stop+len(drop), "")
		return stop + len(drop)
	})
	return e.done(s)
}

// dropBreakBefore takes away a break in front of a tag of some blocks.
func dropBreakBefore(s string) string {
	tags := blockEnds{s: s, set: autopBreakNames}
	var e edits
	eachTag(s, "<br />", func(i int) int {
		start := i + len("<br />")
		end := tags.end(skipBlanks(s, start))
		if end > 0 {
			e.replace(s, i, start, "")
		}
		return end
	})
	return e.done(s)
}

// dropEmpty takes paragraphs of blanks away.
func dropEmpty(s string) string {
	var e edits
	eachTag(s, "<p>", func(i int) int {
		end := skipBlanks(s, i+len("<p>"))
		if !strings.HasPrefix(s[end:], "</p>") {
			return 0
		}
		e.replace(s, i, end+len("</p>"), "")
		return end + len("</p>")
	})
	return e.done(s)
}

// unwrapItems takes <p> and </p> away from around the items of a list.
func unwrapItems(s string) string {
	const p, item, end = "<p>", "<li", "</p>"
	var e edits
	eachTag(s, p+item, func(i int) int {
		line, _, _ := strings.Cut(s[i+len(p):], "\n")
		if len(line) == len(item) {
			return 0
		}
		n := strings.Index(line[len(item)+1:], end)
		if n < 0 {
			return i + len(p) + len(line)
		}
		line = line[:len(item)+1+n]
		next := i + len(p) + len(line) + len(end)
		e.replace(s, i, next, line)
		return next
	})
	return e.done(s)
}

// quoteFirst puts a <p> that stands before a quotation into it.
func quoteFirst(s string) string {
	const p, quote = "<p>", "<blockquote"
	var e edits
	eachTag(s, "><", func(i int) int {
		start, name := i+1-len(p), i+1+len(quote)
		if start < e.at || name > len(s) || !strings.EqualFold(s[start:name], p+quote) {
			return 0
		}
		n := strings.IndexByte(s[name:], '>')
		if n < 0 {
			return len(s)
		}
		e.replace(s, start, name+n+1, quote+s[name:name+n]+">"+p)
		return name + n + 1
	})
	return e.done(s)
}
