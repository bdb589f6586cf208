package transform

import (
	"encoding/json"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// mobiledoc is version 0.3.x of the format. Source: github.com/bustle/mobiledoc-kit, MOBILEDOC.md.
type mobiledoc struct {
	Atoms    [][]any             `json:"atoms"`
	Cards    [][]any             `json:"cards"`
	Markups  [][]any             `json:"markups"`
	Sections [][]json.RawMessage `json:"sections"`
}

// Kinds of sections and markers.
const (
	mobileMarkup = 1
	mobileImage  = 2
	mobileList   = 3
	mobileCard   = 10
)

// liftMobiledoc prefers the platform's own rendering.
func liftMobiledoc(j *job, b *recordv1.Body, field string) string {
	if strings.TrimSpace(b.Html) != "" || b.Text == "" {
		return j.rendering(b, field)
	}
	var doc mobiledoc
	if err := json.Unmarshal([]byte(b.Text), &doc); err != nil {
		j.lose(LossBody, field, 1)
		return looseTexts(b.Text, func(_, before string) bool {
			n := len(before) - len(",")
			return n > 0 && before[n] == ',' && before[n-1]-'0' < 10
		})
	}
	r := newLexRender(j, field)
	for _, s := range doc.Sections {
		doc.section(r, s)
	}
	return strings.TrimSpace(r.b.String())
}

func (d *mobiledoc) section(r *lexRender, s []json.RawMessage) {
	if len(s) < 2 {
		return
	}
	switch whole(s[0]) {
	case mobileMarkup:
		if len(s) > 2 {
			d.markup(r, text(s[1]), s[2])
		}
	case mobileImage:
		r.b.WriteString(imageCard(newNode(lexField{"src", text(s[1])})))
	case mobileList:
		if len(s) > 2 {
			d.list(r, text(s[1]), s[2])
		}
	case mobileCard:
		d.card(r, whole(s[1]))
	}
}

var mobileTags = names("p h1 h2 h3 h4 h5 h6 blockquote aside pull-quote")

func (d *mobiledoc) markup(r *lexRender, tag string, markers json.RawMessage) {
	if !mobileTags[tag] {
		tag = "p"
	}
	inner := d.markers(markers)
	switch {
	case tag == "aside", tag == "pull-quote":
		r.b.WriteString(`<blockquote class="kg-blockquote-alt">` + inner + "</blockquote>")
	case tag[0] == 'h':
		r.b.WriteString("<" + tag + attrIf("id", headingID(stripTags(inner))) + ">" + inner + "</" + tag + ">")
	case inner != "" || tag != "p":
		r.b.WriteString("<" + tag + ">" + inner + "</" + tag + ">")
	}
}

func (d *mobiledoc) list(r *lexRender, tag string, items json.RawMessage) {
	if tag != "ol" {
		tag = "ul"
	}
	var all []json.RawMessage
	if json.Unmarshal(items, &all) != nil {
		return
	}
	r.b.WriteString("<" + tag + ">")
	for _, item := range all {
		r.b.WriteString("<li>" + d.markers(item) + "</li>")
	}
	r.b.WriteString("</" + tag + ">")
}

// markers writes [kind, openedMarkups, closedCount, text or atom].
func (d *mobiledoc) markers(raw json.RawMessage) string {
	var markers [][]json.RawMessage
	if json.Unmarshal(raw, &markers) != nil {
		return ""
	}
	var b strings.Builder
	var open []string
	for _, m := range markers {
		if len(m) < 4 {
			continue
		}
		var opened []int
		if json.Unmarshal(m[1], &opened) != nil {
			continue
		}
		for _, i := range opened {
			tag, attrs := d.mark(i)
			b.WriteString("<" + tag + attrs + ">")
			open = append(open, tag)
		}
		if whole(m[0]) == 0 {
			b.WriteString(escapeHTML(text(m[3])))
		} else {
			b.WriteString(d.atom(whole(m[3])))
		}
		for range min(max(whole(m[2]), 0), len(open)) {
			b.WriteString("</" + open[len(open)-1] + ">")
			open = open[:len(open)-1]
		}
	}
	for i := len(open) - 1; i >= 0; i-- {
		b.WriteString("</" + open[i] + ">")
	}
	return b.String()
}

var mobileMarks = names("a b code em i s strong sub sup u mark")

// mark is an element with its attributes, of those that the format allows.
func (d *mobiledoc) mark(i int) (tag, attrs string) {
	if i < 0 || i >= len(d.Markups) || len(d.Markups[i]) == 0 {
		return "span", ""
	}
	tag, _ = d.Markups[i][0].(string)
	if !mobileMarks[tag] {
		return "span", ""
	}
	if tag == "a" && len(d.Markups[i]) > 1 {
		pairs, _ := d.Markups[i][1].([]any)
		for k := 0; k+1 < len(pairs); k += 2 {
			name, _ := pairs[k].(string)
			value, _ := pairs[k+1].(string)
			if name == "href" || name == "rel" || name == "target" || name == "title" {
				attrs += " " + name + `="` + escapeAttr(value) + `"`
			}
		}
	}
	return tag, attrs
}

// atom: a soft return is a break, others show their text.
func (d *mobiledoc) atom(i int) string {
	if i < 0 || i >= len(d.Atoms) || len(d.Atoms[i]) == 0 {
		return ""
	}
	if d.Atoms[i][0] == "soft-return" {
		return "<br>"
	}
	if len(d.Atoms[i]) > 1 {
		s, _ := d.Atoms[i][1].(string)
		return escapeHTML(s)
	}
	return ""
}

// mobileCards are names that differ from those of lexical.
var mobileCards = map[string]string{"hr": "horizontalrule", "code": "codeblock", "card-markdown": "markdown", "before-after": ""}

func (d *mobiledoc) card(r *lexRender, i int) {
	if i < 0 || i >= len(d.Cards) || len(d.Cards[i]) == 0 {
		return
	}
	name, _ := d.Cards[i][0].(string)
	if lexical, ok := mobileCards[name]; ok {
		name = lexical
	}
	var n lexNode
	if len(d.Cards[i]) > 1 {
		if m, ok := d.Cards[i][1].(map[string]any); ok {
			n.read = m
		}
	}
	switch name {
	case "html":
		r.b.WriteString(htmlCardBegin + n.str("html") + htmlCardEnd)
		return
	case "markdown":
		r.b.WriteString(markdownCardBegin + renderMarkdown(n.str("markdown")) + markdownCardEnd)
		return
	}
	if render := cards[name]; render != nil {
		r.b.WriteString(render(r, n))
		return
	}
	r.b.WriteString(r.foreign(name, n, ""))
}

func whole(raw json.RawMessage) int {
	var n float64
	if json.Unmarshal(raw, &n) != nil || n != float64(int(n)) {
		return -1
	}
	return int(n)
}

func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
