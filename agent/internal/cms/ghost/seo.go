package ghost

import (
	"google.golang.org/protobuf/proto"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// seoOf reads the columns that posts_meta, tags and users name alike.
func (s *Site) seoOf(r row) *recordv1.Seo {
	return tidySeo(&recordv1.Seo{
		Title: r.Text("meta_title"), Description: r.Text("meta_description"), CanonicalUrl: r.Text("canonical_url"),
		OgTitle: r.Text("og_title"), OgDescription: r.Text("og_description"), OgImage: s.image(r.Text("og_image")),
		TwitterTitle: r.Text("twitter_title"), TwitterDescription: r.Text("twitter_description"), TwitterImage: s.image(r.Text("twitter_image")),
	})
}

// seo sets those columns; prefix says in which table's slots.
func (d *draft) seo(prefix string, m *recordv1.Seo) {
	for col, v := range map[string]string{
		"meta_title": m.GetTitle(), "meta_description": m.GetDescription(), "og_title": m.GetOgTitle(), "og_description": m.GetOgDescription(),
		"twitter_title": m.GetTwitterTitle(), "twitter_description": m.GetTwitterDescription(),
	} {
		d.set(prefix+col, orNull(v))
	}
	for name, img := range map[string]*recordv1.Image{"og_image": m.GetOgImage(), "twitter_image": m.GetTwitterImage()} {
		d.picture(prefix+name, img)
		if img.GetMedia() != nil && img.GetUrl() != "" {
			// One column holds either.
			d.adjust("seo."+name+".url", "pointer_suffices", "")
		}
	}
}

func (d *draft) code(m *recordv1.CodeInjection) {
	d.token("codeinjection_head", m.GetHead())
	d.token("codeinjection_foot", m.GetFoot())
}

func codeOf(r row) *recordv1.CodeInjection {
	return tidyCode(&recordv1.CodeInjection{Head: r.Text("codeinjection_head"), Foot: r.Text("codeinjection_foot")})
}

// tidySeo is nil for a message in which nothing is set.
func tidySeo(m *recordv1.Seo) *recordv1.Seo {
	if proto.Size(m) == 0 {
		return nil
	}
	return m
}

func tidyCode(m *recordv1.CodeInjection) *recordv1.CodeInjection {
	if proto.Size(m) == 0 {
		return nil
	}
	return m
}
