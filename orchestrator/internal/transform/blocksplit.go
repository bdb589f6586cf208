package transform

import (
	"slices"
	"strings"

	xhtml "golang.org/x/net/html"
)

// chunk is one top-level piece of HTML with its bytes as they stood.
type chunk struct {
	// name of the element; chunkText, chunkComment or chunkCard for others.
	name string
	raw  string
}

const (
	chunkText    = "#text"    // text and inline elements
	chunkComment = "#comment" // a comment
	chunkCard    = "#card"    // HTML that an editor marked as to be left alone; raw is without the marks
)

var voidElements = names("area base br col embed hr img input link meta param source track wbr")

var inlineElements = names(`a abbr acronym b bdi bdo big br cite code data del dfn em font i img ins kbd label mark q s samp small span strike
	strong sub sup time tt u var wbr`)

func names(list string) map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields(list) {
		m[n] = true
	}
	return m
}

// chunks splits canonical HTML into its top-level pieces. White space between them is dropped.
func chunks(s string) []chunk {
	var all []chunk
	for s != "" {
		begin := strings.Index(s, htmlCardBegin)
		if begin < 0 {
			break
		}
		all = append(all, plainChunks(s[:begin])...)
		s = s[begin+len(htmlCardBegin):]
		inner, rest, ok := strings.Cut(s, htmlCardEnd)
		if !ok {
			break
		}
		all = append(all, chunk{chunkCard, strings.TrimSuffix(strings.TrimPrefix(inner, "\n"), "\n")})
		s = rest
	}
	return append(all, plainChunks(s)...)
}

// splitter cuts at top-level elements.
type splitter struct {
	s         string
	all       []chunk
	open      []string
	start, at int
	name      string
}

func plainChunks(s string) []chunk {
	sp := &splitter{s: s}
	t := tokens{s: s}
	for t.next() {
		sp.token(&t)
	}
	if sp.at < len(s) {
		sp.begin(chunkText) // A tag that the text ends in.
	}
	sp.at = len(s)
	sp.flush()
	return sp.all
}

func (sp *splitter) token(t *tokens) {
	n := t.end - t.start
	switch {
	case t.kind == xhtml.StartTagToken && !voidElements[t.name]:
		sp.opening(t.name)
		sp.open = append(sp.open, t.name)
		sp.at += n
	case t.isStart():
		sp.void(t.name, n)
	case t.kind == xhtml.EndTagToken:
		sp.closing(t.name, n)
	case t.kind == xhtml.CommentToken || t.kind == xhtml.DoctypeToken:
		sp.comment(n)
	default:
		sp.begin(chunkText)
		sp.at += n
	}
}

// begin starts a piece unless one is open.
func (sp *splitter) begin(name string) {
	if sp.name == "" {
		sp.name, sp.start = name, sp.at
	}
}

func (sp *splitter) flush() {
	raw := strings.TrimSpace(sp.s[sp.start:sp.at])
	if sp.name != "" && raw != "" && !strings.HasPrefix(raw, "<!--kg-card-") {
		sp.all = append(sp.all, chunk{sp.name, raw})
	}
	sp.name, sp.open, sp.start = "", sp.open[:0], sp.at
}

// opening meets a start tag: a block element ends a run of text, and a paragraph that was not closed.
func (sp *splitter) opening(name string) {
	inline := inlineElements[name]
	if !inline && (sp.name == chunkText || sp.name == "p" && !slices.ContainsFunc(sp.open[1:], isBlockName)) {
		sp.flush()
	}
	if inline {
		sp.begin(chunkText)
	} else {
		sp.begin(name)
	}
}

func isBlockName(name string) bool { return !inlineElements[name] }

func (sp *splitter) void(name string, n int) {
	if !inlineElements[name] {
		sp.opening(name)
	} else {
		sp.begin(chunkText)
	}
	sp.at += n
	if sp.name != chunkText && len(sp.open) == 0 {
		sp.flush()
	}
}

// maxClosed is how many elements an end tag closes at most: more than the parser lets stand in each other.
const maxClosed = 600

func (sp *splitter) closing(name string, n int) {
	i, least := len(sp.open)-1, max(len(sp.open)-maxClosed, 0)
	for i >= least && sp.open[i] != name {
		i--
	}
	if i < least {
		if len(sp.open) == 0 {
			// An end without a beginning: it says nothing, and is left out.
			sp.flush()
			sp.at += n
			sp.start = sp.at
			return
		}
		sp.at += n
		return
	}
	sp.open = sp.open[:i]
	sp.at += n
	if i == 0 && sp.name != chunkText {
		sp.flush()
	}
}

func (sp *splitter) comment(n int) {
	if sp.name != "" && (sp.name != chunkText || len(sp.open) > 0) {
		sp.at += n
		return
	}
	sp.flush()
	sp.begin(chunkComment)
	sp.at += n
	sp.flush()
}
