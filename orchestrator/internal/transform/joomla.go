package transform

import (
	"regexp"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

const markupJoomla = "joomla"

var (
	// The editor's marks. (plugins/content/pagebreak, Table\Content::bind)
	readMoreMark  = regexp.MustCompile(`<hr\s+id=["']system-readmore["']\s*/?>`)
	pageBreakMark = regexp.MustCompile(`<hr\b[^>]*\bclass=["']system-pagebreak["'][^>]*>`)
	// Which menu item a page is shown under means nothing on another site.
	itemID = regexp.MustCompile(`(index\.php\?[^"'\s<>]*?)(?:&amp;|&)Itemid=[0-9]*`)
)

// withoutItemID lets links by query resolve whatever menu item they were made under.
func withoutItemID(s string) string {
	if !strings.Contains(s, "Itemid=") {
		return s
	}
	return itemID.ReplaceAllString(s, "$1")
}

// singleTags are those of plugins, Joomla's own first, that stand alone. Of others, what is opened and closed or has attributes is a tag
// for sure.
var singleTags = names("loadposition loadmodule loadmoduleid emailcloak field fieldgroup rsform tab slider jcomments convertforms chronoforms breezingforms modal")

// liftJoomla gives the marks of the editor their common names. Tags of plugins go and are told as losses by their names; what
// stands between a pair of them stays.
func liftJoomla(j *job, b *recordv1.Body, field string) string {
	s := b.Text
	if strings.Contains(s, "system-readmore") {
		s = readMoreMark.ReplaceAllString(s, "<!--more-->")
	}
	if strings.Contains(s, "system-pagebreak") {
		s = pageBreakMark.ReplaceAllStringFunc(s, func(mark string) string {
			if attrOf(mark, "title")+attrOf(mark, "alt") != "" {
				j.lose("page_break_title", field, 1)
			}
			return "<!--nextpage-->"
		})
	}
	return j.pluginTags(s, field, 0)
}

// maxPluginDepth bounds tags inside tags.
const maxPluginDepth = 10

func (j *job) pluginTags(s, field string, depth int) string {
	if strings.IndexByte(s, '{') < 0 || depth > maxPluginDepth {
		return s
	}
	all := pair(bracedTags(s))
	closes := map[string]bool{}
	for _, t := range all {
		closes[t.name] = closes[t.name] || t.closing
	}
	code := codeRanges(s)
	var e edits
	for i := range all {
		t := &all[i]
		if t.start < e.at || code.code(t.start) || !closes[t.name] && len(t.attrs) == 0 && !singleTags[lower(t.name)] {
			continue
		}
		j.foreign(&e, s, t, "joomla:"+t.name, field, depth, func(content string) string { return j.pluginTags(content, field, depth+1) })
	}
	return e.done(s)
}

// bracedTags yields all tags in braces, {name rest} and {/name}, whether there is a plugin for them or not.
func bracedTags(s string) func(yield func(*shortcode) bool) {
	return func(yield func(*shortcode) bool) {
		for at := 0; ; {
			i := strings.IndexByte(s[at:], '{')
			if i < 0 {
				return
			}
			at += i
			if sc := parseBraced(s, at); sc == nil {
				at++
			} else if at = sc.end; !yield(sc) {
				return
			}
		}
	}
}

func parseBraced(s string, start int) *shortcode {
	sc := &shortcode{start: start}
	i := start + 1
	if sc.closing = strings.HasPrefix(s[i:], "/"); sc.closing {
		i++
	}
	n := i
	for n < len(s) && (isAlnum(s[n]) || s[n] == '_' || s[n] == '-') {
		n++
	}
	if n == i || n >= len(s) || !isLetter(s[i]) || strings.IndexByte("} \t\r\n=|:,", s[n]) < 0 {
		return nil
	}
	limit := s[n:min(len(s), n+maxShortcode)]
	end := strings.IndexAny(limit, "{}")
	if end < 0 || limit[end] == '{' {
		return nil
	}
	sc.name, sc.end = s[i:n], n+end+1
	sc.attrs = shortcodeAttrs(s, n, n+end)
	sc.arg = strings.Trim(limit[:end], " \t\r\n=|:,")
	return sc
}

// foreignBraces keeps braces of another system's text from being taken for tags of plugins.
var foreignBraces = regexp.MustCompile(`\{(load(?:position|module|moduleid)|emailcloak|field|fieldgroup)\b`)

// lowerJoomla divides a text where its introduction ends.
func lowerJoomla(j *job, canonical, field string) (text, html string) {
	s, _ := lowerHTML(j, canonical, field)
	if strings.IndexByte(s, '{') >= 0 {
		s = foreignBraces.ReplaceAllString(s, "&#123;$1")
	}
	for _, more := range []string{"<p><!--more--></p>", "<!--more-->"} {
		s = strings.Replace(s, more, `<hr id="system-readmore" />`, 1)
	}
	return strings.ReplaceAll(s, "<!--nextpage-->", `<hr class="system-pagebreak" />`), ""
}
