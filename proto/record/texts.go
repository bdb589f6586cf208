package record

import recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

// TokenTexts replaces every text that may hold tokens, in field order. path is the field's path; every text inside a
// custom field has the path of the field. Keys of arrays are not visited. A custom field whose text changes loses its
// raw bytes, because they no longer are the encoding of its value.
func TokenTexts(r *recordv1.Record, fn func(path, s string) string) {
	w := &textWalk{fn: fn}
	switch b := r.GetBody().(type) {
	case *recordv1.Record_Site:
		w.site(b.Site)
	case *recordv1.Record_User:
		w.user(b.User)
	case *recordv1.Record_Term:
		w.term(b.Term)
	case *recordv1.Record_Media:
		w.media(b.Media)
	case *recordv1.Record_Entry:
		w.entry(b.Entry)
	case *recordv1.Record_Comment:
		w.body(b.Comment.GetContent(), "content.text", "content.html")
	case *recordv1.Record_Menu:
		w.menu(b.Menu)
	case *recordv1.Record_Redirect:
		if b.Redirect != nil {
			w.at("to_url", &b.Redirect.ToUrl)
		}
	}
	w.customFields(r.GetFields(), fieldsPath)
}

func (w *textWalk) at(path string, s *string) {
	if *s != "" {
		*s = w.replace(path, *s)
	}
}

func (w *textWalk) body(b *recordv1.Body, text, html string) {
	if b != nil {
		w.at(text, &b.Text)
		w.at(html, &b.Html)
	}
}

func (w *textWalk) image(i *recordv1.Image, path string) {
	if i == nil {
		return
	}
	if i.Url != "" {
		w.at(path+".url", &i.Url)
	}
	if i.Caption != "" {
		w.at(path+".caption", &i.Caption)
	}
}

func (w *textWalk) seo(s *recordv1.Seo) {
	if s == nil {
		return
	}
	w.at("seo.canonical_url", &s.CanonicalUrl)
	w.image(s.OgImage, "seo.og_image")
	w.image(s.TwitterImage, "seo.twitter_image")
}

func (w *textWalk) injection(c *recordv1.CodeInjection) {
	if c != nil {
		w.at("code_injection.head", &c.Head)
		w.at("code_injection.foot", &c.Foot)
	}
}

func (w *textWalk) site(s *recordv1.Site) {
	w.image(s.GetIcon(), "icon")
	w.image(s.GetLogo(), "logo")
	w.image(s.GetCover(), "cover")
	w.injection(s.GetCodeInjection())
	w.seo(s.GetSeo())
}

func (w *textWalk) user(u *recordv1.User) {
	if u == nil {
		return
	}
	w.at("bio", &u.Bio)
	w.image(u.Avatar, "avatar")
	w.image(u.Cover, "cover")
	w.seo(u.Seo)
}

func (w *textWalk) term(t *recordv1.Term) {
	w.body(t.GetDescription(), "description.text", "description.html")
	w.image(t.GetImage(), "image")
	w.seo(t.GetSeo())
	w.injection(t.GetCodeInjection())
}

func (w *textWalk) media(m *recordv1.Media) {
	if m != nil {
		w.at("caption", &m.Caption)
		w.at("description", &m.Description)
	}
}

func (w *textWalk) entry(e *recordv1.Entry) {
	if e == nil {
		return
	}
	w.body(e.Content, "content.text", "content.html")
	w.at("excerpt", &e.Excerpt)
	w.image(e.Image, "image")
	w.seo(e.Seo)
	w.injection(e.CodeInjection)
}

func (w *textWalk) menu(m *recordv1.Menu) {
	for _, i := range m.GetItems() {
		if i != nil {
			w.at("items.url", &i.Url)
			w.customFields(i.Fields, "items."+fieldsPath)
		}
	}
}
