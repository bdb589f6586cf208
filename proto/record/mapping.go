package record

import recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"

// MapRefs replaces every ref of a record but its own, in field order; nil clears the pointer, and removes it from a list.
// Refs inside custom fields and menus are visited too.
//
// It is written out by type, as TokenTexts is, because both run several times per record; the tests hold them against the
// descriptors.
func MapRefs(r *recordv1.Record, fn func(*recordv1.Ref) *recordv1.Ref) {
	m := refMap(fn)
	switch b := r.GetBody().(type) {
	case *recordv1.Record_Site:
		m.site(b.Site)
	case *recordv1.Record_User:
		m.user(b.User)
	case *recordv1.Record_Term:
		m.term(b.Term)
	case *recordv1.Record_Media:
		m.media(b.Media)
	case *recordv1.Record_Entry:
		m.entry(b.Entry)
	case *recordv1.Record_Comment:
		m.comment(b.Comment)
	case *recordv1.Record_Menu:
		m.menu(b.Menu)
	case *recordv1.Record_Redirect:
		if b.Redirect != nil {
			m.ref(&b.Redirect.To)
		}
	}
	m.fields(r.GetFields())
}

type refMap func(*recordv1.Ref) *recordv1.Ref

func (m refMap) ref(at **recordv1.Ref) {
	if *at != nil {
		*at = m(*at)
	}
}

func (m refMap) refs(list *[]*recordv1.Ref) {
	kept := (*list)[:0]
	for _, r := range *list {
		if now := m(r); now != nil {
			kept = append(kept, now)
		}
	}
	clear((*list)[len(kept):])
	*list = kept
}

func (m refMap) image(i *recordv1.Image) {
	if i != nil {
		m.ref(&i.Media)
	}
}

func (m refMap) seo(s *recordv1.Seo) {
	m.image(s.GetOgImage())
	m.image(s.GetTwitterImage())
}

func (m refMap) site(s *recordv1.Site) {
	if s == nil {
		return
	}
	m.ref(&s.FrontPage)
	m.ref(&s.PostsPage)
	m.image(s.Icon)
	m.image(s.Logo)
	m.image(s.Cover)
	m.ref(&s.DefaultTerm)
	m.seo(s.Seo)
}

func (m refMap) user(u *recordv1.User) {
	m.image(u.GetAvatar())
	m.image(u.GetCover())
	m.seo(u.GetSeo())
}

func (m refMap) term(t *recordv1.Term) {
	if t == nil {
		return
	}
	m.ref(&t.Parent)
	m.image(t.Image)
	m.seo(t.Seo)
}

func (m refMap) media(f *recordv1.Media) {
	if f == nil {
		return
	}
	m.ref(&f.Author)
	m.ref(&f.AttachedTo)
	m.value(f.Details)
}

func (m refMap) entry(e *recordv1.Entry) {
	if e == nil {
		return
	}
	m.refs(&e.Authors)
	m.refs(&e.Terms)
	m.ref(&e.Parent)
	m.image(e.Image)
	m.seo(e.Seo)
}

func (m refMap) comment(c *recordv1.Comment) {
	if c == nil {
		return
	}
	m.ref(&c.Entry)
	m.ref(&c.Parent)
	m.ref(&c.User)
}

func (m refMap) menu(l *recordv1.Menu) {
	for _, i := range l.GetItems() {
		if i != nil {
			m.ref(&i.Target)
			m.fields(i.Fields)
		}
	}
}

func (m refMap) fields(fields []*recordv1.Field) {
	for _, f := range fields {
		m.value(f.GetValue())
	}
}

func (m refMap) value(v *recordv1.Value) {
	switch k := v.GetKind().(type) {
	case *recordv1.Value_Ref:
		if m.ref(&k.Ref); k.Ref == nil {
			v.Kind = nil
		}
	case *recordv1.Value_Array:
		for _, p := range k.Array.GetPairs() {
			m.value(p.GetKey())
			m.value(p.GetValue())
		}
	}
}
