package transform

import "slices"

// visitors takes out of a record what would run in the browsers of those who look at it, and that its writers could not have meant:
// platforms filter what visitors write when it is sent to them, not when it is shown, and a migration goes past that. What the
// owner's own authors put into an entry's body stays: embeds are made of it.
func (j *job) visitors() {
	if c := j.r.GetComment(); c != nil {
		if b := c.GetContent(); b != nil && !cleaned(b.Markup) {
			d := &drupalLift{job: j, field: "content", filtered: true}
			b.Text, b.Html = d.tags(b.Text), d.tags(b.Html)
		}
		if isScript(c.GetAuthorUrl()) {
			c.AuthorUrl = ""
			j.lose("attribute_not_allowed", "author_url", 1)
		}
	}
	if e := j.r.GetEntry(); e != nil {
		e.Title = j.title(e.Title)
	}
}

// cleaned says that a markup is text, or that a text format lets through what it names, and nothing else.
func cleaned(markup string) bool {
	for name := range drupalFilters(markup) {
		if name == "filter_html_escape" || name == "filter_html" || name == "filter_html7" {
			return isDrupal(markup)
		}
	}
	return markup == markupText || markup == markupLexical || markup == markupMobiledoc
}

// title leaves the tags of a title that only mark it up. Others are text: somebody writes about them.
func (j *job) title(s string) string {
	d := &drupalLift{job: j, field: "title", filtered: true}
	return startTags(s, func(e *edits, t *tokens) {
		if slices.Contains(unwanted, t.name) {
			d.lose("tag_not_allowed", "title", 1)
			e.replace(s, t.start, t.start+1, "&lt;")
		} else if with := d.plainTag(s[t.start:t.end]); with != s[t.start:t.end] {
			e.replace(s, t.start, t.end, with)
		}
	})
}
