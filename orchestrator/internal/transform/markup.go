package transform

import (
	"slices"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// Markups as Body.markup names them.
const (
	markupHTML      = "html"
	markupWordPress = "wordpress"
	markupLexical   = "lexical"
	markupMobiledoc = "mobiledoc"
	markupMarkdown  = "markdown"
	markupText      = "text"
)

// syntax is one markup: how it is lifted to canonical HTML, and how it is lowered from it.
type syntax struct {
	// lift may be nil: then the text is taken as HTML.
	lift func(j *job, b *recordv1.Body, field string) string
	// lower may be nil: then bodies are never written in this markup. html is what the platform would store as its own rendering.
	lower func(j *job, canonical, field string) (text, html string)
}

func syntaxes() map[string]syntax {
	return map[string]syntax{
		markupHTML:      {lift: liftHTML, lower: lowerHTML},
		markupWordPress: {lift: liftWordPress, lower: lowerWordPress},
		markupLexical:   {lift: liftLexical, lower: lowerLexical},
		markupMobiledoc: {lift: liftMobiledoc},
		markupMarkdown:  {lift: liftMarkdown, lower: lowerMarkdown},
		markupMODX:      {lift: liftMODX, lower: lowerMODX},
		markupText:      {lift: liftText, lower: lowerText},

		markupDrupal: {lift: liftDrupal},
		markupJoomla: {lift: liftJoomla, lower: lowerJoomla},
	}
}

var known = syntaxes()

// takes says that the target writes a markup as it is.
func (j *job) takes(markup string) bool {
	holds := j.info.GetHolds().GetMarkups()
	return len(holds) == 0 || markup == "" || slices.Contains(holds, markup)
}

// keeps says that the target takes a body as it is. What the module Media of Drupal 7 writes names files by their numbers, which are
// others there.
func (j *job) keeps(b *recordv1.Body) bool {
	return j.takes(b.GetMarkup()) && (!isDrupal(b.GetMarkup()) || !strings.Contains(b.GetText(), "[[{"))
}

// body lifts the record's body and lowers it to the first markup that the target takes, unless it takes the body as it is.
func (j *job) body() {
	b, field := bodyOf(j.r)
	if b == nil || j.keeps(b) {
		return
	}
	for _, m := range j.info.GetHolds().GetMarkups() {
		lower := known[m].lower
		if m == markupWordPress && j.ctx.Classic {
			lower = lowerClassic
		}
		if lower != nil {
			b.Text, b.Html = lower(j, j.lift(b, field), field)
			b.Markup = m
			return
		}
	}
}

func (j *job) lift(b *recordv1.Body, field string) string {
	markup, _, _ := strings.Cut(b.Markup, "|")
	if lift := known[markup].lift; lift != nil {
		return lift(j, b, field)
	}
	j.lose(LossMarkup, field, 1)
	return b.Text
}

func liftHTML(_ *job, b *recordv1.Body, _ string) string {
	if b.Text == "" {
		return b.Html
	}
	return b.Text
}

var cardMarks = newRareReplacer([]string{"<!--kg-card-"}, "\n"+htmlCardBegin+"\n", "", "\n"+htmlCardEnd+"\n", "", htmlCardBegin, "", htmlCardEnd, "",
	markdownCardBegin, "", markdownCardEnd, "")

// lowerHTML is canonical HTML without the marks of one editor.
func lowerHTML(j *job, canonical, field string) (text, html string) {
	j.lose("card:paywall", field, strings.Count(canonical, paywallMark))
	return cardMarks.replace(strings.ReplaceAll(canonical, paywallMark, "")), ""
}

// liftText makes paragraphs of blank lines and breaks of line ends.
func liftText(_ *job, b *recordv1.Body, _ string) string {
	var out strings.Builder
	for par := range strings.SplitSeq(strings.ReplaceAll(b.Text, "\r\n", "\n"), "\n\n") {
		if par = strings.TrimSpace(par); par != "" {
			out.WriteString("<p>" + strings.ReplaceAll(escapeHTML(par), "\n", "<br>\n") + "</p>\n")
		}
	}
	return strings.TrimSuffix(out.String(), "\n")
}

var htmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

var attrEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

func escapeHTML(s string) string { return htmlEscapes.Replace(s) }

func escapeAttr(s string) string { return attrEscapes.Replace(s) }
