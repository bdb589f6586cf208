package drupal

import (
	"context"
	"regexp"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// tagsField is the custom field in which Drupal 7's module Metatag's words travel; in later versions it is a field of the site.
const tagsField = "metatag"

// tag loads the rows of Drupal 7's module Metatag, by entity.
func (r *reader) tag(ctx context.Context, v *values, holders []holder) error {
	if !r.s.seven || !r.s.live.has("metatag", "entity_type", "entity_id", "data") {
		return nil
	}
	var ids []int64
	for _, h := range holders {
		ids = append(ids, h.id)
	}
	rows, err := queryIn(ctx, r.s, r.q, ids, "SELECT * FROM {metatag} WHERE entity_type = '"+holders[0].entity+"' AND entity_id IN ", "")
	v.tagged = by(rows, "entity_id")
	return err
}

// tags are what the module Metatag has people say of a holder, in the version that it stands in. Defaults, which the module fills in for
// whole types, are no content and not among them.
func (v *values) tags(h holder, version string) *recordv1.Value {
	var found *recordv1.Value
	for _, f := range v.s.schema.fields[h.entity][h.bundle] {
		if rows := v.of(h, f); f.typ == "metatag" && len(rows) > 0 {
			found = stored(rows[0].text(f.name + "_value"))
		}
	}
	for _, r := range v.tagged[itoa(h.id)] {
		lang, of := r.text("language"), r.text("revision_id")
		if own := of == "" || of == "0" || version == "" || of == version; own && (lang == h.lang || lang == "und" && found == nil) {
			found = unserialize(r.text("data"))
		}
	}
	return found
}

// stored is a structured value that was serialized, or is JSON. (Metatag 8.x-1.22 and 2.0)
func stored(text string) *recordv1.Value {
	if val := unserialize(text); val != nil {
		return val
	}
	if val, err := php.ReadJSON(text); err == nil {
		return val
	}
	return nil
}

// pattern is a placeholder that Drupal fills in when it shows a page.
var pattern = regexp.MustCompile(`\[[a-z][a-z0-9_-]*:[^\[\]]+\]`)

// seo is what the tags say where records have a place for it. What holds placeholders is no text of the page, and stays in the field.
func seo(tags *recordv1.Value) (said *recordv1.Seo, patterns uint32) {
	text := func(names ...string) string {
		for _, name := range names {
			val := dig(tags, name)
			if in := dig(val, "value"); in != nil {
				val = in
			}
			if t := scalar(val); pattern.MatchString(t) {
				patterns++
			} else if t != "" {
				return t
			}
		}
		return ""
	}
	image := func(names ...string) *recordv1.Image {
		if at := text(names...); at != "" {
			return &recordv1.Image{Url: at}
		}
		return nil
	}
	said = &recordv1.Seo{
		Title: text("title"), Description: text("description"), CanonicalUrl: text("canonical_url", "canonical"),
		OgTitle: text("og_title", "og:title"), OgDescription: text("og_description", "og:description"), OgImage: image("og_image", "og:image"),
		TwitterTitle: text("twitter_cards_title", "twitter:title"), TwitterDescription: text("twitter_cards_description", "twitter:description"), TwitterImage: image("twitter_cards_image", "twitter:image"),
	}
	robots := dig(tags, "robots")
	said.Noindex, said.Nofollow = robot(robots, "noindex"), robot(robots, "nofollow")
	if proto.Size(said) == 0 {
		said = nil
	}
	return said, patterns
}

// robot says that a word is among those for robots: a text of words, or a list of those that are ticked.
func robot(v *recordv1.Value, word string) bool {
	return strings.Contains(scalar(v), word) || scalar(dig(v, "value", word)) == word
}

// describe adds to a record what the module Metatag has for it.
func (v *values) describe(h holder, version string, rec *recordv1.Record) *recordv1.Seo {
	tags := v.tags(h, version)
	if len(tags.GetArray().GetPairs()) == 0 {
		return nil
	}
	if v.s.seven {
		rec.Fields = append(rec.Fields, &recordv1.Field{Name: tagsField, Encoding: "json", Value: tags})
	}
	said, patterns := seo(tags)
	if patterns > 0 {
		rec.Notes = append(rec.Notes, &recordv1.Note{Code: "seo_pattern", Field: "seo", Count: patterns})
	}
	return said
}
