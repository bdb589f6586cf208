package transform

import (
	"regexp"
	"slices"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// liftWordPress renders a body in blocks or in classic markup to canonical HTML.
func liftWordPress(j *job, b *recordv1.Body, field string) string {
	w := &wpLift{job: j, field: field}
	s := b.Text
	if strings.Contains(s, blockOpen) {
		s = w.blocks(s, 0)
	} else {
		s = w.classic(s)
	}
	return strings.TrimSpace(w.shortcodes(s, 0))
}

// wpLift is one body being lifted.
type wpLift struct {
	*job
	field string
}

// classic makes paragraphs; addresses on a line of their own are embeds.
func (w *wpLift) classic(s string) string {
	s = w.autoEmbed(s)
	return barePageBreaks(shortcodeUnautop(autop(s)))
}

// barePageBreaks takes the paragraph away that autop puts around a break alone.
func barePageBreaks(s string) string {
	if !strings.Contains(s, "<p><!--") {
		return s
	}
	return pageBreak.ReplaceAllString(s, "$1")
}

var pageBreak = regexp.MustCompile(`<p>(<!--(?:more[^>]*|nextpage)-->)</p>`)

// dynamicTrees are blocks that the platform renders from its database, with all that is in them.
var dynamicTrees = []string{"query", "comments", "comments-query-loop", "navigation", "template-part", "post-comments-form"}

// blocks removes the comments of blocks that are saved as HTML and renders or drops the others.
func (w *wpLift) blocks(s string, depth int) string {
	var b strings.Builder
	for at := 0; ; {
		i, c := nextBlock(s, at)
		if i < 0 {
			b.WriteString(s[at:])
			return plainClasses(collapseBlanks(b.String()))
		}
		b.WriteString(s[at:i])
		at = i + c.bytes
		switch {
		case c.closing:
		case c.void:
			b.WriteString(w.voidBlock(s, i, c))
		case slices.Contains(dynamicTrees, c.name):
			inner, end := blockEnd(s, at, c.name)
			b.WriteString(w.foreignBlock(s, i, end, c, depth, s[at:inner]))
			at = end
		default:
			if render := fullBlocks[c.name]; render != nil || strings.HasPrefix(c.name, "core-embed/") {
				inner, end := blockEnd(s, at, c.name)
				if render == nil {
					render = (*wpLift).embedBlock
				}
				b.WriteString(render(w, c, s[at:inner]))
				at = end
			}
		}
	}
}

// plainClasses removes the classes that say no more than the element itself.
func plainClasses(s string) string {
	const class = ` class="`
	var e edits
	eachTag(s, class+"wp-", func(i int) int {
		rest := s[i+len(class):]
		for _, p := range plainClassOf {
			if strings.HasPrefix(rest, p.class) && strings.HasSuffix(s[:i], p.tag) {
				end := i + len(class) + len(p.class) - len(">")
				e.replace(s, i, end, "")
				return end
			}
		}
		return 0
	})
	return e.done(s)
}

// plainClassOf are the values, with what follows them in the tag and what stands before the attribute.
var plainClassOf = []struct{ class, tag string }{
	{`wp-block-quote">`, "<blockquote"}, {`wp-block-code">`, "<pre"}, {`wp-block-heading">`, ""}, {`wp-element-caption">`, ""},
}

// collapseBlanks leaves at most one blank line where comments were.
func collapseBlanks(s string) string {
	if !strings.Contains(s, "\n\n\n") {
		return s
	}
	if strings.Contains(s, "<pre") || strings.Contains(s, "<textarea") || strings.Contains(s, "<script") {
		return s
	}
	for strings.Contains(s, "\n\n\n") {
		s = strings.ReplaceAll(s, "\n\n\n", "\n\n")
	}
	return s
}

// voidBlock renders a block without content; what only the platform can render is a loss.
func (w *wpLift) voidBlock(s string, at int, c blockComment) string {
	switch c.name {
	case "social-link":
		if url := blockAttr(c.json, "url"); url != "" {
			label := cmpOr(blockAttr(c.json, "label"), blockAttr(c.json, "service"))
			return `<li><a href="` + escapeAttr(url) + `">` + escapeHTML(label) + "</a></li>"
		}
		return ""
	case "more":
		return "<!--more-->"
	case "nextpage":
		return "<!--nextpage-->"
	case "paragraph", "spacer", "separator", "column", "group", "html", "image", "gallery", "freeform":
		return ""
	}
	return w.foreignBlock(s, at, at+c.bytes, c, 0, "")
}

// foreignBlock is what stands for a block that only the platform can render: nothing, unless there is a policy.
func (w *wpLift) foreignBlock(s string, start, end int, c blockComment, depth int, inner string) string {
	with, _ := w.instead(&construct{tag: "block:" + c.name, field: w.field, text: s, start: start, end: end, nested: depth > 0,
		attr: func(name string) string { return blockAttr(c.json, name) },
		content: func() string {
			if depth >= maxShortcodeDepth {
				return ""
			}
			return w.blocks(inner, depth+1)
		}})
	if a := w.ctx.action("block:" + c.name); a == ActionTemplate || a == ActionRendered {
		// Shortcodes are looked for after this: what stands there is to be seen as it is.
		return strings.ReplaceAll(with, "[", "&#91;")
	}
	return with
}

// fullBlocks are rendered from their saved content as a whole.
var fullBlocks = map[string]func(w *wpLift, c blockComment, inner string) string{
	"freeform":  func(w *wpLift, _ blockComment, inner string) string { return w.classic(inner) },
	"shortcode": func(_ *wpLift, _ blockComment, inner string) string { return strings.TrimSpace(inner) + "\n" },
	"spacer":    func(*wpLift, blockComment, string) string { return "" },
	"separator": func(*wpLift, blockComment, string) string { return "<hr>" },
	"embed":     (*wpLift).embedBlock,
	"html":      func(_ *wpLift, _ blockComment, inner string) string { return inner },
	"image":     func(_ *wpLift, _ blockComment, inner string) string { return inner },
}

// embedBlock shows what the saved address stands for.
func (w *wpLift) embedBlock(c blockComment, inner string) string {
	url := blockAttr(c.json, "url")
	if url == "" {
		return inner
	}
	caption := ""
	if i := strings.Index(inner, "<figcaption"); i >= 0 {
		if k := strings.Index(inner[i:], "</figcaption>"); k >= 0 {
			caption = inner[i+strings.IndexByte(inner[i:], '>')+1 : i+k]
		}
	}
	return w.embed(url, caption)
}

// embed is the canonical form of an embedded address: the player where its address is known, a link otherwise.
func (w *wpLift) embed(url, caption string) string {
	player := playerOf(url)
	if player == "" {
		w.lose("embed_as_link", w.field, 1)
		link := `<a href="` + escapeAttr(url) + `">` + escapeHTML(url) + "</a>"
		if caption != "" {
			link += "<br>" + caption
		}
		return "<p>" + link + "</p>"
	}
	s := `<figure><iframe src="` + escapeAttr(player) + `" width="560" height="315" frameborder="0" allowfullscreen></iframe>`
	if caption != "" {
		s += "<figcaption>" + caption + "</figcaption>"
	}
	return s + "</figure>"
}

// players are hosts whose player's address follows from the page's, with what stands before the id in the page's address.
var players = []struct{ page, player string }{
	{"youtube.com/watch?v=", "https://www.youtube.com/embed/"},
	{"youtu.be/", "https://www.youtube.com/embed/"},
	{"youtube.com/shorts/", "https://www.youtube.com/embed/"},
	{"youtube.com/embed/", "https://www.youtube.com/embed/"},
	{"vimeo.com/", "https://player.vimeo.com/video/"},
	{"dailymotion.com/video/", "https://www.dailymotion.com/embed/video/"},
}

func playerOf(url string) string {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return ""
	}
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, "www."), "m.")
	for _, p := range players {
		if id, ok := strings.CutPrefix(rest, p.page); ok {
			n := 0
			for n < len(id) && (isAlnum(id[n]) || id[n] == '-' || id[n] == '_') {
				n++
			}
			if n > 0 && (n == len(id) || strings.IndexByte("?&#/", id[n]) >= 0) {
				return p.player + id[:n]
			}
		}
	}
	return ""
}

// autoEmbed turns addresses on lines of their own into embeds.
func (w *wpLift) autoEmbed(s string) string {
	if !strings.Contains(s, "://") {
		return s
	}
	st := lineState{noRaw: !strings.Contains(s, "<pre") && !strings.Contains(s, "<script") && !strings.Contains(s, "<style")}
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		url := strings.TrimSpace(line)
		if !st.inside() && (strings.HasPrefix(url, "http://") || strings.HasPrefix(url, "https://")) && urlEnd(url, 0) == len(url) {
			lines[i] = "\n" + w.embed(url, "") + "\n"
			continue
		}
		st.next(line)
	}
	return strings.Join(lines, "\n")
}

// lineState says whether a line begins inside a tag, or inside an element whose text is no content.
type lineState struct {
	tag, raw bool
	// noRaw says that there are no such elements.
	noRaw bool
}

func (st *lineState) inside() bool { return st.tag || st.raw }

func (st *lineState) next(line string) {
	open, end := strings.LastIndexByte(line, '<'), strings.LastIndexByte(line, '>')
	if open != end {
		st.tag = open > end
	}
	if open < 0 || st.noRaw {
		return
	}
	open = max(strings.LastIndex(line, "<pre"), strings.LastIndex(line, "<script"), strings.LastIndex(line, "<style"))
	end = max(strings.LastIndex(line, "</pre"), strings.LastIndex(line, "</script"), strings.LastIndex(line, "</style"))
	if open != end {
		st.raw = open > end
	}
}
