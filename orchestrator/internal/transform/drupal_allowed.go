package transform

import (
	"html"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/baileybridge/bailey/proto/record"
)

// Source of the rules: filter_xss of includes/common.inc, Drupal 7.105; Xss::filter and FilterHtml of Drupal 11.2.

// attrRules are the attributes that an element may have, by name or, before a "*", by the beginning of their name: with any value where
// the list is empty, else with those values. nil: all attributes.
type attrRules map[string][]string

// everywhere may be on each element.
var everywhere = map[string][]string{"lang": nil, "dir": {"ltr", "rtl"}}

// tagRules reads the elements that a filter lets through: "<a href hreflang> <h2 id='jump-*'>".
func tagRules(settings string) map[string]attrRules {
	all := map[string]attrRules{}
	for part := range strings.SplitSeq(settings, "<") {
		tag, _, ok := strings.Cut("<"+part, ">")
		name := lower(tag[1:tagNameEnd(tag)])
		if !ok || name == "" {
			continue
		}
		if all[name] == nil {
			all[name] = attrRules{}
		}
		for a := range attrs(tag + ">") {
			all[name][lower(a.name)] = strings.Fields(html.UnescapeString(a.value))
		}
	}
	return all
}

// tagRules7 is tagRules of Drupal 7, which knows of no attributes.
func tagRules7(settings string) map[string]attrRules {
	all := map[string]attrRules{}
	for name := range strings.FieldsFuncSeq(settings, func(r rune) bool { return strings.ContainsRune(" \t\r\n<>", r) }) {
		all[lower(name)] = nil
	}
	return all
}

// maxRules bounds how many settings of filters are remembered; a site has a few.
const maxRules = 64

// knownRules remembers what settings of filters say.
type knownRules struct {
	by    sync.Map
	count atomic.Int32
}

// rulesOf reads the settings of a version, once.
func (t *Transformer) rulesOf(version, settings string, read func(string) map[string]attrRules) map[string]attrRules {
	if r, ok := t.rules.by.Load([2]string{version, settings}); ok {
		return r.(map[string]attrRules)
	}
	r := read(settings)
	if t.rules.count.Add(1) <= maxRules {
		t.rules.by.Store([2]string{version, settings}, r)
	}
	return r
}

// keptComments end a teaser or a page.
var keptComments = names("<!--break--> <!--more--> <!--pagebreak--> <!--nextpage-->")

// allowed leaves out the tags that are not named; the text between them stays, as visitors saw it. A text is cut as Drupal cuts it, not
// as a browser does.
func (d *drupalLift) allowed(s string, rules map[string]attrRules) string {
	var e edits
	ends, lines := finder{s: s, what: "-->"}, finder{s: s, what: "\n"}
	for i := strings.IndexByte(s, '<'); i >= 0; {
		end, with, same := d.allowedTag(s, i, rules, &ends, &lines)
		if !same {
			e.replace(s, i, end, with)
		}
		next := strings.IndexByte(s[end:], '<')
		if next < 0 {
			break
		}
		i = end + next
	}
	return e.done(s)
}

// finder looks for something again and again, from places that only go on.
type finder struct {
	s, what string
	// at is what was found last, looked that it was looked for.
	at     int
	looked bool
}

// from is where it stands first at or behind i; behind the text where it does not.
func (f *finder) from(i int) int {
	if !f.looked || f.at < i {
		f.looked, f.at = true, len(f.s)+1
		if n := strings.Index(f.s[i:], f.what); n >= 0 {
			f.at = i + n
		}
	}
	return f.at
}

// allowedTag is what stands at i: where it ends, and what is to stand in its place unless it stays the same.
func (d *drupalLift) allowedTag(s string, i int, rules map[string]attrRules, ends, lines *finder) (end int, with string, same bool) {
	at := i + 1
	if at == len(s) || !isLetter(s[at]) && s[at] != '/' && s[at] != '!' {
		// It would become part of a tag where the next one is left out.
		return at, "&lt;", false
	}
	if strings.HasPrefix(s[i:], "<!--") && ends.from(i) < lines.from(i) {
		_, comments := rules["!--"]
		end = ends.from(i) + len("-->")
		return end, "", comments || keptComments[s[i:end]]
	}
	end = len(s)
	if n := strings.IndexByte(s[i:], '>'); n >= 0 {
		end = i + n + 1
	}
	closing := s[at] == '/'
	if closing {
		at = skipBlanks(s, at+1)
	}
	from := at
	for at < end && (isAlnum(s[at]) || s[at] == '-') {
		at++
	}
	name := s[from:at]
	only, ok := rules[lower(name)]
	switch {
	case !ok || name == "":
		if !closing {
			d.lose("tag_not_allowed", d.field, 1)
		}
		return end, "", false
	case closing:
		return end, "</" + name + ">", s[i:end] == "</"+name+">"
	}
	with, same = d.allowedAttrs(s[i:end], name, only)
	return end, with, same
}

// allowedAttrs is a tag with the attributes that it may have.
func (d *drupalLift) allowedAttrs(tag, name string, only attrRules) (with string, same bool) {
	end, closed := attrsEnd(tag, len(name)+1)
	same = end == len(tag) && strings.IndexByte(tag[1:], '<') < 0
	var kept []attr
	for a := range attrs(tag) {
		value, ok := d.allowedAttr(lower(a.name), a.value, only)
		if same = same && ok && value == a.value; ok {
			kept = append(kept, attr{name: a.name, value: value})
		}
	}
	if same {
		return "", true
	}
	var b strings.Builder
	b.WriteString("<" + name)
	for _, a := range kept {
		b.WriteString(" " + a.name + `="` + attrLeft.Replace(a.value) + `"`)
	}
	if closed {
		b.WriteString(" /")
	}
	return b.String() + ">", false
}

// attrLeft makes a value safe in a tag that is written anew.
var attrLeft = strings.NewReplacer(`"`, "&quot;", "<", "", ">", "")

// maxAttrName is the longest name of an attribute that Drupal lets through.
const maxAttrName = 96

func (d *drupalLift) allowedAttr(name, value string, only attrRules) (kept string, ok bool) {
	if strings.HasPrefix(name, "on") || !notAddress(name) && isForeignScheme(value) {
		d.lose("attribute_not_allowed", d.field, 1)
		return "", false
	}
	if name == "style" || name[0] == '-' || len(name) > maxAttrName || strings.Trim(name, attrLetters) != "" {
		return "", false
	}
	if only == nil {
		return value, true
	}
	values, ok := only.of(name)
	if !ok || len(values) == 0 {
		return value, ok
	}
	var some []string
	for v := range strings.FieldsSeq(html.UnescapeString(value)) {
		for _, rule := range values {
			if head, all := strings.CutSuffix(rule, "*"); v == rule || all && head != "" && strings.HasPrefix(v, head) {
				some = append(some, v)
				break
			}
		}
	}
	if kept = escapeAttr(strings.Join(some, " ")); kept == strings.Join(strings.Fields(value), " ") {
		kept = value
	}
	return kept, len(some) > 0
}

const attrLetters = "abcdefghijklmnopqrstuvwxyz0123456789-"

// of are the values that an attribute may have.
func (r attrRules) of(name string) ([]string, bool) {
	if v, ok := r[name]; ok {
		return v, true
	}
	if v, ok := everywhere[name]; ok {
		return v, true
	}
	for rule, v := range r {
		if head, all := strings.CutSuffix(rule, "*"); all && head != "" && strings.HasPrefix(name, head) {
			return v, true
		}
	}
	return nil, false
}

// notAddress says that the value of an attribute is never an address.
func notAddress(name string) bool {
	return strings.HasPrefix(name, "data-") || name == "title" || name == "alt" || name == "rel" || name == "property" || name == "class" || name == "datetime"
}

// schemes are those that Drupal lets addresses begin with.
var schemes = names("ftp http https irc mailto news nntp rtsp sftp ssh tel telnet webcal")

// isForeignScheme says that a value begins with a scheme that Drupal takes away.
func isForeignScheme(value string) bool {
	if strings.IndexByte(value, ':') < 0 && strings.IndexByte(value, '&') < 0 {
		return false
	}
	if isOwnToken(value) || strings.HasPrefix(value, record.Scheme) {
		return false
	}
	value = html.UnescapeString(value)
	i := strings.IndexByte(value, ':')
	return i > 0 && !strings.ContainsAny(value[:i], "/?#") && !schemes[lower(value[:i])]
}
