package transform

import (
	"regexp"
	"strings"
)

// lowerClassic writes canonical HTML as the classic editor keeps it: paragraphs between blank lines, and no line end inside a piece,
// which the platform would show as a break. What its paragraphs and breaks make of it again is what it was.
func lowerClassic(j *job, canonical, field string) (text, html string) {
	return j.wordpressPieces(canonical, field, classicPiece), ""
}

func classicPiece(c chunk) string {
	raw := c.raw
	if c.name != "pre" {
		raw = oneLine(raw)
	}
	if c.name == "figure" {
		return classicPicture(raw)
	}
	inner, ok := strings.CutPrefix(raw, "<p>")
	inner = strings.TrimSpace(strings.TrimSuffix(inner, "</p>"))
	if c.name != "p" || !ok || inner == "" || strings.Contains(inner, "<p") || !strings.Contains(inner, " ") && strings.Contains(inner, "://") {
		// An address alone would become an embed.
		return raw
	}
	return inner
}

// kept are elements in which line ends are to be seen, or mean something.
var kept = regexp.MustCompile(`(?is)<(?:pre|textarea|script|style)\b.*?</(?:pre|textarea|script|style)>`)

var lineEnds = regexp.MustCompile(`\s*\n\s*`)

func oneLine(s string) string {
	if strings.IndexByte(s, '\n') < 0 {
		return s
	}
	var b strings.Builder
	at := 0
	for _, m := range kept.FindAllStringIndex(s, -1) {
		b.WriteString(lineEnds.ReplaceAllString(s[at:m[0]], " ") + s[m[0]:m[1]])
		at = m[1]
	}
	return b.String() + lineEnds.ReplaceAllString(s[at:], " ")
}

// classicPicture names the file of a picture, for which the platform then offers smaller copies, and writes a gallery as its shortcode.
func classicPicture(raw string) string {
	n := parseOne(raw)
	if n == nil {
		return raw
	}
	if p, ok := pictureOf(n); ok {
		if id, known := mediaToken(p.src); known && strings.Count(raw, "<img ") == 1 && !strings.Contains(raw, "wp-image-") {
			return strings.Replace(raw, "<img ", `<img class="wp-image-`+id.Before(`"`)+`" `, 1)
		}
		return raw
	}
	g, ok := galleryOf(n)
	if !ok || g.captions > 0 || g.caption != "" {
		return raw
	}
	var ids []string
	for _, p := range g.pictures {
		id, known := mediaToken(p.src)
		if !known || p.href != "" {
			return raw
		}
		ids = append(ids, id.Before(","))
	}
	return `[gallery ids="` + strings.Join(ids, ",") + `"]`
}
