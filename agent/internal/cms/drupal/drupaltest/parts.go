package drupaltest

import (
	"strings"
	"testing"
)

// tables of contributed modules: paragraphs, field collections, Metatag.
const (
	partTables8 = `paragraphs_item|id:s revision_id:i type:v32! uuid:V128! langcode:v12!|id|uuid
paragraphs_item_revision_field_data|id:i! revision_id:i! langcode:v12! status:i! default_langcode:i!|revision_id,langcode|`
	partTables7 = `paragraphs_item|item_id:s revision_id:i bundle:v255!= field_name:v255!=|item_id|
paragraphs_item_revision|revision_id:s item_id:i! archived:i!=0|revision_id|
field_collection_item|item_id:s revision_id:i! field_name:v32! archived:i!=0|item_id|
field_collection_item_revision|revision_id:s item_id:i! archived:i!=0|revision_id|
metatag|entity_type:v32!= entity_id:i!=0 revision_id:i!=0 language:v32!= data:b!|entity_type,entity_id,revision_id,language|`
	valueColumns7 = "entity_type:v128!= bundle:v128!= deleted:i!=0 entity_id:i! revision_id:i! language:v32!= delta:i! %|entity_type,entity_id,revision_id,deleted,delta,language|"
)

// fieldOf8 makes a field with its tables.
func (s *Site) fieldOf8(tb testing.TB, entity, name, typ string, many int, settings, columns, bundle string) {
	tb.Helper()
	s.field8(tb, entity, name, typ, many, settings, bundle)
	for _, table := range []string{entity + "__" + name, entity + "_revision__" + name} {
		s.create(tb, table+"|"+strings.ReplaceAll(strings.Replace(valueColumns, "entity_id,deleted", "entity_id,revision_id,deleted", 1), "%", columns))
	}
}

// parts8 gives a page paragraphs: one that holds another, which visitors do not see, and one that holds itself. In French the first says
// something else. It has tags for search engines, of which one is a pattern.
func (s *Site) parts8(tb testing.TB) {
	tb.Helper()
	for line := range strings.Lines(partTables8) {
		s.create(tb, strings.TrimSpace(line))
	}
	points := `a:1:{s:11:"target_type";s:9:"paragraph";}`
	s.fieldOf8(tb, "node", "field_parts", "entity_reference_revisions", -1, points, "field_parts_target_id:i! field_parts_target_revision_id:i!", "article")
	s.fieldOf8(tb, "paragraph", "field_inner", "entity_reference_revisions", -1, points, "field_inner_target_id:i! field_inner_target_revision_id:i!", "box")
	s.fieldOf8(tb, "paragraph", "field_text", "text_long", 1, "a:0:{}", "field_text_value:t! field_text_format:v255", "box")
	s.fieldOf8(tb, "paragraph", "field_shows", "entity_reference", 1, `a:1:{s:11:"target_type";s:5:"media";}`, "field_shows_target_id:i!", "line")
	s.fieldOf8(tb, "node", "field_tagged", "metatag", 1, "a:0:{}", "field_tagged_value:t!", "article")
	for id, typ := range map[int]string{1: "box", 2: "line", 3: "box"} {
		s.Insert(tb, "paragraphs_item", "id revision_id type uuid langcode", id, id+20, typ, uuid(1000+id), "en")
		for i, l := range []string{"en", "fr"}[:1+id%2] {
			s.Insert(tb, "paragraphs_item_revision_field_data", "id revision_id langcode status default_langcode", id, id+20, l, id%2, 1-i)
		}
	}
	add := func(entity, field, cols, bundle string, id, rev int, lang string, values ...any) {
		for _, table := range []string{entity + "__", entity + "_revision__"} {
			s.Insert(tb, table+field, "bundle deleted entity_id revision_id langcode delta "+cols, append([]any{bundle, 0, id, rev, lang}, values...)...)
		}
	}
	for _, l := range []string{"en", "fr"} {
		add("paragraph", "field_text", "field_text_value field_text_format", "box", 1, 21, l, 0, "<p>Said in "+l+"</p>", "basic_html")
		add("paragraph", "field_inner", "field_inner_target_id field_inner_target_revision_id", "box", 1, 21, l, 0, 2, 22)
		add("node", "field_parts", "field_parts_target_id field_parts_target_revision_id", "article", 1, 11, l, 0, 1, 21)
	}
	add("paragraph", "field_shows", "field_shows_target_id", "line", 2, 22, "en", 0, 1)
	add("paragraph", "field_inner", "field_inner_target_id field_inner_target_revision_id", "box", 3, 23, "en", 0, 3, 23)
	add("node", "field_parts", "field_parts_target_id field_parts_target_revision_id", "article", 3, 13, "en", 0, 3, 23)
	add("node", "field_tagged", "field_tagged_value", "article", 1, 11, "en", 0, `a:4:{`+str("title")+str("[node:title] | Us")+str("description")+str("For engines")+str("robots")+str("noindex, follow")+str("og_image")+str("https://drupal.test/a.png")+`}`)
	add("node", "field_tagged", "field_tagged_value", "article", 3, 13, "en", 0, `{"title":"Of JSON"}`)
}

// parts7 gives a page of Drupal 7 a field collection, paragraphs, and tags for search engines.
func (s *Site) parts7(tb testing.TB) {
	tb.Helper()
	for line := range strings.Lines(partTables7) {
		s.create(tb, strings.TrimSpace(line))
	}
	for name, columns := range map[string]string{"field_rows": "field_rows_value:i field_rows_revision_id:i", "field_parts": "field_parts_value:i field_parts_revision_id:i", "field_text": "field_text_value:t field_text_format:v255"} {
		for _, table := range []string{"field_data_", "field_revision_"} {
			s.create(tb, table+name+"|"+strings.Replace(valueColumns7, "%", columns, 1))
		}
	}
	s.fields7(tb, []struct {
		name, typ string
		many      int
		settings  string
		bundles   []string
	}{
		{"field_rows", "field_collection", -1, "a:0:{}", []string{"node page"}}, {"field_parts", "paragraphs", -1, "a:0:{}", []string{"node page"}},
		{"field_text", "text_long", 1, "a:0:{}", []string{"field_collection_item field_rows", "paragraphs_item box"}},
	})
	for i := 1; i <= 2; i++ {
		s.Insert(tb, "field_collection_item", "item_id revision_id field_name", i, i+30, "field_rows")
		s.Insert(tb, "field_collection_item_revision", "revision_id item_id", i+30, i)
		s.values7(tb, "field_text", "field_text_value field_text_format", "field_collection_item", "field_rows", i, i+30, 0, "Row", "plain_text")
		s.values7(tb, "field_rows", "field_rows_value field_rows_revision_id", "node", "page", 2, 12, i-1, i, i+30)
	}
	s.Insert(tb, "paragraphs_item", "item_id revision_id bundle field_name", 1, 41, "box", "field_parts")
	s.Insert(tb, "paragraphs_item_revision", "revision_id item_id", 41, 1)
	s.values7(tb, "field_text", "field_text_value field_text_format", "paragraphs_item", "box", 1, 41, 0, "<p>Part</p>", "full_html")
	s.values7(tb, "field_parts", "field_parts_value field_parts_revision_id", "node", "page", 2, 12, 0, 1, 41)
	for rev, said := range map[int]string{2: "Before", 12: "Now"} {
		s.Insert(tb, "metatag", "entity_type entity_id revision_id language data", "node", 2, rev, "und", `a:2:{`+str("title")+`a:1:{`+str("value")+str(said)+`}`+str("robots")+`a:1:{`+str("value")+`a:2:{`+str("nofollow")+str("nofollow")+str("noindex")+`i:0;}}}`)
	}
}
