package transform

import (
	"html"
	"strings"
	"unicode/utf8"

	"github.com/baileybridge/bailey/proto/record"
)

// construct is a piece of the source's syntax that cannot be lifted.
type construct struct {
	// tag is the code of its loss.
	tag, field string
	// text holds the construct from start to end, and what stands around it.
	text       string
	start, end int
	// content gives what stands between its tags, lifted; nil: nothing does.
	content func() string
	// attr gives an attribute as it stands in the source.
	attr func(name string) string
	// inPlace says that its tags and what stands between them are seen to one after the other: only the tags go or stay then.
	inPlace bool
	// nested says that text is no whole body.
	nested bool
}

func (c *construct) raw() string { return c.text[c.start:c.end] }

func (c *construct) inner() string {
	if c.content == nil {
		return ""
	}
	return c.content()
}

// instead gives what the owner wants in a construct's place; ok is false where it goes as it usually does, or where the tags alone
// decide. Either way it is counted.
func (j *job) instead(c *construct) (with string, ok bool) {
	p, _ := j.ctx.policy(c.tag)
	told := p.Action
	switch p.Action {
	case ActionKeepText:
		if ok = !c.inPlace; ok {
			with = c.inner()
		}
	case ActionKeepRaw:
		if ok = !c.inPlace; ok {
			with = c.raw()
		}
	case ActionDrop:
		ok = true
	case ActionTemplate:
		with, ok = c.fill(p.Template), true
	case ActionRendered:
		if with, ok = j.shown(c); !ok {
			told = ""
		}
	default:
		told = ""
	}
	l := Loss{Code: c.tag, Field: c.field, Count: 1, Action: told}
	if j.ctx.Examples {
		l.Example = excerpt(c.raw())
	}
	j.tell(l)
	return with, ok
}

// excerpt is the start of a text, of at most MaxExample bytes.
func excerpt(s string) string {
	if len(s) <= MaxExample {
		return strings.Clone(s)
	}
	n := MaxExample - len("…")
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// fill puts a construct's values into a template.
func (c *construct) fill(template string) string {
	var b strings.Builder
	for {
		head, rest, ok := strings.Cut(template, "{{")
		name, tail, closed := strings.Cut(rest, "}}")
		if !ok || !closed {
			b.WriteString(record.EscapeText(template))
			return b.String()
		}
		b.WriteString(record.EscapeText(head))
		b.WriteString(c.value(strings.TrimSpace(name), tail))
		template = tail
	}
}

// value is what a name in a template stands for, as it must stand in front of rest.
func (c *construct) value(name, rest string) string {
	switch {
	case name == "content":
		return c.inner()
	case name == "tag":
		return escapeAttr(c.tag[strings.LastIndexByte(c.tag, ':')+1:])
	case c.attr == nil:
		return ""
	}
	v := escapeAttr(html.UnescapeString(c.attr(name)))
	if i := strings.LastIndex(v, record.Scheme); i >= 0 {
		if t, ok := record.ParseToken(strings.TrimSuffix(v[i+len(record.Scheme):], "!")); ok {
			return v[:i] + t.Before(rest)
		}
	}
	return v
}

// tagged is a tag with its closing one.
type tagged struct {
	*shortcode
	closer *shortcode
	// paired says that a closing tag of the name follows or, for a closing tag, an opening one precedes.
	paired bool
}

// pair finds each tag's closing tag, in one pass from behind.
func pair(tags func(yield func(*shortcode) bool)) []tagged {
	var all []tagged
	for sc := range tags {
		all = append(all, tagged{shortcode: sc})
	}
	next, opened := map[string]*shortcode{}, map[string]bool{}
	for i := len(all) - 1; i >= 0; i-- {
		t := &all[i]
		switch {
		case t.closing:
			next[t.name] = t.shortcode
		case !t.selfClosing:
			// A later opening of the same name before the closing tag takes it: the platform pairs the nearest.
			t.closer, t.paired = next[t.name], next[t.name] != nil
			opened[t.name] = true
			delete(next, t.name)
		}
	}
	for i := range all {
		if all[i].closing {
			all[i].paired = opened[all[i].name]
		}
	}
	return all
}

// content is what stands between the tags, and where the whole ends.
func (t *tagged) content(s string) (string, int) {
	if t.closer == nil {
		return "", t.end
	}
	return s[t.end:t.closer.start], t.closer.end
}

// foreign sees to a tag that nobody here can fill in: by its policy; else it goes, and what stands between a pair of them stays.
// depth is how many other constructs s stands in, lift lifts what stands between the tags.
func (j *job) foreign(e *edits, s string, t *tagged, code, field string, depth int, lift func(string) string) {
	if !t.closing {
		content, end := t.content(s)
		c := &construct{tag: code, field: field, text: s, start: t.start, end: end, attr: t.get, inPlace: true, nested: depth > 0,
			content: func() string { return lift(content) }}
		if with, ok := j.instead(c); ok {
			e.replace(s, t.start, end, with)
			return
		}
	}
	if j.ctx.action(code) != ActionKeepRaw {
		e.replace(s, t.start, t.end, "")
	}
}
