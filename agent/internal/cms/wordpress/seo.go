package wordpress

import (
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
	"github.com/baileybridge/bailey/proto/record"
	"google.golang.org/protobuf/proto"
)

// yoast is the prefix of the custom fields of the plugin Yoast SEO.
const (
	yoast           = "_yoast_wpseo_"
	primaryCategory = yoast + "primary_category"
)

// yoastTexts pair Yoast's keys with the fields of a record.
var yoastTexts = []struct {
	key, path string
	field     func(*recordv1.Seo) *string
}{
	{"title", "seo.title", func(s *recordv1.Seo) *string { return &s.Title }},
	{"metadesc", "seo.description", func(s *recordv1.Seo) *string { return &s.Description }},
	{"canonical", "seo.canonical_url", func(s *recordv1.Seo) *string { return &s.CanonicalUrl }},
	{"focuskw", "seo.focus_keyword", func(s *recordv1.Seo) *string { return &s.FocusKeyword }},
	{"opengraph-title", "seo.og_title", func(s *recordv1.Seo) *string { return &s.OgTitle }},
	{"opengraph-description", "seo.og_description", func(s *recordv1.Seo) *string { return &s.OgDescription }},
	{"twitter-title", "seo.twitter_title", func(s *recordv1.Seo) *string { return &s.TwitterTitle }},
	{"twitter-description", "seo.twitter_description", func(s *recordv1.Seo) *string { return &s.TwitterDescription }},
}

var yoastImages = []struct {
	key, path string
	field     func(*recordv1.Seo) **recordv1.Image
}{
	{"opengraph-image", "seo.og_image", func(s *recordv1.Seo) **recordv1.Image { return &s.OgImage }},
	{"twitter-image", "seo.twitter_image", func(s *recordv1.Seo) **recordv1.Image { return &s.TwitterImage }},
}

const (
	yoastNoindex  = yoast + "meta-robots-noindex"
	yoastNofollow = yoast + "meta-robots-nofollow"
)

// isYoast says that a custom field is one that readYoast takes.
func isYoast(key string) bool {
	for _, t := range yoastTexts {
		if key == yoast+t.key {
			return true
		}
	}
	for _, i := range yoastImages {
		if key == yoast+i.key || key == yoast+i.key+"-id" {
			return true
		}
	}
	return false
}

// readYoast takes Yoast's fields out; nil when there are none.
func readYoast(m *metaRows, around *surroundings) *recordv1.Seo {
	s := &recordv1.Seo{}
	for _, t := range yoastTexts {
		*t.field(s) = m.take(yoast + t.key)
	}
	for _, i := range yoastImages {
		*i.field(s) = yoastImage(m, yoast+i.key, around)
	}
	// "2" means: index although the type is not indexed; there is no field for that, so it stays a custom field.
	if m.get(yoastNoindex) == "1" {
		m.take(yoastNoindex)
		s.Noindex = true
	}
	if m.get(yoastNofollow) == "1" {
		m.take(yoastNofollow)
		s.Nofollow = true
	}
	readRankMath(*m, s)
	if proto.Size(s) == 0 {
		return nil
	}
	return s
}

func yoastImage(m *metaRows, key string, around *surroundings) *recordv1.Image {
	img := &recordv1.Image{Url: m.take(key)}
	if id := atoi(m.get(key + "-id")); around.types[id] == "attachment" {
		m.take(key + "-id")
		img.Media = record.NewRef(recordv1.Kind_KIND_MEDIA, itoa(id))
	}
	if img.Url == "" && img.Media == nil {
		return nil
	}
	return img
}

// unaddressed says that a picture has only a record.
func unaddressed(s *recordv1.Seo) bool {
	for _, img := range []*recordv1.Image{s.GetOgImage(), s.GetTwitterImage()} {
		if img.GetMedia() != nil && img.GetUrl() == "" {
			return true
		}
	}
	return false
}

// addressPictures gives pictures that have only a record an address as well: Yoast shows nothing without one.
func addressPictures(s *recordv1.Seo) {
	if s == nil {
		return
	}
	for _, i := range yoastImages {
		if img := *i.field(s); img.GetMedia() != nil && img.GetUrl() == "" {
			img.Url = record.NewToken(img.GetMedia(), "").String()
		}
	}
}
