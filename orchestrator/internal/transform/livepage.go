package transform

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	xhtml "golang.org/x/net/html"
	"google.golang.org/protobuf/proto"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// WantsPage says that something in a record is to be taken from its live page: its policy is ActionRendered.
func (t *Transformer) WantsPage(r *recordv1.Record) bool {
	if e := r.GetEntry(); !t.renders || e.GetContent() == nil || e.GetStatus() != recordv1.Status_STATUS_PUBLISHED {
		return false
	}
	j := t.job(proto.CloneOf(r), "")
	j.take()
	return j.wanted
}

// TakeShown is Take for a record with the HTML of its live page; empty: there is none.
func (t *Transformer) TakeShown(r *recordv1.Record, page string) (out []*recordv1.Record, losses []Loss) {
	return t.job(r, page).take()
}

// shown is what the live page shows where a construct stands.
func (j *job) shown(c *construct) (string, bool) {
	if j.r.GetEntry() == nil || c.field != "content" || c.text == "" {
		return "", false
	}
	j.wanted = true
	if j.page == "" {
		return "", false
	}
	if j.live == nil {
		j.live = readPage(j.page)
	}
	s, ok := j.live.between(c)
	if !ok {
		return "", false
	}
	p := &pass{linker: j.linker, absolute: true}
	s = p.html(record.EscapeText(s))
	j.lose(LossLink, c.field, p.unresolved)
	// What a page runs and asks for is nothing without the system behind it.
	d := &drupalLift{job: j, field: c.field, filtered: true, players: true}
	return strings.TrimSpace(d.tags(s)), true
}

// livePage is the page that the source's visitors see.
type livePage struct {
	html string
	// words are the letters and digits that visitors read, in lower case: themes and editors change blanks, quotes and dashes. Each
	// byte of them stands at the same place of html.
	words []byte
	at    []int32
	// articles are what themes put around a record's text, without the tags.
	articles []article
}

// article has a rank: the lower, the surer.
type article struct{ start, end, rank int }

// articleClasses are those of the elements that hold a record's text and nothing else, in the usual themes.
var articleClasses = names("entry-content post-content article-content article-body gh-content com-content-article__body field--name-body field-name-body")

// readPage reads a page in one pass.
func readPage(s string) *livePage {
	p := &livePage{html: s}
	w := articleWatch{page: p}
	z := xhtml.NewTokenizer(strings.NewReader(s))
	skip := ""
	for at := 0; ; {
		kind := z.Next()
		if kind == xhtml.ErrorToken {
			return p
		}
		n := len(z.Raw())
		switch kind {
		case xhtml.TextToken:
			if skip == "" {
				p.read(at, at+n)
			}
		case xhtml.StartTagToken:
			b, _ := z.TagName()
			name := string(b)
			if unread[name] {
				skip = name
			}
			w.opens(name, s[at:at+n], at+n)
		case xhtml.EndTagToken:
			b, _ := z.TagName()
			if string(b) == skip {
				skip = ""
			}
			w.closes(string(b), at)
		}
		at += n
	}
}

// unread are elements whose text nobody sees.
var unread = names("script style title noscript template")

func (p *livePage) read(start, end int) {
	for i, c := range p.html[start:end] {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			had := len(p.words)
			p.words = utf8.AppendRune(p.words, unicode.ToLower(c))
			for range len(p.words) - had {
				p.at = append(p.at, int32(start+i))
			}
		}
	}
}

// articleWatch finds the ends of articles.
type articleWatch struct {
	page *livePage
	open []struct {
		name        string
		depth, from int
		rank        int
	}
}

func (w *articleWatch) opens(name, tag string, end int) {
	if i := len(w.open) - 1; i >= 0 && w.open[i].name == name {
		w.open[i].depth++
	}
	rank := slices.Index([]string{"article", "main"}, name) + 1
	for class := range strings.FieldsSeq(attrOf(tag, "class")) {
		if articleClasses[class] {
			rank = -1
		}
	}
	if rank != 0 {
		w.open = append(w.open, struct {
			name        string
			depth, from int
			rank        int
		}{name, 1, end, rank})
	}
}

func (w *articleWatch) closes(name string, at int) {
	i := len(w.open) - 1
	if i < 0 || w.open[i].name != name {
		return
	}
	top := &w.open[i]
	if top.depth--; top.depth == 0 {
		w.page.articles = append(w.page.articles, article{top.from, at, top.rank})
		w.open = w.open[:i]
	}
}

// The letters and digits beside a construct that it is found by.
const (
	minAnchor = 8
	maxAnchor = 60
	// anchorBytes is how much text is looked at for them.
	anchorBytes = 2000
)

// anchor is the text beside a construct.
type anchor struct {
	words []byte
	// marks is how many other characters, blanks aside, stand between the words and the construct.
	marks int
	// edge says that there is no text between the construct and the end of the body.
	edge bool
}

// usable says that an anchor tells where the construct is.
func (a *anchor) usable(nested bool) bool { return len(a.words) >= minAnchor || a.edge && !nested }

// besides reads the text before a construct, or behind it, up to the next construct.
func besides(s string, before bool) anchor {
	whole := len(s) <= anchorBytes
	if before {
		s = s[max(0, len(s)-anchorBytes):]
		if i := strings.LastIndexAny(s, "]}"); i >= 0 {
			s, whole = s[i+1:], false
		}
	} else {
		s = s[:min(len(s), anchorBytes)]
		if i := strings.IndexAny(s, "[{"); i >= 0 {
			s, whole = s[:i], false
		}
	}
	text := []rune(stripTags(s))
	if before {
		slices.Reverse(text)
	}
	var a anchor
	var words []rune
	for _, c := range text {
		switch {
		case unicode.IsLetter(c) || unicode.IsDigit(c):
			words = append(words, unicode.ToLower(c))
		case len(words) == 0 && !unicode.IsSpace(c):
			a.marks++
		}
	}
	words = words[:min(len(words), maxAnchor)]
	if before {
		slices.Reverse(words)
	}
	a.words, a.edge = []byte(string(words)), whole && len(words)+a.marks == 0
	return a
}

// between cuts out what stands between the text before a construct and that behind it. At an end of the body it is the article's end.
func (p *livePage) between(c *construct) (string, bool) {
	before, after := besides(c.text[:c.start], true), besides(c.text[c.end:], false)
	if !before.usable(c.nested) || !after.usable(c.nested) {
		return "", false
	}
	start, end, from := 0, len(p.html), 0
	if !before.edge {
		i := bytes.Index(p.words, before.words)
		if i < 0 {
			return "", false
		}
		from = i + len(before.words)
		start = p.behind(int(p.at[from-1]), before.marks)
	}
	if !after.edge {
		i := bytes.Index(p.words[from:], after.words)
		if i < 0 {
			return "", false
		}
		end = p.ahead(int(p.at[from+i]), after.marks)
	}
	if before.edge || after.edge {
		a, ok := p.article(start, end, before.edge, after.edge)
		if !ok {
			return "", false
		}
		start, end = max(start, a.start), min(end, a.end)
	}
	if start >= end {
		return "", false
	}
	s := strings.TrimSpace(balanced(p.html[start:end]))
	return s, s != ""
}

// article is the surest that holds what is known of a place.
func (p *livePage) article(start, end int, anyStart, anyEnd bool) (found article, ok bool) {
	for _, a := range p.articles {
		holds := (anyStart || a.start <= start && start <= a.end) && (anyEnd || a.start <= end && end <= a.end)
		if holds && (!ok || a.rank < found.rank) {
			found, ok = a, true
		}
	}
	return found, ok
}

// maxReference is the length of the longest character reference that marks are written with: "&hellip;", "&raquo;".
const maxReference = 9

// behind is the place behind a letter and the marks that follow it.
func (p *livePage) behind(at, marks int) int {
	_, n := utf8.DecodeRuneInString(p.html[at:])
	for at += n; at < len(p.html) && marks > 0; marks-- {
		rest := p.html[at:]
		var n int
		if rest[0] == '&' {
			n = strings.IndexByte(rest[:min(len(rest), maxReference)], ';') + 1
		} else if c, width := utf8.DecodeRuneInString(rest); c != '<' && !unicode.IsSpace(c) {
			n = width
		} else {
			return at
		}
		at += max(n, 1)
	}
	return at
}

// ahead is the place before a letter and the marks that lead to it.
func (p *livePage) ahead(at, marks int) int {
	for ; at > 0 && marks > 0; marks-- {
		c, width := utf8.DecodeLastRuneInString(p.html[:at])
		near := max(0, at-maxReference)
		switch i := strings.LastIndexByte(p.html[near:at], '&'); {
		case c == ';' && i >= 0:
			at = near + i
		case c == '>' || unicode.IsSpace(c):
			return at
		default:
			at -= width
		}
	}
	return at
}

// balanced leaves out the ends of elements that begin before a piece of HTML, and the beginnings of those that end behind it.
func balanced(s string) string {
	type tag struct {
		name       string
		start, end int
	}
	var open, drop []tag
	count := map[string]int{}
	z := xhtml.NewTokenizer(strings.NewReader(s))
	for at := 0; ; {
		kind := z.Next()
		if kind == xhtml.ErrorToken {
			break
		}
		n := len(z.Raw())
		b, _ := z.TagName()
		switch t := (tag{string(b), at, at + n}); {
		case kind == xhtml.StartTagToken && !voidElements[t.name]:
			open = append(open, t)
			count[t.name]++
		case kind == xhtml.EndTagToken && count[t.name] == 0:
			drop = append(drop, t)
		case kind == xhtml.EndTagToken:
			for closed := false; !closed; {
				last := open[len(open)-1]
				open = open[:len(open)-1]
				count[last.name]--
				closed = last.name == t.name
			}
		}
		at += n
	}
	drop = append(drop, open...)
	slices.SortFunc(drop, func(a, b tag) int { return a.start - b.start })
	var e edits
	for _, t := range drop {
		e.replace(s, t.start, t.end, "")
	}
	return e.done(s)
}
