package transform

import "strings"

var autopBlockNames = names(`table thead tfoot caption col colgroup tbody tr td th div dl dd dt ul ol li pre form map area blockquote address style p
	h1 h2 h3 h4 h5 h6 hr fieldset legend section article aside hgroup header footer nav figure figcaption details menu summary`)

// autopBreakNames are those before which a break is dropped.
var autopBreakNames = names("p li div dl dd dt th pre td ul ol")

const maxBlockName = len("blockquote")

// startsBlock says that a name begins with one of a set, as the original's patterns match: "param" counts as "p".
func startsBlock(s string, set map[string]bool) bool {
	for n := 1; n <= min(len(s), maxBlockName); n++ {
		if set[s[:n]] {
			return true
		}
	}
	return false
}

// blockTagEnd is where the tag at i ends when it opens or closes a block; 0: it is none.
func blockTagEnd(s string, i int, set map[string]bool) int {
	j := i + 1
	if j < len(s) && s[j] == '/' {
		j++
	}
	if i >= len(s) || s[i] != '<' || !startsBlock(s[j:], set) {
		return 0
	}
	n := strings.IndexByte(s[j:], '>')
	if n < 0 {
		return 0
	}
	return j + n + 1
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
		case end >= len(s) || !autopBlockNames[s[start:end]]:
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
	var e edits
	eachTag(s, "<p>", func(i int) int {
		start := skipBlanks(s, i+len("<p>"))
		end := blockTagEnd(s, start, autopBlockNames)
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
	var e edits
	eachTag(s, "<p>", func(i int) int {
		start := skipBlanks(s, i+len("<p>"))
		end := blockTagEnd(s, start, autopBlockNames)
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
	var e edits
	eachTag(s, "<", func(i int) int {
		end := blockTagEnd(s, i, autopBlockNames)
		if end == 0 {
			return 0
		}
		stop := skipBlanks(s, end)
		if !strings.HasPrefix(s[stop:], drop) {
			return 0
		}
		e.replace(s, end, stop+len(drop), "")
		return stop + len(drop)
	})
	return e.done(s)
}

// dropBreakBefore takes away a break in front of a tag of some blocks.
func dropBreakBefore(s string) string {
	var e edits
	eachTag(s, "<br />", func(i int) int {
		start := i + len("<br />")
		end := blockTagEnd(s, skipBlanks(s, start), autopBreakNames)
		if end > 0 {
			e.replace(s, i, start, "")
		}
		return end
	})
	return e.done(s)
}
