package transform

import (
	"regexp"
	"strconv"
	"strings"
)

// Source of the rules: wpautop and shortcode_unautop of wp-includes/formatting.php, WordPress 6.1; the order of steps is part of them.
const newlineMark = " <!-- wpnl --> "

// step is one replacement; it is skipped when the text lacks the string that every match holds.
type step struct {
	needs string
	re    *regexp.Regexp
	with  string
}

func steps(rules ...[3]string) []step {
	all := make([]step, len(rules))
	for i, r := range rules {
		all[i] = step{needs: r[0], re: regexp.MustCompile(r[1]), with: r[2]}
	}
	return all
}

func runSteps(s string, all []step) string {
	for _, st := range all {
		if strings.Contains(s, st.needs) {
			s = st.re.ReplaceAllString(s, st.with)
		}
	}
	return s
}

var (
	autopDoubleBreak = steps([3]string{"<br", `<br\s*/?>\s*<br\s*/?>`, "\n\n"})
	autopRule        = steps([3]string{"<hr", `(<hr\s*?/?>)`, "$1\n\n"})
	autopCollapse    = steps(
		[3]string{"<option", `\s*<option`, "<option"},
		[3]string{"</option>", `</option>\s*`, "</option>"},
		[3]string{"</object>", `(<object[^>]*>)\s*`, "$1"},
		[3]string{"</object>", `\s*</object>`, "</object>"},
		[3]string{"</object>", `\s*(</?(?:param|embed)[^>]*>)\s*`, "$1"},
	)
	autopMedia = steps(
		[3]string{"", `([<\[](?:audio|video)[^>\]]*[>\]])\s*`, "$1"},
		[3]string{"", `\s*([<\[]/(?:audio|video)[>\]])`, "$1"},
		[3]string{"", `\s*(<(?:source|track)[^>]*>)\s*`, "$1"},
	)
	autopCaption = steps(
		[3]string{"<figcaption", `\s*(<figcaption[^>]*>)`, "$1"},
		[3]string{"</figcaption>", `</figcaption>\s*`, "</figcaption>"},
	)
	autopUnwrap = steps(
		[3]string{"</div>", `<p>([^<]+)</div>`, "<p>$1</p></div>"},
		[3]string{"</address>", `<p>([^<]+)</address>`, "<p>$1</p></address>"},
		[3]string{"</form>", `<p>([^<]+)</form>`, "<p>$1</p></form>"},
	)
	autopLast = steps([3]string{"\n</p>", `\n</p>$`, "</p>"})
)

// autop makes paragraphs of blank lines and breaks of line ends, as WordPress does when it shows a classic post.
func autop(s string) string {
	if strings.TrimSpace(s) == "" {
		return ""
	}
	s, pres := hidePre(s + "\n")
	s = runSteps(spaceBlocks(runSteps(s, autopDoubleBreak)), autopRule)
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	s = runSteps(markNewlines(s), autopCollapse)
	if strings.Contains(s, "<source") || strings.Contains(s, "<track") {
		s = runSteps(s, autopMedia)
	}
	s = dropEmpty(paragraphs(runSteps(s, autopCaption)))
	s = quoteFirst(unwrapItems(unwrapWhole(runSteps(s, autopUnwrap))))
	s = strings.ReplaceAll(s, "</blockquote></p>", "</p></blockquote>")
	s = breakLines(dropBehind(unwrapBefore(s), "</p>"))
	s = runSteps(dropBreakBefore(dropBehind(s, "<br />")), autopLast)
	s = showPre(s, pres)
	return strings.ReplaceAll(strings.ReplaceAll(s, newlineMark, "\n"), "<!-- wpnl -->", "\n")
}

func preMark(i int) string { return "<pre wp-pre-tag-" + strconv.Itoa(i) + "></pre>" }

// hidePre takes <pre> elements out, for their line ends mean something else.
func hidePre(s string) (string, []string) {
	if !strings.Contains(s, "<pre") {
		return s, nil
	}
	var b strings.Builder
	var pres []string
	parts := strings.Split(s, "</pre>")
	last := len(parts) - 1
	for _, part := range parts[:last] {
		start := strings.Index(part, "<pre")
		if start < 0 {
			b.WriteString(part)
			continue
		}
		b.WriteString(part[:start] + preMark(len(pres)))
		pres = append(pres, part[start:]+"</pre>")
	}
	b.WriteString(parts[last])
	return b.String(), pres
}

// showPre puts <pre> elements back, in the order in which they were taken out.
func showPre(s string, pres []string) string {
	var e edits
	at := 0
	for i, pre := range pres {
		mark := preMark(i)
		n := strings.Index(s[at:], mark)
		if n < 0 {
			continue
		}
		e.replace(s, at+n, at+n+len(mark), pre)
		at += n + len(mark)
	}
	return e.done(s)
}

// markNewlines hides the line ends inside tags and comments.
func markNewlines(s string) string {
	var e edits
	for i := 0; i < len(s); {
		j := strings.IndexByte(s[i:], '<')
		if j < 0 {
			break
		}
		i += j
		end := i + tagBytes(s[i:])
		if strings.IndexByte(s[i:end], '\n') >= 0 {
			e.replace(s, i, end, strings.ReplaceAll(s[i:end], "\n", newlineMark))
		}
		i = end
	}
	return e.done(s)
}

// tagBytes is the length of the tag, comment or CDATA section at the start of s.
func tagBytes(s string) int {
	closing := ">"
	if strings.HasPrefix(s, "<!--") {
		closing = "-->"
	} else if strings.HasPrefix(s, "<![CDATA[") {
		closing = "]]>"
	}
	if n := strings.Index(s, closing); n >= 0 {
		return n + len(closing)
	}
	return len(s)
}

// paragraphs are what blank lines divide.
func paragraphs(s string) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	for s != "" {
		par, rest := cutBlankLines(s)
		if s = rest; par != "" {
			b.WriteString("<p>")
			b.WriteString(strings.Trim(par, "\n"))
			b.WriteString("</p>\n")
		}
	}
	return b.String()
}

// cutBlankLines divides a text at the first line end that only blanks divide from another one.
func cutBlankLines(s string) (before, after string) {
	for i := 0; ; {
		n := strings.IndexByte(s[i:], '\n')
		if n < 0 {
			return s, ""
		}
		i += n
		end := skipBlanks(s, i)
		if last := strings.LastIndexByte(s[i:end], '\n'); last > 0 {
			return s[:i], s[i+last+1:]
		}
		i = end
	}
}

var keepNewlines = []*regexp.Regexp{
	regexp.MustCompile(`(?s)<script.*?</script>`), regexp.MustCompile(`(?s)<style.*?</style>`),
	regexp.MustCompile(`(?s)<svg.*?</svg>`), regexp.MustCompile(`(?s)<math.*?</math>`),
}

const keptNewline = "<WPPreserveNewline />"

// breakLines ends each line with <br />, but for lines that end so already and inside scripts, styles and drawings.
func breakLines(s string) string {
	for i, tag := range []string{"<script", "<style", "<svg", "<math"} {
		if strings.Contains(s, tag) {
			s = keepNewlines[i].ReplaceAllStringFunc(s, func(m string) string { return strings.ReplaceAll(m, "\n", keptNewline) })
		}
	}
	s = strings.ReplaceAll(strings.ReplaceAll(s, "<br>", "<br />"), "<br/>", "<br />")
	var e edits
	for i := 0; i < len(s); {
		j := strings.IndexByte(s[i:], '\n')
		if j < 0 {
			break
		}
		start, end := i+j, skipBlanks(s, i+j)
		last := start + strings.LastIndexByte(s[start:end], '\n')
		for start > i && strings.IndexByte(" \t\r\f", s[start-1]) >= 0 {
			start--
		}
		if strings.HasSuffix(s[:start], "<br />") {
			start++
		}
		if start <= last {
			e.replace(s, start, last+1, "<br />\n")
		}
		i = end
	}
	return strings.ReplaceAll(e.done(s), keptNewline, "\n")
}
