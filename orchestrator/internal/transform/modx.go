package transform

import (
	"regexp"
	"slices"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

const markupMODX = "modx"

// isMODX says that the record's texts hold the tags of MODX.
func (j *job) isMODX() bool {
	b, _ := bodyOf(j.r)
	return b.GetMarkup() == markupMODX
}

// liftMODX: the tags are gone since the links were rewritten; the rest is HTML.
func liftMODX(_ *job, b *recordv1.Body, _ string) string { return b.Text }

// foreignTags keeps brackets of another system's text from being executed as tags.
var foreignTags = newRareReplacer([]string{"[[", "{{"}, "[[", "&#91;&#91;", "{{", "&#123;&#123;")

func lowerMODX(j *job, canonical, field string) (text, html string) {
	s, _ := lowerHTML(j, canonical, field)
	return foreignTags.replace(s), ""
}

// plainMODX sees to the texts of an entry that are no body and may hold no tokens: tags of MODX are lifted, and brackets of
// other systems do not become tags.
func (j *job) plainMODX() {
	e := j.r.GetEntry()
	from, to := j.isMODX(), slices.Equal(j.info.GetHolds().GetMarkups(), []string{markupMODX})
	if e == nil || from == to {
		return
	}
	clean := func(_, s string) string { return foreignTags.replace(s) }
	if from {
		clean = func(path, s string) string {
			return (&modxLift{job: j, pass: &pass{linker: j.linker}, field: path}).text(s)
		}
	} else {
		e.Excerpt = foreignTags.replace(e.GetExcerpt())
	}
	e.Title = clean("title", e.GetTitle())
	if e.GetSeo() != nil {
		e.Seo.Title, e.Seo.Description = clean("seo.title", e.GetSeo().GetTitle()), clean("seo.description", e.GetSeo().GetDescription())
	}
}

// modxText rewrites the tags of a text: for MODX itself only the ids in links, for others all of them.
func (j *job) modxText(p *pass, field, s string) string {
	if !strings.Contains(s, "[[") {
		return s
	}
	m := &modxLift{job: j, pass: p, field: field}
	if j.takes(markupMODX) {
		return m.links(s)
	}
	return m.text(s)
}

// modxLift is one text being lifted.
type modxLift struct {
	*job
	pass  *pass
	field string
	depth int
}

// maxTagDepth bounds tags inside tags.
const maxTagDepth = 20

// tagEnds are the ends of the tags of a text by where they begin. Tags nest, so brackets are counted.
func tagEnds(s string) map[int]int {
	ends := map[int]int{}
	var open []int
	for i := max(strings.Index(s, "[["), 0); i < len(s)-1; i++ {
		switch {
		case s[i] == '[' && s[i+1] == '[':
			open = append(open, i)
			i++
		case s[i] == ']' && s[i+1] == ']':
			i++
			if last := len(open) - 1; last >= 0 {
				ends[open[last]] = i + 1
				open = open[:last]
			}
		}
	}
	return ends
}

// text replaces every tag by what a visitor would have seen, as far as that is in the record; the rest is a loss.
func (m *modxLift) text(s string) string {
	var e edits
	ends := tagEnds(s)
	for at := 0; ; {
		i := strings.Index(s[at:], "[[")
		if i < 0 {
			return e.done(s)
		}
		i += at
		end, ok := ends[i]
		if !ok {
			return e.done(s)
		}
		if with, ok := m.tag(s, i, end); ok {
			e.replace(s, i, end, with)
			at = end
		} else {
			at = i + 2
		}
	}
}

// tagName is a name as elements and fields have it: brackets around anything else are no tag.
var tagName = regexp.MustCompile(`^[\p{L}\p{N}_./ -]{1,100}$`)

// tag gives what stands for the tag from start to end. ok is false for brackets that are none.
func (m *modxLift) tag(s string, start, end int) (with string, ok bool) {
	inner := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(s[start+2:end-2]), "!"))
	if inner == "" {
		return "", false
	}
	sign, body := inner[0], inner[1:]
	switch sign {
	case '-':
		return "", true
	case '~':
		return m.link(body, s[end:]), true
	case '*', '+', '%', '$', '#':
	default:
		sign, body = 0, inner
	}
	if sign == '+' && strings.HasPrefix(body, "+") {
		sign, body = 's', body[1:]
	}
	name, call := body, ""
	if i := strings.IndexAny(body, "?:@&\n\t`["); i >= 0 {
		name, call = body[:i], body[i:]
	}
	if name = strings.TrimSpace(name); !tagName.MatchString(name) {
		return "", false
	}
	usual, lost := m.element(sign, name, call)
	if !lost {
		return usual, true
	}
	c := &construct{tag: tagKinds[sign] + name, field: m.field, text: s, start: start, end: end, nested: m.depth > 0,
		content: func() string { return usual }, attr: func(param string) string { return m.within(tagParam(call, param)) }}
	if with, ok := m.instead(c); ok {
		return with, true
	}
	return usual, true
}

// tagKinds name constructs in losses.
var tagKinds = map[byte]string{0: "modx:snippet:", '$': "modx:chunk:", '*': "modx:field:", '+': "modx:placeholder:", '%': "modx:lexicon:", 's': "modx:setting:", '#': "modx:field:"}

// element is what is known of an element's value; lost says that it is not all.
func (m *modxLift) element(sign byte, name, call string) (usual string, lost bool) {
	switch sign {
	case '$':
		return "", true
	case 0:
		if isThumb(name) {
			// The picture itself is better than none.
			return tagParam(call, "input"), true
		}
		return "", true
	case 's':
		if path, ok := addressOf[name]; ok {
			return path, false
		}
		if name == "cultureKey" && m.r.GetLocale() != "" {
			return m.r.GetLocale(), false
		}
	case '*':
		if v, ok := m.value(name); ok {
			if v, ok = m.filtered(v, call); ok {
				return v, false
			}
		}
	}
	return m.tagDefault(call), true
}

// addressOf are settings that hold an address of the site's own.
var addressOf = map[string]string{"site_url": "/", "base_url": "/", "assets_url": "/assets/"}

func isThumb(name string) bool {
	return slices.Contains([]string{"pthumb", "phpthumb", "phpthumbof", "thumb"}, strings.ToLower(name))
}

var tagParams = regexp.MustCompile("&(?:amp;)?([\\w.-]+)\\s*=\\s*`([^`]*)`")

func tagParam(call, name string) string {
	for _, p := range tagParams.FindAllStringSubmatch(call, -1) {
		if p[1] == name {
			return p[2]
		}
	}
	return ""
}

// value is a field of the record that a tag names.
func (m *modxLift) value(name string) (string, bool) {
	e := m.r.GetEntry()
	switch name {
	case "id":
		return m.r.GetRef().GetSourceId(), true
	case "parent":
		return e.GetParent().GetSourceId(), e.GetParent() != nil
	}
	v, ok := map[string]string{"pagetitle": e.GetTitle(), "longtitle": e.GetSeo().GetTitle(), "description": e.GetSeo().GetDescription(),
		"introtext": e.GetExcerpt(), "alias": e.GetSlug()}[name]
	if ok {
		return m.nested(v), true
	}
	for _, f := range m.r.GetFields() {
		if f.GetName() != name && f.GetName() != "modx_"+name {
			continue
		}
		if to := f.GetValue().GetRef(); to.GetKind() == recordv1.Kind_KIND_MEDIA {
			// A variable of a picture shows its address, one of a page the page's id.
			return record.NewToken(to, "").String(), true
		} else if to != nil {
			return to.GetSourceId(), true
		}
		if t, isText := f.GetValue().GetKind().(*recordv1.Value_Text); isText {
			return m.nested(t.Text), true
		}
	}
	return "", false
}

// nested lifts the tags of a value that another tag has named.
func (m *modxLift) nested(s string) string { return m.within(record.EscapeText(s)) }

// within lifts the tags that stand in another.
func (m *modxLift) within(s string) string {
	if !strings.Contains(s, "[[") {
		return s
	}
	if m.depth >= maxTagDepth {
		m.lose("modx:nested", m.field, 1)
		return ""
	}
	return (&modxLift{job: m.job, pass: m.pass, field: m.field, depth: m.depth + 1}).text(s)
}

// tagDefault is what a tag shows when it has no value.
func (m *modxLift) tagDefault(call string) string {
	if name, arg, _ := nextFilter(call); filterWords[name] == "default" {
		return m.within(arg)
	}
	return ""
}

// link is the address behind a link by id: "16", "16? &scheme=`full` &x=`1`", or with a tag for the id.
func (m *modxLift) link(body, rest string) string {
	id, call, _ := strings.Cut(body, "?")
	if strings.TrimSpace(id) == "[[++site_start]]" {
		if tok, ok := m.pass.known("/", ""); ok {
			m.pass.resolved++
			return tok.Before(rest)
		}
	}
	id = m.within(id)
	var query []string
	for _, p := range tagParams.FindAllStringSubmatch(call, -1) {
		if p[1] != "scheme" && p[1] != "context" {
			query = append(query, p[1]+"="+p[2])
		}
	}
	suffix := ""
	if len(query) > 0 {
		suffix = "?" + strings.Join(query, "&amp;")
	}
	id = strings.TrimSpace(id)
	if tok, ok := m.pass.known("/index.php", "id="+id); ok && id != "" {
		m.pass.resolved++
		return tok.Before(suffix+rest) + suffix
	}
	m.pass.unresolved++
	if id == "" || id == "0" {
		// The page above one that has none above it: MODX makes an empty address of it.
		return rest
	}
	return "index.php?id=" + id
}

var linkID = regexp.MustCompile(`\[\[!?~(\d+)`)

// links puts tokens in place of the ids in links, and counts the elements that are called and do not come along.
func (m *modxLift) links(s string) string {
	var e edits
	for _, at := range linkID.FindAllStringSubmatchIndex(s, -1) {
		tok, ok := m.pass.known("/index.php", "id="+s[at[2]:at[3]])
		if !ok {
			m.pass.unresolved++
			continue
		}
		m.pass.resolved++
		tok.Form = "id"
		e.token(s, at[2], at[3], tok)
	}
	for i := strings.Index(s, "[["); i >= 0; {
		m.called(s[i+2:])
		next := strings.Index(s[i+2:], "[[")
		if next < 0 {
			break
		}
		i += 2 + next
	}
	return e.done(s)
}

// called counts a chunk or snippet that a tag calls: its code stays behind.
func (m *modxLift) called(s string) {
	s = strings.TrimPrefix(s, "!")
	name, chunk := strings.CutPrefix(s, "$")
	if i := strings.IndexAny(name, "?:@&]`[\n"); i >= 0 {
		name = name[:i]
	}
	if name = strings.TrimSpace(name); !tagName.MatchString(name) || name[0] == '-' {
		return
	}
	if chunk {
		m.lose("modx:chunk:"+name, m.field, 1)
	} else {
		m.lose("modx:snippet:"+name, m.field, 1)
	}
}
