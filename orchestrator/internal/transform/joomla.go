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
	// Tags of the plugins that come with Joomla.
	coreTags = regexp.MustCompile(`\{(loadposition|loadmodule|loadmoduleid|emailcloak|field|fieldgroup|rsform)\b[^{}\n]*\}`)
	// Tags of other plugins: only what is opened and closed is one for sure.
	pairTags = regexp.MustCompile(`\{/([A-Za-z][A-Za-z0-9_-]*)\}`)
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

// liftJoomla gives the marks of the editor their common names. Tags of plugins go and are told as losses by their names; what
// stands between a pair of them stays.
func liftJoomla(j *job, b *recordv1.Body, field string) string {
	s := readMoreMark.ReplaceAllString(b.Text, "<!--more-->")
	s = pageBreakMark.ReplaceAllString(s, "<!--nextpage-->")
	if strings.IndexByte(s, '{') < 0 {
		return s
	}
	code := codeRanges(s)
	var e edits
	for _, m := range coreTags.FindAllStringSubmatchIndex(s, -1) {
		if code.code(m[0]) || code.script(m[0]) {
			continue
		}
		e.replace(s, m[0], m[1], "")
		j.lose("joomla:"+s[m[2]:m[3]], field, 1)
	}
	return j.pairs(e.done(s), field)
}

// pairs removes the tags of plugins that are not Joomla's own.
func (j *job) pairs(s, field string) string {
	done := map[string]bool{}
	for _, m := range pairTags.FindAllStringSubmatch(s, -1) {
		if name := m[1]; !done[name] {
			done[name] = true
			tag := regexp.MustCompile(`\{/?` + regexp.QuoteMeta(name) + `(?:\s[^{}]*)?\}`)
			j.lose("joomla:"+name, field, strings.Count(s, m[0]))
			s = tag.ReplaceAllString(s, "")
		}
	}
	return s
}

// foreignBraces keeps braces of another system's text from being taken for tags of plugins.
var foreignBraces = regexp.MustCompile(`\{(load(?:position|module|moduleid)|emailcloak|field|fieldgroup)\b`)

// lowerJoomla divides a text where its introduction ends.
func lowerJoomla(j *job, canonical, field string) (text, html string) {
	s, _ := lowerHTML(j, canonical, field)
	s = foreignBraces.ReplaceAllString(s, "&#123;$1")
	for _, more := range []string{"<p><!--more--></p>", "<!--more-->"} {
		s = strings.Replace(s, more, `<hr id="system-readmore" />`, 1)
	}
	return strings.ReplaceAll(s, "<!--nextpage-->", `<hr class="system-pagebreak" />`), ""
}
