package transform

import (
	"regexp"
	"strings"

	xhtml "golang.org/x/net/html"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// lowerWordPress wraps each top-level piece of canonical HTML into a core block, so that it is shown exactly as it is: classic text would
// get paragraphs and breaks of its own. Source of the saved forms: save() of the core blocks, WordPress 6.1.
func lowerWordPress(j *job, canonical, field string) (text, html string) {
	return j.wordpressPieces(canonical, field, wpBlock), ""
}

// wordpressPieces writes each top-level piece of canonical HTML for one of WordPress's editors.
func (j *job) wordpressPieces(canonical, field string, write func(chunk) string) string {
	var all []string
	for _, c := range chunks(canonical) {
		if c.raw == paywallMark {
			j.lose("card:paywall", field, 1)
			continue
		}
		c.raw = escapeShortcodes(c.raw)
		all = append(all, write(c))
	}
	return strings.Join(all, "\n\n")
}

func wrapBlock(name, attrs, inner string) string {
	if attrs != "" {
		attrs += " "
	}
	return "<!-- wp:" + name + " " + attrs + "-->\n" + inner + "\n<!-- /wp:" + name + " -->"
}

func wpBlock(c chunk) string {
	switch c.name {
	case chunkCard:
		return wrapBlock("html", "", c.raw)
	case chunkComment:
		if strings.HasPrefix(c.raw, "<!--more") {
			return wrapBlock("more", "", c.raw)
		}
		if c.raw == "<!--nextpage-->" {
			return wrapBlock("nextpage", "", c.raw)
		}
		return c.raw
	case "hr":
		if c.raw == "<hr>" || c.raw == "<hr/>" || c.raw == "<hr />" {
			return wrapBlock("separator", "", `<hr class="wp-block-separator has-alpha-channel-opacity"/>`)
		}
	}
	if s := wpTextBlock(c); s != "" {
		return s
	}
	if c.name == "figure" || c.name == chunkText || c.name == "p" {
		if s := wpPicture(c.raw); s != "" {
			return s
		}
	}
	return wrapBlock("html", "", c.raw)
}

// wpTextBlock is the block of an element without attributes, its bytes kept; "" when it is another.
func wpTextBlock(c chunk) string {
	bare := strings.HasPrefix(c.raw, "<"+c.name+">")
	switch c.name {
	case "p":
		if bare && !strings.Contains(c.raw, "<img") {
			return wrapBlock("paragraph", "", closed(c))
		}
	case "h1", "h2", "h3", "h4", "h5", "h6":
		if bare || onlyAttr(c.raw, "id") {
			attrs := ""
			if c.name != "h2" {
				attrs = `{"level":` + c.name[1:] + "}"
			}
			return wrapBlock("heading", attrs, closed(c))
		}
	case "ul":
		if bare {
			return wrapBlock("list", "", closed(c))
		}
	case "ol":
		if bare {
			return wrapBlock("list", `{"ordered":true}`, closed(c))
		}
		if start := number(attrOf(c.raw[:tagBytes(c.raw)], "start")); start > 0 && onlyAttr(c.raw, "start") {
			return wrapBlock("list", `{"ordered":true,"start":`+itoa(start)+"}", closed(c))
		}
	case "blockquote":
		if bare {
			return wrapBlock("quote", "", `<blockquote class="wp-block-quote">`+quoteInner(closed(c))+"</blockquote>")
		}
	case "pre":
		if strings.HasPrefix(c.raw, "<pre><code>") {
			return wrapBlock("code", "", `<pre class="wp-block-code">`+strings.TrimPrefix(c.raw, "<pre>"))
		}
	}
	return ""
}

// closed adds the end tag that HTML lets authors leave out.
func closed(c chunk) string {
	if strings.HasSuffix(c.raw, "</"+c.name+">") {
		return c.raw
	}
	return c.raw + "</" + c.name + ">"
}

func onlyAttr(raw, name string) bool {
	for a := range attrs(raw[:tagBytes(raw)]) {
		if a.name != name {
			return false
		}
	}
	return true
}

// quoteInner puts text without a paragraph into one, as the block wants it.
func quoteInner(raw string) string {
	inner := strings.TrimSuffix(strings.TrimPrefix(raw, "<blockquote>"), "</blockquote>")
	if all := chunks(inner); len(all) == 1 && all[0].name == chunkText {
		return "<p>" + inner + "</p>"
	}
	return inner
}

// wpPicture is the block of a picture or gallery; "" for anything else.
func wpPicture(raw string) string {
	n := parseOne(raw)
	if n == nil {
		return ""
	}
	if p, ok := pictureOf(n); ok {
		return wpImage(p)
	}
	g, ok := galleryOf(n)
	if !ok {
		return ""
	}
	var b strings.Builder
	for _, p := range g.pictures {
		b.WriteString(wpImage(p) + "\n")
	}
	if g.caption != "" {
		b.WriteString(`<figcaption class="blocks-gallery-caption wp-element-caption">` + g.caption + "</figcaption>")
	}
	return wrapBlock("gallery", `{"linkTo":"none"}`, `<figure class="wp-block-gallery has-nested-images columns-default is-cropped">`+
		strings.TrimSuffix(b.String(), "\n")+"</figure>")
}

func wpImage(p picture) string {
	id, known := mediaToken(p.src)
	attrs, class, img := []string{}, "wp-block-image", `<img src="`+escapeAttr(p.src)+`" alt="`+escapeAttr(p.alt)+`"`
	if p.wide != "" {
		attrs, class = append(attrs, `"align":"`+p.wide+`"`), class+" align"+p.wide
	}
	if known {
		attrs, class = append(attrs, `"id":`+id.Before(",")+``, `"sizeSlug":"full"`), class+" size-full"
		img += ` class="wp-image-` + id.String() + `"`
	} else if p.width > 0 && p.height > 0 {
		attrs, class = append(attrs, `"width":`+itoa(p.width), `"height":`+itoa(p.height)), class+" is-resized"
		img += ` width="` + itoa(p.width) + `" height="` + itoa(p.height) + `"`
	}
	img += attrIf("title", p.title) + "/>"
	if p.href != "" {
		attrs = append(attrs, `"linkDestination":"custom"`)
		img = `<a href="` + escapeAttr(p.href) + `">` + img + "</a>"
	}
	if p.caption != "" {
		img += `<figcaption class="wp-element-caption">` + p.caption + "</figcaption>"
	}
	json := ""
	if len(attrs) > 0 {
		json = "{" + strings.Join(attrs, ",") + "}"
	}
	return wrapBlock("image", json, `<figure class="`+class+`">`+img+"</figure>")
}

// mediaToken is the id of the media record that an address is.
func mediaToken(src string) (record.Token, bool) {
	name, ok := strings.CutPrefix(src, record.Scheme)
	if !ok {
		return record.Token{}, false
	}
	t, ok := record.ParseToken(strings.TrimSuffix(name, "!"))
	return record.Token{Ref: t.Ref, Form: "id"}, ok && t.Ref.Kind == recordv1.Kind_KIND_MEDIA
}

// escapeShortcodes keeps text that only looks like a shortcode of the core from being run as one.
func escapeShortcodes(s string) string {
	if strings.IndexByte(s, '[') < 0 {
		return s
	}
	var e edits
	code := codeRanges(s)
	for sc := range shortcodes(s) {
		if coreShortcodes[sc.name] != nil && !code.script(sc.start) {
			e.replace(s, sc.start, sc.start+1, "&#91;")
		}
	}
	return e.done(s)
}

// lowerText is what a reader sees, without markup.
func lowerText(_ *job, canonical, _ string) (text, html string) {
	return blankLines.ReplaceAllString(stripTags(canonical), "\n\n"), ""
}

var blankLines = regexp.MustCompile(`\n\s*\n`)

// stripTags keeps the text of HTML; blocks and breaks end lines.
func stripTags(s string) string {
	var b strings.Builder
	skip := ""
	for t := (tokens{s: s}); t.next(); {
		switch {
		case t.kind == xhtml.TextToken && skip == "":
			b.WriteString(xhtml.UnescapeString(s[t.start:t.end]))
		case t.kind == xhtml.StartTagToken && (t.name == "script" || t.name == "style"):
			skip = t.name
		case t.kind == xhtml.EndTagToken:
			if skip == t.name {
				skip = ""
			}
			if !inlineElements[t.name] {
				b.WriteByte('\n')
			}
		case t.name == "br":
			b.WriteByte('\n')
		}
	}
	return strings.TrimSpace(b.String())
}
