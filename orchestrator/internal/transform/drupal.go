package transform

import (
	"encoding/json"
	"html"
	"regexp"
	"slices"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// drupalLift is one body being lifted.
type drupalLift struct {
	*job
	field string
	// filters are those of the text's format, by name.
	filters map[string]bool
	// filtered says that tags go which no format lets visitors write.
	filtered bool
	// unclosed are the names of elements that are not closed any more in the text at hand.
	unclosed map[string]bool
	// players says that frames stay nevertheless.
	players bool
}

// drupalComments end a teaser and a page.
var drupalComments = newRareReplacer([]string{"break-->"}, "<!--break-->", "<!--more-->", "<!--pagebreak-->", "<!--nextpage-->")

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
	bracketTag = regexp.MustCompile(`\[(video|view|block|gallery|gmap|flickr|youtube|insert_view|img_assist|node|site|user|current-user|current-date|date|term|vocabulary|file|comment|menu|menu-link|current-page|media|random)[:=|]([^\[\]\n]*)\]`)
)

// brackets lifts embedded files and leaves out, counted, what only a module could fill.
func (d *drupalLift) brackets(s string) string {
	if !strings.Contains(s, "[") {
		return s
	}
	var e edits
	for _, m := range mediaTag.FindAllStringSubmatchIndex(s, -1) {
		e.replace(s, m[0], m[1], d.file(s, m[0], m[1]))
	}
	s, e = e.done(s), edits{}
	for _, m := range bracketTag.FindAllStringSubmatchIndex(s, -1) {
		e.replace(s, m[0], m[1], d.bracket(s, m))
	}
	return e.done(s)
}

// file is what the module Media shows for its tag.
func (d *drupalLift) file(s string, start, end int) string {
	var m struct {
		Type       string            `json:"type"`
		FID        json.Number       `json:"fid"`
		Attributes map[string]string `json:"attributes"`
	}
	// Its own attributes may be of any type: what cannot be read is a loss like an unknown file.
	err := json.Unmarshal([]byte(s[start+2:end-2]), &m)
	ref := record.NewRef(recordv1.Kind_KIND_MEDIA, m.FID.String())
	if err != nil || m.Type != "media" || d.linker.links == nil || !d.linker.links.Known(record.KeyOf(ref)) {
		return d.foreignTag("drupal:media", s, start, end, func(name string) string { return m.Attributes[name] })
	}
	return `<img src="` + record.NewToken(ref, "").Before(`"`) + `" alt="` + escapeAttr(html.UnescapeString(m.Attributes["alt"])) + `">`
}

// foreignTag is what stands for something that only a module could fill in: nothing, unless there is a policy.
func (d *drupalLift) foreignTag(code, s string, start, end int, attr func(name string) string) string {
	with, _ := d.instead(&construct{tag: code, field: d.field, text: s, start: start, end: end, attr: attr})
	if d.filters["filter_autop"] && !strings.Contains(with, "<pre") {
		// Its line ends are none of the author's, who has them made into breaks.
		with = strings.Join(strings.Fields(with), " ")
	}
	return with
}

// bracket is what stands for a tag in brackets: the value of a token where the record has it.
func (d *drupalLift) bracket(s string, m []int) string {
	name, arg := s[m[2]:m[3]], s[m[4]:m[5]]
	code := "drupal:" + name
	if tokenTypes[name] && s[m[3]] == ':' && tokenName.MatchString(arg) {
		if v, ok := d.token(name+":"+arg, s[m[1]:]); ok {
			return v
		}
		code = "drupal:token:" + name + ":" + arg
	}
	return d.foreignTag(code, s, m[0], m[1], func(name string) string {
		if name == "arg" {
			return arg
		}
		return ""
	})
}

// tokenTypes begin the tokens that Drupal's core and the module Token replace; node and block also name what other modules embed.
var tokenTypes = names("node site user current-user current-date date term vocabulary file comment menu menu-link current-page media random")

var tokenName = regexp.MustCompile(`^[a-z][a-z0-9_:?-]*$`)

// token is the value of a token that is in the record, as it must stand in front of rest.
func (d *drupalLift) token(name, rest string) (string, bool) {
	self := func(form string) string {
		return record.Token{Ref: record.KeyOf(d.r.GetRef()), Form: form}.Before(rest)
	}
	e := d.r.GetEntry()
	if e == nil {
		return "", false
	}
	switch name {
	case "node:title":
		return escapeHTML(html.UnescapeString(e.GetTitle())), true
	case "node:nid":
		return self("id"), true
	case "node:url", "node:url:absolute", "current-page:url":
		return self(""), true
	case "node:summary":
		return e.GetExcerpt(), e.GetExcerpt() != ""
	}
	return "", false
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
	defer func(outer map[string]bool) { d.unclosed = outer }(d.unclosed)
	d.unclosed = map[string]bool{}
	return startTags(s, func(e *edits, t *tokens) {
		if t.start >= e.at {
			d.tag(e, s, t.start, t.end, t.name)
		}
	})
}

func (d *drupalLift) tag(e *edits, s string, start, end int, name string) {
	tag := s[start:end]
	switch {
	case name == "drupal-media" && d.does("media_embed"), name == "drupal-entity" && d.does("entity_embed"):
		e.replace(s, start, d.closing(s, end, name), d.embed(s, start, end, name))
	case name == "drupal-media", name == "drupal-entity":
		// Without its filter nobody saw anything of it.
		e.replace(s, start, d.closing(s, end, name), d.foreignTag("drupal:"+name, s, start, d.closing(s, end, name), func(name string) string { return attrOf(tag, name) }))
	case d.filtered && slices.Contains(unwanted, name) && (!d.players || name != "iframe"):
		d.lose("tag_not_allowed", d.field, 1)
		if !slices.Contains(void, name) {
			// Of one that is never closed, a browser takes all that follows for its content.
			if end = d.closing(s, end, name); end == start+len(tag) {
				end = len(s)
			}
		}
		e.replace(s, start, end, "")
	case name == "img" && d.filters["filter_html_image_secure"] && d.elsewhere(attrOf(tag, "src")):
		d.lose("image_not_allowed", d.field, 1)
		e.replace(s, start, end, "")
	case name == "img" && d.caption(tag) != "":
		d.captioned(e, s, start, end)
	default:
		if with := d.plainTag(tag); with != tag {
			e.replace(s, start, end, with)
		}
	}
}

// does says that the text's format has a filter; where no format is known, it might.
func (d *drupalLift) does(filter string) bool { return d.filters == nil || d.filters[filter] }

// elsewhere says that an address is not one of the site's own.
func (d *drupalLift) elsewhere(src string) bool {
	scheme, rest, ok := strings.Cut(src, "//")
	if isOwnToken(src) || !ok || scheme != "" && !strings.EqualFold(scheme, "http:") && !strings.EqualFold(scheme, "https:") {
		return strings.HasPrefix(lower(src), "data:")
	}
	host, _, _ := strings.Cut(rest, "/")
	return !slices.ContainsFunc(d.linker.bases, func(b base) bool { return b.host == strings.TrimPrefix(lower(host), "www.") })
}

// captioned puts a picture, and the link that it is in, into a figure.
func (d *drupalLift) captioned(e *edits, s string, start, end int) {
	img, caption := d.plainTag(s[start:end]), d.caption(s[start:end])
	if open := strings.LastIndexByte(s[e.at:start], '<'); open >= 0 && strings.HasPrefix(s[end:], "</a>") {
		if link := s[e.at+open : start]; strings.HasPrefix(link, "<a ") && strings.HasSuffix(link, ">") {
			start, end, img = e.at+open, end+len("</a>"), d.plainTag(link)+img+"</a>"
		}
	}
	e.replace(s, start, end, captioned(img, caption))
}

// closing is the end of the element whose start tag ends at i; of one that is never closed, the end of the tag.
func (d *drupalLift) closing(s string, i int, name string) int {
	for at := i; !d.unclosed[name]; {
		j := strings.Index(s[at:], "</")
		if j < 0 {
			// No later one of the name is closed either.
			d.unclosed[name] = true
			break
		}
		at += j + 2
		if len(s)-at >= len(name) && strings.EqualFold(s[at:at+len(name)], name) {
			if k := strings.IndexByte(s[at:], '>'); k >= 0 {
				return at + k + 1
			}
			return len(s)
		}
	}
	return i
}

// embed is a media or another entity that is named by its unique id: a picture is shown, anything else is linked.
func (d *drupalLift) embed(s string, start, end int, name string) string {
	tag := s[start:end]
	uuid := attrOf(tag, "data-entity-uuid")
	caption := d.caption(tag)
	if tok, ok := d.resolve("/?picture=" + uuid); ok {
		class := ""
		if d.does("filter_align") {
			class = alignClass(attrOf(tag, "data-align"))
		}
		img := `<img src="` + tok.Before(`"`) + `" alt="` + escapeAttr(attrOf(tag, "alt")) + `"` + class + `>`
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
	return d.foreignTag("drupal:"+name, s, start, d.closing(s, end, name), func(name string) string { return attrOf(tag, name) })
}

// captionTags may stand in a caption. (Drupal 11.2, FilterCaption::process)
var captionTags = tagRules("<a href hreflang target rel> <em> <strong> <cite> <code> <br>")

// caption is HTML in an attribute; empty where the text's format shows none.
func (d *drupalLift) caption(tag string) string {
	c := attrOf(tag, "data-caption")
	if c == "" || !d.does("filter_caption") {
		return ""
	}
	return strings.TrimSpace(d.allowed(d.tags(c), captionTags))
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
	changed, align, class, src := false, "", "", d.fileOf(tag)
	for a := range attrs(tag) {
		switch name := lower(a.name); {
		case name == "data-entity-type", name == "data-entity-uuid", name == "data-entity-substitution", name == "data-caption":
			changed = true
		case name == "data-align":
			if changed = true; d.does("filter_align") {
				align = html.UnescapeString(a.value)
			}
		case name == "src" && src != "":
			changed = true
			kept.WriteString(` src="` + src + `"`)
		case d.filtered && (strings.HasPrefix(name, "on") || isScript(a.value)):
			changed = true
			d.lose("attribute_not_allowed", d.field, 1)
		case name == "class":
			class = a.value
		default:
			kept.WriteString(" " + a.name + quoted(a.value))
		}
	}
	if d.lazy(tag) {
		changed = true
		kept.WriteString(` loading="lazy"`)
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

// fileOf is the address of the file that a tag names by its unique id, where the address that stands there leads to none.
func (d *drupalLift) fileOf(tag string) string {
	if !d.filters["editor_file_reference"] || !strings.Contains(tag, "data-entity-uuid") || isOwnToken(attrOf(tag, "src")) {
		return ""
	}
	tok, ok := d.resolve("/?uuid=" + attrOf(tag, "data-entity-uuid"))
	if !ok || tok.Ref.Kind != recordv1.Kind_KIND_MEDIA {
		return ""
	}
	return tok.Before(`"`)
}

// lazy says that a picture is to be loaded when it comes into view.
func (d *drupalLift) lazy(tag string) bool {
	return d.filters["filter_image_lazy_load"] && lower(tag[:min(len(tag), 5)]) == "<img " && attrOf(tag, "width") != "" && attrOf(tag, "height") != "" && attrOf(tag, "loading") == ""
}

func quoted(value string) string {
	if strings.Contains(value, `"`) {
		return "='" + value + "'"
	}
	return `="` + value + `"`
}

// isScript says that an address runs code, however its scheme is spelt.
func isScript(value string) bool {
	if v := strings.TrimLeftFunc(value, func(r rune) bool { return r <= ' ' }); v == "" || strings.IndexByte("jJvVdD&", v[0]) < 0 {
		return false
	}
	value = strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, strings.ToLower(html.UnescapeString(value)))
	return strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "vbscript:") || strings.HasPrefix(value, "data:text")
}
