package transform

import (
	"slices"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// blockIDs says where the core blocks hold ids, by block and path of the attribute.
// Source: block.json of each block in wp-includes/blocks, WordPress 6.1 to 6.8.
var blockIDs = map[string]map[string]recordv1.Kind{
	"image":              {"id": recordv1.Kind_KIND_MEDIA},
	"gallery":            {"ids[]": recordv1.Kind_KIND_MEDIA, "images[].id": recordv1.Kind_KIND_MEDIA},
	"cover":              {"id": recordv1.Kind_KIND_MEDIA},
	"media-text":         {"mediaId": recordv1.Kind_KIND_MEDIA},
	"file":               {"id": recordv1.Kind_KIND_MEDIA},
	"audio":              {"id": recordv1.Kind_KIND_MEDIA},
	"video":              {"id": recordv1.Kind_KIND_MEDIA},
	"block":              {"ref": recordv1.Kind_KIND_ENTRY},
	"navigation":         {"ref": recordv1.Kind_KIND_ENTRY},
	"navigation-link":    {"id": recordv1.Kind_KIND_UNSPECIFIED},
	"navigation-submenu": {"id": recordv1.Kind_KIND_UNSPECIFIED},
	"page-list":          {"parentPageID": recordv1.Kind_KIND_ENTRY},
	"page-list-item":     {"id": recordv1.Kind_KIND_ENTRY},
	"avatar":             {"userId": recordv1.Kind_KIND_USER},
	"latest-posts": {"categories": recordv1.Kind_KIND_TERM, "categories[].id": recordv1.Kind_KIND_TERM,
		"selectedAuthor": recordv1.Kind_KIND_USER},
	"query": {"query.categoryIds[]": recordv1.Kind_KIND_TERM, "query.tagIds[]": recordv1.Kind_KIND_TERM,
		"query.taxQuery.category[]": recordv1.Kind_KIND_TERM, "query.taxQuery.post_tag[]": recordv1.Kind_KIND_TERM,
		"query.parents[]": recordv1.Kind_KIND_ENTRY, "query.exclude[]": recordv1.Kind_KIND_ENTRY},
}

// backgroundID is where every block that can have a background picture holds its id.
const backgroundID = "style.background.backgroundImage.id"

// wordpressIDs turns the ids of known records into tokens: in the attributes of blocks, in classes, in shortcodes. Nothing else changes.
func (p *pass) wordpressIDs(s string) string {
	if p.links == nil {
		return s
	}
	s = p.blockIDs(s)
	for _, m := range idMarks {
		s = p.markedIDs(s, m)
	}
	return p.shortcodeIDs(s)
}

// idMark is a text that an id follows.
type idMark struct {
	before string
	kind   recordv1.Kind
	// quoted says that the mark stands at the start of an attribute's value.
	quoted bool
	needle needle
}

var idMarks = sought([]idMark{
	{before: "wp-image-", kind: recordv1.Kind_KIND_MEDIA},
	{before: "wp-att-", kind: recordv1.Kind_KIND_MEDIA},
	{before: "attachment_", kind: recordv1.Kind_KIND_MEDIA, quoted: true},
	{before: `data-id="`, kind: recordv1.Kind_KIND_MEDIA},
	{before: `data-attachment-id="`, kind: recordv1.Kind_KIND_MEDIA},
})

func sought(marks []idMark) []idMark {
	for i := range marks {
		marks[i].needle = newNeedle(marks[i].before)
	}
	return marks
}

func (p *pass) markedIDs(s string, m idMark) string {
	if !m.needle.in(s) {
		return s
	}
	var e edits
	for at := 0; ; {
		i := strings.Index(s[at:], m.before)
		if i < 0 {
			return e.done(s)
		}
		start := at + i + len(m.before)
		at = start
		if m.quoted && !strings.HasSuffix(s[:start-len(m.before)], `id="`) && !strings.HasSuffix(s[:start-len(m.before)], "id='") {
			continue
		}
		if isAlnumBefore(s, start-len(m.before)) {
			continue
		}
		p.idAt(&e, s, start, m.kind)
	}
}

func isAlnumBefore(s string, i int) bool {
	return i > 0 && (isAlnum(s[i-1]) || s[i-1] == '-' || s[i-1] == '_')
}

// idAt replaces the number at start when it is the id of a known record, and says where it ends.
func (p *pass) idAt(e *edits, s string, start int, kind recordv1.Kind) int {
	end := start
	for end < len(s) && s[end]-'0' < 10 {
		end++
	}
	if end == start || end-start > 20 || s[start] == '0' || end < len(s) && (isAlnum(s[end]) || s[end] == '_') {
		return end
	}
	if k, ok := p.byID(kind, s[start:end]); ok {
		e.token(s, start, end, record.Token{Ref: k, Form: "id"})
	}
	return end
}

// byID finds the record that content names by a number. A term's number there is its term_id, which is not what tells
// records apart, but part of an address of the term.
func (p *pass) byID(kind recordv1.Kind, id string) (record.Key, bool) {
	if kind != recordv1.Kind_KIND_TERM {
		k := record.Key{Kind: kind, ID: id}
		return k, p.links.Known(k)
	}
	for _, query := range []string{"/?cat=", "/?tag_id="} {
		if tok, ok := p.links.Resolve(NormalPath(query + id)); ok {
			return tok.Ref, true
		}
	}
	return record.Key{}, false
}

// blockIDs rewrites the attributes in block comments.
func (p *pass) blockIDs(s string) string {
	if !strings.Contains(s, blockOpen) {
		return s
	}
	var e edits
	for at := 0; ; {
		i := strings.Index(s[at:], blockOpen)
		if i < 0 {
			return e.done(s)
		}
		start := at + i
		c, ok := parseBlockComment(s[start:])
		if !ok {
			at = start + len(blockOpen)
			continue
		}
		if c.json != "" {
			p.jsonIDs(&e, s, start+c.jsonAt, c.json, blockIDs[c.name])
		}
		at = start + c.bytes
	}
}

// jsonIDs replaces the numbers (bare or quoted) at the named paths of a block's attributes.
func (p *pass) jsonIDs(e *edits, s string, at int, attrs string, ids map[string]recordv1.Kind) {
	for v := range jsonScalars(attrs) {
		kind, ok := ids[v.path]
		if v.path == backgroundID {
			kind, ok = recordv1.Kind_KIND_MEDIA, true
		}
		if !ok {
			continue
		}
		if kind == recordv1.Kind_KIND_UNSPECIFIED {
			kind = navigationKind(attrs)
		}
		if end := p.idAt(&edits{}, attrs, v.start, kind); end == v.end {
			p.idAt(e, s, at+v.start, kind)
		}
	}
}

// navigationKind is what the id of a navigation link counts: entries unless the link says it leads to a term.
func navigationKind(attrs string) recordv1.Kind {
	if strings.Contains(attrs, `"kind":"taxonomy"`) || strings.Contains(attrs, `"type":"category"`) || strings.Contains(attrs, `"type":"tag"`) {
		return recordv1.Kind_KIND_TERM
	}
	return recordv1.Kind_KIND_ENTRY
}

// shortcodeIDs rewrites the ids that core shortcodes name.
func (p *pass) shortcodeIDs(s string) string {
	var e edits
	for sc := range shortcodes(s) {
		if sc.name != "gallery" && sc.name != "playlist" {
			continue
		}
		for _, a := range sc.attrs {
			kind := recordv1.Kind_KIND_MEDIA
			switch a.name {
			case "ids", "include", "exclude":
			case "id":
				kind = recordv1.Kind_KIND_ENTRY
			default:
				continue
			}
			p.idList(&e, s, a.start, a.start+len(a.value), kind)
		}
	}
	return e.done(s)
}

// shortcodeLinks rewrites addresses without a host in the core's shortcodes; those with one are found anywhere.
func (p *pass) shortcodeLinks(s string) string {
	if !strings.Contains(s, "=\"/") && !strings.Contains(s, "='/") || !strings.Contains(s, "[") {
		return s
	}
	var e edits
	for sc := range shortcodes(s) {
		if coreShortcodes[sc.name] == nil {
			continue
		}
		for _, a := range sc.attrs {
			if strings.HasPrefix(a.value, "/") && (a.name == "poster" || slices.Contains(mediaAttrs, a.name)) {
				p.address(&e, s, a.start, a.value, true)
			}
		}
	}
	return e.done(s)
}

// idList replaces the ids of a list with commas at s[start:end].
func (p *pass) idList(e *edits, s string, start, end int, kind recordv1.Kind) {
	for i := start; i < end; {
		if s[i]-'0' >= 10 {
			i++
			continue
		}
		i = p.idAt(e, s, i, kind)
	}
}
