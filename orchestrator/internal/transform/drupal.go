package transform

import (
	"encoding/json"
	"html"
	"regexp"
	"slices"
	"strings"

	xhtml "golang.org/x/net/html"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// The markups of Drupal say what its text formats do when a text is shown: make paragraphs of line ends, leave out what
// visitors may not write. Neither has happened to the stored text.
const (
	markupDrupal         = "drupal"
	markupDrupalBreaks   = "drupal_breaks"
	markupDrupalFiltered = "drupal_filtered"
	markupDrupalBoth     = "drupal_filtered_breaks"
)

// liftDrupal gives the lift of one of the markups.
func liftDrupal(breaks, filtered bool) func(j *job, b *recordv1.Body, field string) string {
	return func(j *job, b *recordv1.Body, field string) string {
		d := &drupalLift{job: j, field: field, filtered: filtered}
		s := d.brackets(d.code(b.Text))
		s = d.tags(s)
		if breaks {
			s = autop(s)
		}
		return strings.TrimSpace(barePageBreaks(drupalComments.Replace(s)))
	}
}

// drupalLift is one body being lifted.
type drupalLift struct {
	*job
	field    string
	filtered bool
}

// drupalComments end a teaser and a page.
var drupalComments = strings.NewReplacer("<!--break-->", "<!--more-->", "<!--pagebreak-->", "<!--nextpage-->")

var phpCode = regexp.MustCompile(`(?s)<\?(?:php|=).*?(?:\?>|$)`)

// code leaves PHP out: Drupal's filter runs it, nobody else may show it.
func (d *drupalLift) code(s string) string {
	if !strings.Contains(s, "<?") {
		return s
	}
	d.lose("php_code", d.field, len(phpCode.FindAllStringIndex(s, -1)))
	return phpCode.ReplaceAllString(s, "")
}

var (
	// mediaTag is what the module Media of Drupal 7 writes; bracketTag what filters of other modules replace.
	mediaTag   = regexp.MustCompile(`(?s)\[\[(\{.*?\})\]\]`)
	bracketTag = regexp.MustCompile(`\[(video|view|block|node|gallery|gmap|flickr|youtube|insert_view|img_assist)[:=|][^\]\n]*\]`)
)

// brackets lifts embedded files and leaves out, counted, what only a module could fill.
func (d *drupalLift) brackets(s string) string {
	if !strings.Contains(s, "[") {
		return s
	}
	s = mediaTag.ReplaceAllStringFunc(s, func(tag string) string {
		var m struct {
			Type       string            `json:"type"`
			FID        json.Number       `json:"fid"`
			Attributes map[string]string `json:"attributes"`
		}
		// Its own attributes may be of any type: what cannot be read is a loss like an unknown file.
		err := json.Unmarshal([]byte(strings.Trim(tag, "[]")), &m)
		ref := record.NewRef(recordv1.Kind_KIND_MEDIA, m.FID.String())
		if err != nil || m.Type != "media" || d.linker.links == nil || !d.linker.links.Known(record.KeyOf(ref)) {
			d.lose("drupal:media", d.field, 1)
			return ""
		}
		return `<img src="` + record.NewToken(ref, "").Before(`"`) + `" alt="` + escapeAttr(html.UnescapeString(m.Attributes["alt"])) + `">`
	})
	return bracketTag.ReplaceAllStringFunc(s, func(tag string) string {
		d.lose("drupal:"+bracketTag.FindStringSubmatch(tag)[1], d.field, 1)
		return ""
	})
}

// unwanted are elements that no filtered format lets visitors write; all that is in them goes with them.
var unwanted = []string{"script", "style", "iframe", "object", "embed", "applet", "form", "input", "button", "textarea", "select", "link", "meta", "base", "frame", "frameset", "svg", "math", "template",
	"title", "xmp", "noembed", "noframes", "noscript", "plaintext"}

// void are those of them that hold nothing.
var void = []string{"embed", "input", "link", "meta", "base", "frame"}

// tags lifts Drupal's own elements and attributes. All other bytes stay.
func (d *drupalLift) tags(s string) string {
	if strings.IndexByte(s, '<') < 0 {
		return s
	}
	return startTags(s, func(e *edits, z *xhtml.Tokenizer, start, end int) {
		if start >= e.at {
			name, _ := z.TagName()
			d.tag(e, s, start, end, string(name))
		}
	})
}

func (d *drupalLift) tag(e *edits, s string, start, end int, name string) {
	tag := s[start:end]
	switch {
	case name == "drupal-media", name == "drupal-entity":
		e.replace(s, start, closing(s, end, name), d.embed(tag, name))
	case d.filtered && slices.Contains(unwanted, name):
		d.lose("tag_not_allowed", d.field, 1)
		if !slices.Contains(void, name) {
			// Of one that is never closed, a browser takes all that follows for its content.
			if end = closing(s, end, name); end == start+len(tag) {
				end = len(s)
			}
		}
		e.replace(s, start, end, "")
	case name == "img" && attrOf(tag, "data-caption") != "":
		e.replace(s, start, end, captioned(d.plainTag(tag), d.caption(tag)))
	default:
		if with := d.plainTag(tag); with != tag {
			e.replace(s, start, end, with)
		}
	}
}

// closing is the end of the element whose start tag ends at i; of one that is never closed, the end of the tag.
func closing(s string, i int, name string) int {
	for at := i; ; {
		j := strings.Index(s[at:], "</")
		if j < 0 {
			return i
		}
		at += j + 2
		if len(s)-at >= len(name) && strings.EqualFold(s[at:at+len(name)], name) {
			if k := strings.IndexByte(s[at:], '>'); k >= 0 {
				return at + k + 1
			}
			return len(s)
		}
	}
}

// embed is a media or another entity that is named by its unique id: a picture is shown, anything else is linked.
func (d *drupalLift) embed(tag, name string) string {
	uuid := attrOf(tag, "data-entity-uuid")
	caption := d.caption(tag)
	if tok, ok := d.resolve("/?picture=" + uuid); ok {
		img := `<img src="` + tok.Before(`"`) + `" alt="` + escapeAttr(attrOf(tag, "alt")) + `"` + alignClass(attrOf(tag, "data-align")) + `>`
		if caption == "" {
			return img
		}
		return captioned(img, caption)
	}
	if tok, ok := d.resolve("/?uuid=" + uuid); ok {
		if caption == "" {
			caption = "↗"
		}
		return `<p><a href="` + tok.Before(`"`) + `">` + caption + `</a></p>`
	}
	d.lose("drupal:"+name, d.field, 1)
	return ""
}

// caption is HTML in an attribute; visitors may write no more there than elsewhere.
func (d *drupalLift) caption(tag string) string {
	c := attrOf(tag, "data-caption")
	if d.filtered {
		return d.tags(c)
	}
	return c
}

func (d *drupalLift) resolve(path string) (record.Token, bool) {
	if d.linker.links == nil {
		return record.Token{}, false
	}
	return d.linker.links.Resolve(path)
}

// captioned is a picture with its caption, which is HTML.
func captioned(img, caption string) string {
	return "<figure>" + img + "<figcaption>" + caption + "</figcaption></figure>"
}

func alignClass(align string) string {
	switch align {
	case "left", "right", "center":
		return ` class="align` + align + `"`
	}
	return ""
}

// plainTag is a tag without what only Drupal reads, and without what a filtered format takes away.
func (d *drupalLift) plainTag(tag string) string {
	var kept strings.Builder
	changed, align, class := false, "", ""
	for a := range attrs(tag) {
		switch name := strings.ToLower(a.name); {
		case name == "data-entity-type", name == "data-entity-uuid", name == "data-entity-substitution", name == "data-caption":
			changed = true
		case name == "data-align":
			changed, align = true, html.UnescapeString(a.value)
		case d.filtered && (strings.HasPrefix(name, "on") || isScript(a.value)):
			changed = true
			d.lose("attribute_not_allowed", d.field, 1)
		case name == "class":
			class = a.value
		default:
			kept.WriteString(" " + a.name + quoted(a.value))
		}
	}
	if !changed {
		return tag
	}
	if own := strings.TrimSuffix(strings.TrimPrefix(alignClass(align), ` class="`), `"`); own != "" {
		class = strings.TrimSpace(class + " " + own)
	}
	if class != "" {
		kept.WriteString(" class" + quoted(class))
	}
	ending := ">"
	if strings.HasSuffix(tag, "/>") {
		ending = " />"
	}
	return tag[:tagNameEnd(tag)] + kept.String() + ending
}

func quoted(value string) string {
	if strings.Contains(value, `"`) {
		return "='" + value + "'"
	}
	return `="` + value + `"`
}

// isScript says that an address runs code, however its scheme is spelt.
func isScript(value string) bool {
	value = strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, strings.ToLower(html.UnescapeString(value)))
	return strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "vbscript:") || strings.HasPrefix(value, "data:text")
}
