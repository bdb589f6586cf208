package transform

import (
	"strings"

	xhtml "golang.org/x/net/html"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// markupDrupal is a text of Drupal as it is stored. What its text format does when the text is shown stands behind it: each of the
// format's filters in the order in which they are applied, "|" before each, its settings after a blank: "drupal|filter_html <a href>
// <em>|filter_autop|filter_url 72". Drupal 7's filters that do it otherwise are filter_html7, which knows no attributes, and filter_url7; nofollow is what filter_html is told to add.
const markupDrupal = "drupal"

// lossFilter, with the name of a filter behind it: a filter of the source's text format is not known here; the text is as without it.
const lossFilter = "filter:"

// isDrupal says that a markup is a text of Drupal.
func isDrupal(markup string) bool {
	rest, ok := strings.CutPrefix(markup, markupDrupal)
	return ok && (rest == "" || rest[0] == '|')
}

// drupalFilters takes the filters of a markup apart, in order.
func drupalFilters(markup string) func(yield func(name, settings string) bool) {
	return func(yield func(name, settings string) bool) {
		_, list, _ := strings.Cut(markup, "|")
		for part := range strings.SplitSeq(list, "|") {
			if name, settings, _ := strings.Cut(part, " "); name != "" && !yield(name, settings) {
				return
			}
		}
	}
}

// onElements are filters that look at elements and attributes, which one pass sees to, where the first of them stands.
var onElements = names("filter_align filter_caption filter_html_image_secure filter_image_lazy_load editor_file_reference media_embed entity_embed")

// bySyntax are filters whose syntax is lifted or counted wherever it stands, and those that change nothing which visitors see.
var bySyntax = names("php_code media_filter filter_tokens token_filter video_filter insert_view insert_block pathologic linkit filter_null")

// foreignFilters limit what visitors may write by rules of their own.
var foreignFilters = names("filter_xss htmLawed wysiwyg_filter")

// liftDrupal gives what visitors saw: Drupal keeps a text as it was written, and runs its format's filters when it is shown.
func liftDrupal(j *job, b *recordv1.Body, field string) string {
	d := &drupalLift{job: j, field: field, filters: map[string]bool{}}
	for name := range drupalFilters(b.Markup) {
		d.filters[name] = true
	}
	d.filtered = d.filters["filter_xss"] || d.filters["htmLawed"] || d.filters["wysiwyg_filter"]
	s := b.Text
	if !d.filters["filter_html_escape"] {
		if s = d.brackets(s); !d.filters["filter_html"] && !d.filters["filter_html7"] || d.filters["php_code"] {
			s = d.code(s)
		}
	}
	seen := false
	for name, settings := range drupalFilters(b.Markup) {
		if onElements[name] {
			if name = "elements"; seen {
				continue
			}
			seen = true
		}
		s = d.filter(name, settings, s)
	}
	if !seen {
		s = d.tags(s)
	}
	return strings.TrimSpace(barePageBreaks(drupalComments.replace(s)))
}

// filter runs one filter of a text's format.
func (d *drupalLift) filter(name, settings, s string) string {
	switch name {
	case "elements":
		return d.tags(s)
	case "filter_html_escape":
		return escapeAttr(s)
	case "filter_html":
		return mended(d.allowed(s, d.rulesOf("", settings, tagRules)))
	case "filter_html7":
		return d.allowed(s, d.rulesOf("7", settings, tagRules7))
	case "filter_htmlcorrector":
		return mended(s)
	case "filter_autop":
		return autop(s)
	case "nofollow":
		return nofollow(s)
	case "filter_url", "filter_url7":
		return linked(s, settings, name == "filter_url7")
	case "filter_markdown", "markdown":
		return liftMarkdown(d.job, &recordv1.Body{Markup: markupMarkdown, Text: s}, d.field)
	}
	if !bySyntax[name] && !foreignFilters[name] {
		d.lose(lossFilter+name, d.field, 1)
	}
	return s
}

// nofollow tells search engines not to follow links.
func nofollow(s string) string {
	return startTags(s, func(e *edits, t *tokens) {
		tag := s[t.start:t.end]
		if t.name != "a" || attrOf(tag, "rel") == "nofollow" {
			return
		}
		for a := range attrs(tag) {
			if lower(a.name) == "rel" && a.value != "" {
				e.replace(s, t.start+a.start, t.start+a.start+len(a.value), "nofollow")
				return
			}
		}
		e.replace(s, t.start+tagNameEnd(tag), t.start+tagNameEnd(tag), ` rel="nofollow"`)
	})
}

// impliedEnds are elements whose end tag may be left out.
var impliedEnds = names("p li dt dd tr td th thead tbody tfoot option optgroup colgroup rt rp")

// mended closes what is left open and leaves out end tags of what is not. A text that needs neither keeps its bytes.
func mended(s string) string {
	if closesAll(s) {
		return s
	}
	nodes := parseAll(s)
	if nodes == nil {
		return s
	}
	var b strings.Builder
	for _, n := range nodes {
		if xhtml.Render(&b, n) != nil {
			return s
		}
	}
	return b.String()
}

// closesAll says that each element ends in the element in which it began.
func closesAll(s string) bool {
	var open []string
	for t := (tokens{s: s}); t.next(); {
		switch {
		case !t.isTag() || voidElements[t.name] || impliedEnds[t.name]:
		case t.isStart():
			open = append(open, t.name)
		case len(open) == 0 || open[len(open)-1] != t.name:
			return false
		default:
			open = open[:len(open)-1]
		}
	}
	return len(open) == 0
}

// drupalIDs puts tokens in place of the unique ids by which a text names media, files and entities: the target has others.
func (p *pass) drupalIDs(s string) string {
	if p.links == nil || !strings.Contains(s, "data-entity-uuid") {
		return s
	}
	return startTags(s, func(e *edits, t *tokens) {
		tag := s[t.start:t.end]
		for a := range attrs(tag) {
			if lower(a.name) != "data-entity-uuid" {
				continue
			}
			if tok, ok := p.links.Resolve("/?uuid=" + a.value); ok {
				if tok.Form = "uuid"; attrOf(tag, "data-entity-type") == "file" {
					tok.Form = "fileuuid"
				}
				e.token(s, t.start+a.start, t.start+a.start+len(a.value), tok)
			}
		}
	})
}
