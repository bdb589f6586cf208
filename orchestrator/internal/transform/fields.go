package transform

import (
	"slices"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
)

// texts escapes and rewrites every text that may hold tokens.
func (j *job) texts() {
	body, prefix := bodyOf(j.r)
	raw := rawFields(j.r)
	record.TokenTexts(j.r, func(path, s string) string {
		// A word that stands for the site's address says nothing where the text's own markup is not known.
		p := &pass{linker: j.linker, absolute: body == nil || !j.keeps(body)}
		switch {
		case s == "":
			return s
		case slices.Contains(raw, path):
			// The target writes the raw bytes: they must stay the encoding of the value.
			p.text(s)
			j.lose(LossLinkRaw, path, p.resolved+p.unresolved)
			return s
		case body == nil || path != prefix+".text" && path != prefix+".html":
			s = j.fieldText(p, path, record.EscapeText(s))
		case path == prefix+".text":
			if s = record.EscapeText(s); !j.rendered(body) {
				s = j.bodyText(p, body, s)
			}
			path = prefix
		default:
			s = p.html(record.EscapeText(s))
			if body.Text != "" && !j.rendered(body) {
				p = &pass{} // The same links as in the source text: counted there.
			}
			path = prefix
		}
		j.lose(LossLink, path, p.unresolved)
		j.lose(LossFeed, path, p.feeds)
		return s
	})
}

// rendered says that of a body only the platform's own rendering is used.
func (j *job) rendered(b *recordv1.Body) bool {
	return (b.Markup == markupLexical || b.Markup == markupMobiledoc) && strings.TrimSpace(b.Html) != "" && !j.takes(b.Markup)
}

// fieldText rewrites a text that is no body.
func (j *job) fieldText(p *pass, path, s string) string {
	if j.isMODX() {
		s = j.modxText(p, path, s)
	}
	switch {
	case isAddress(path):
		return p.whole(s)
	case (strings.HasPrefix(path, "fields.") || strings.HasPrefix(path, "items.fields.")) && strings.IndexByte(s, '<') < 0:
		if j.r.GetSite() == nil {
			return p.value(s)
		}
		return p.text(s) // A setting may say where something else stands.
	}
	return p.html(s)
}

// value rewrites the text of a custom field. One that is the path of a page and nothing else leads there; others may be anything.
func (p *pass) value(s string) string {
	if len(s) > 2 && s[0] == '/' && s[1] != '/' && !strings.ContainsAny(s, " \t\r\n") {
		if to, ok, _ := p.local(s, ""); ok {
			return to
		}
	}
	return p.text(s)
}

// bodyText rewrites a body in its own syntax.
func (j *job) bodyText(p *pass, body *recordv1.Body, s string) string {
	if ofFolder(body.Markup) {
		return j.folderText(p, body, s)
	}
	switch body.Markup {
	case markupMODX:
		return p.html(j.modxText(p, "content", s))
	case markupJoomla:
		return p.html(withoutItemID(s))
	case markupLexical, markupMobiledoc:
		return p.json(p.text(s))
	case markupText:
		return p.text(s)
	case markupWordPress:
		s = p.shortcodeLinks(p.html(s))
		if j.takes(body.Markup) {
			s = p.wordpressIDs(s)
		}
		return s
	}
	if isDrupal(body.Markup) && j.keeps(body) {
		return p.drupalIDs(p.html(s))
	}
	return p.html(s)
}

// bodyOf is the record's text with markup and its field path.
func bodyOf(r *recordv1.Record) (*recordv1.Body, string) {
	switch b := r.GetBody().(type) {
	case *recordv1.Record_Entry:
		return b.Entry.GetContent(), "content"
	case *recordv1.Record_Term:
		return b.Term.GetDescription(), "description"
	case *recordv1.Record_Comment:
		return b.Comment.GetContent(), "content"
	}
	return nil, ""
}

// rawFields are the paths of custom fields that carry their stored bytes.
func rawFields(r *recordv1.Record) (paths []string) {
	add := func(prefix string, fields []*recordv1.Field) {
		for _, f := range fields {
			if len(f.GetRaw()) > 0 {
				paths = append(paths, prefix+f.GetName())
			}
		}
	}
	add("fields.", r.GetFields())
	for _, item := range r.GetMenu().GetItems() {
		add("items.fields.", item.GetFields())
	}
	return paths
}

// isAddress says that a field holds one address and nothing else.
func isAddress(path string) bool {
	switch path {
	case "to_url", "seo.canonical_url", "items.url":
		return true
	}
	return strings.HasSuffix(path, ".url")
}

// whole rewrites a text that is one address. There is no page that it could be relative to: one of the front controller is the
// site's own as well.
func (p *pass) whole(s string) string {
	if rooted := strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//"); !rooted && !strings.HasPrefix(s, "index.php?") {
		return p.text(s)
	}
	to, ok, _ := p.local(s, "")
	if !ok {
		p.unresolved++
		return s
	}
	return to
}

// pointers turns addresses that became exactly one token into refs.
func (j *job) pointers() {
	for img := range images(j.r) {
		if k, ok := exact(img.GetUrl()); ok && k.Kind == recordv1.Kind_KIND_MEDIA && img.Media == nil {
			img.Media, img.Url = k.Ref(), ""
		}
	}
	for _, item := range j.r.GetMenu().GetItems() {
		j.menuItem(item)
	}
	if to := j.r.GetRedirect(); to != nil && to.To == nil {
		if k, ok := exact(to.ToUrl); ok {
			to.To, to.ToUrl = k.Ref(), ""
		}
	}
}

// menuItem points an item at its record, unless the target also holds what type of item the source says it is: then the address is
// part of what the owner chose.
func (j *job) menuItem(item *recordv1.MenuItem) {
	if item.Target != nil || item.Type != "" && j.holds("items", "items.type") {
		return
	}
	if k, ok := exact(item.Url); ok {
		item.Target, item.Url = k.Ref(), ""
	}
}

// holds says that the target names one of the paths, or all.
func (j *job) holds(paths ...string) bool {
	return slices.ContainsFunc(j.info.GetHolds().GetFields(), func(f string) bool {
		return f == "*" || slices.Contains(paths, f)
	})
}

// exact is the record that a text of exactly one plain token stands for.
func exact(s string) (record.Key, bool) {
	name, ok := strings.CutPrefix(s, record.Scheme)
	if !ok {
		return record.Key{}, false
	}
	t, ok := record.ParseToken(name)
	return t.Ref, ok && t.Form == ""
}

// images yields every picture of a record.
func images(r *recordv1.Record) func(yield func(*recordv1.Image) bool) {
	var all []*recordv1.Image
	seo := func(s *recordv1.Seo) { all = append(all, s.GetOgImage(), s.GetTwitterImage()) }
	switch b := r.GetBody().(type) {
	case *recordv1.Record_Site:
		all = append(all, b.Site.GetIcon(), b.Site.GetLogo(), b.Site.GetCover())
		seo(b.Site.GetSeo())
	case *recordv1.Record_User:
		all = append(all, b.User.GetAvatar(), b.User.GetCover())
		seo(b.User.GetSeo())
	case *recordv1.Record_Term:
		all = append(all, b.Term.GetImage())
		seo(b.Term.GetSeo())
	case *recordv1.Record_Entry:
		all = append(all, b.Entry.GetImage())
		seo(b.Entry.GetSeo())
	}
	return func(yield func(*recordv1.Image) bool) {
		for _, img := range all {
			if img != nil && !yield(img) {
				return
			}
		}
	}
}
